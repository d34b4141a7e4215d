// All scenarios of control, by their names.
#include "tests/scenarios/control.h"

#include <array>

namespace tb::test {
namespace {

constexpr std::array kScenarios = {
    Scenario{"suspensions", "a suspended thread runs nothing, and no wake is lost", suspensions},
    Scenario{"control-at-once", "of all that is asked of a thread at once, nothing is lost",
             control_at_once, HeapUse::kByAll},
    Scenario{"terminations", "who is told to end ends, where it may", terminations,
             HeapUse::kByAll},
    Scenario{"ended-waits", "who is told to end ends, whatever it waits for", ended_waits,
             HeapUse::kByAll},
    Scenario{"ended-work", "who is told to end and has a mutex goes on until it has none",
             ended_work, HeapUse::kByAll},
    Scenario{"exit-handlers", "what a thread wants called is called before its end", exit_handlers,
             HeapUse::kByAll},
    Scenario{"stoppable-threads", "who is asked to stop stops", stoppable_threads, HeapUse::kByAll},
    Scenario{"thread-lists", "who is there all the time is listed once", thread_lists,
             HeapUse::kByAll},
};

}  // namespace

std::span<const Scenario> control_scenarios() { return kScenarios; }

}  // namespace tb::test
