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
    Scenario{"no-such-threads", "who asks for a thread that is not there is told so",
             no_such_threads, HeapUse::kByAll},
    Scenario{"not-terminable", "nobody ends the first thread, or himself", not_terminable,
             HeapUse::kByAll},
    Scenario{"whole-names", "a name is seen whole", whole_names, HeapUse::kByAll},
    Scenario{"time-of-all", "the time of all threads is what each has had", time_of_all},
    Scenario{"checked-parameters", "wrong parameters are told as what they are",
             checked_parameters},
};

}  // namespace

std::span<const Scenario> control_scenarios() { return kScenarios; }

}  // namespace tb::test
