// Scenarios of threads that others control.
#pragma once

#include <span>

#include "tests/scenarios/scenarios.h"

namespace tb::test {

std::span<const Scenario> control_scenarios();

// suspension.cc
void suspensions(Suite& suite);
void control_at_once(Suite& suite);

// ends.cc
void terminations(Suite& suite);
void exit_handlers(Suite& suite);
void stoppable_threads(Suite& suite);

// ended_waits.cc
void ended_waits(Suite& suite);
void ended_work(Suite& suite);

// no_such_thread.cc
void no_such_threads(Suite& suite);
void not_terminable(Suite& suite);

// names_and_times.cc
void whole_names(Suite& suite);
void time_of_all(Suite& suite);
void checked_parameters(Suite& suite);

// lists.cc
void thread_lists(Suite& suite);

}  // namespace tb::test
