// Scenarios of processes.
#pragma once

#include <span>

#include "tests/scenarios/fails_with.h"  // IWYU pragma: export
#include "tests/scenarios/scenarios.h"

namespace tb::test {

std::span<const Scenario> process_scenarios();

// family.cc
void children(Suite& suite);
void orphans(Suite& suite);
void stopped_processes(Suite& suite);
void ended_processes(Suite& suite);
void processes_at_once(Suite& suite);

// limits.cc
void process_limits(Suite& suite);
void process_memory(Suite& suite);
void fork_bomb(Suite& suite);
void permissions(Suite& suite);
void process_priorities(Suite& suite);
void process_accounts(Suite& suite);

// process_waits.cc
void impatient_parents(Suite& suite);
void rival_waiters(Suite& suite);
void odd_process_waits(Suite& suite);
void no_such_processes(Suite& suite);

// user_limits.cc
void user_memory(Suite& suite);
void inherited_limits(Suite& suite);
void refused_processes(Suite& suite);
void denied_control(Suite& suite);

}  // namespace tb::test
