// All scenarios of processes, by their names.
#include "tests/scenarios/processes.h"

#include <array>

namespace tb::test {
namespace {

constexpr std::array kScenarios = {
    Scenario{"children", "a child's end is told once, to its parent", children, HeapUse::kByAll},
    Scenario{"orphans", "children whose parent has gone end on their own", orphans,
             HeapUse::kByAll},
    Scenario{"stopped-processes", "a process that is stopped runs nothing and makes nothing",
             stopped_processes, HeapUse::kByAll},
    Scenario{"ended-processes", "a process ends with all its descendants", ended_processes,
             HeapUse::kByAll},
    Scenario{"processes-at-once", "of all that is asked of processes at once, nothing is lost",
             processes_at_once, HeapUse::kByAll},
    Scenario{"process-limits", "a process has as many threads as it may, and no more",
             process_limits, HeapUse::kByAll},
    Scenario{"process-memory", "a process has as much memory as it may, and no more",
             process_memory, HeapUse::kByAll},
    Scenario{"fork-bomb", "who makes threads and processes without end leaves others theirs",
             fork_bomb, HeapUse::kByAll},
    Scenario{"permissions", "no child may more than its parent", permissions, HeapUse::kByAll},
    Scenario{"process-priorities", "a process's priority is added to its threads' nice values",
             process_priorities, HeapUse::kByAll},
    Scenario{"process-accounts", "a process is charged for what its threads use", process_accounts,
             HeapUse::kByAll},
    Scenario{"impatient-parents", "who gives up waiting for a child takes no end with him",
             impatient_parents, HeapUse::kByAll},
    Scenario{"rival-waiters", "of several who wait for a child one is told", rival_waiters,
             HeapUse::kByAll},
    Scenario{"odd-process-waits", "a wait for a child may end long ago, or never",
             odd_process_waits, HeapUse::kByAll},
    Scenario{"no-such-processes", "who asks for a process that is not there is told so",
             no_such_processes, HeapUse::kByAll},
    Scenario{"user-memory", "a user's processes share the memory that they may have", user_memory,
             HeapUse::kByAll},
    Scenario{"inherited-limits", "no child may have more than its parent", inherited_limits,
             HeapUse::kByAll},
    Scenario{"refused-processes", "of a process that could not begin nothing is left",
             refused_processes, HeapUse::kByAll},
    Scenario{"denied-control", "without permission nobody controls those of others", denied_control,
             HeapUse::kByAll},
};

}  // namespace

std::span<const Scenario> process_scenarios() { return kScenarios; }

}  // namespace tb::test
