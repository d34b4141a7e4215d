// Scenarios of synchronisation objects.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "runtime/thread.h"
#include "tests/scenarios/scenarios.h"

namespace tb::test {

// One on each CPU and some more, so that there is something to wait for on one CPU, too.
inline std::uint32_t most_cpus() { return std::min(cpu_count(), 8U); }
inline std::uint32_t crowd_size() { return most_cpus() + 3; }

inline SpawnOptions there(std::uint32_t number) {
  return {.affinity = CpuSet::only(CpuId{number % most_cpus()})};
}

std::span<const Scenario> synchronisation_scenarios();

// atomic_waits.cc
void atomic_turns(Suite& suite);
void atomic_crowds(Suite& suite);
void impatient_atomics(Suite& suite);

// channels.cc
void channels(Suite& suite);
void closed_channels(Suite& suite);

// objects.cc
void semaphores(Suite& suite);
void one_winner(Suite& suite);
void mutexes(Suite& suite);
void fair_mutexes(Suite& suite);
void recursive_mutexes(Suite& suite);
void condition_variables(Suite& suite);
void events(Suite& suite);
void latches(Suite& suite);
void barriers(Suite& suite);
void shared_mutexes(Suite& suite);
void once(Suite& suite);

// pairs.cc
void semaphore_pairs(Suite& suite);
void channel_pairs(Suite& suite);

// drop_outs.cc
void drop_outs(Suite& suite);
void counts_at_once(Suite& suite);

// selects.cc
void selects(Suite& suite);
void meeting_selects(Suite& suite);
void ends_of_selects(Suite& suite);
void fair_selects(Suite& suite);

// impatience.cc
void impatience(Suite& suite);
void impatient_writers(Suite& suite);
void impatient_joins(Suite& suite);
void stopped_joins(Suite& suite);
void impatient_calls(Suite& suite);

// inheritance.cc
void inversion(Suite& suite);
void given_up(Suite& suite);
void new_places(Suite& suite);
void chains(Suite& suite);
void many_lenders(Suite& suite);
void circles(Suite& suite);
void orders(Suite& suite);

// late_waiters.cc
void late_waiters(Suite& suite);
void abandoned_latch(Suite& suite);

// odd_times.cc
void odd_waits(Suite& suite);
void odd_sleeps(Suite& suite);

// same_instant.cc
void same_instant(Suite& suite);
void joins_at_once(Suite& suite);
void closed_at_once(Suite& suite);

// spin_locks.cc
void spin_locks(Suite& suite);

// stopped_waits.cc
void stopped_waits(Suite& suite);

// stop_tokens.cc
void stop_tokens(Suite& suite);
void shared_tokens(Suite& suite);

// timers.cc
void periodic_timers(Suite& suite);
void stopped_sleeps(Suite& suite);
void cancelled_timers(Suite& suite);
void timers_at_times(Suite& suite);
void repeated_timers(Suite& suite);
void cancelled_repeaters(Suite& suite);

// who_is_next.cc
void most_urgent_first(Suite& suite);
void momentary_events(Suite& suite);
void any_locks(Suite& suite);

}  // namespace tb::test
