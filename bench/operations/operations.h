// Every operation that is measured: its name, which is that of its rows, and its function. A new
// one is a function here and a line in main.cc.
#pragma once

#include "bench/operations/session.h"

namespace bench {

// memory.cc
void measure_memory(Session& session);

// switches.cc
void measure_switch(Session& session);
void measure_pick(Session& session);
void measure_yield(Session& session);

// wakes.cc
void measure_word(Session& session);
void measure_block_wake(Session& session);
void measure_wake_and_park(Session& session);
void measure_wake_asleep(Session& session);
void measure_wake_busy(Session& session);
void measure_wake_urgent(Session& session);

// spawns.cc
void measure_spawn_join(Session& session);
void measure_spawn_many(Session& session);
void measure_steps_of_a_life(Session& session);

// trees.cc
void measure_skynet(Session& session);
void measure_fibonacci(Session& session);

// interrupts.cc
void measure_sleeps(Session& session);
void measure_timer_to_thread(Session& session);
void measure_timer_interrupt(Session& session);
void measure_preemption(Session& session);

// locks.cc
void measure_mutex(Session& session);
void measure_contended_mutex(Session& session);
void measure_semaphore(Session& session);
void measure_condition_variable(Session& session);
void measure_barrier(Session& session);

// channels.cc
void measure_channels(Session& session);

}  // namespace bench
