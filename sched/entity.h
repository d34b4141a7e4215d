// A thread as the scheduler sees it.
#pragma once

#include <cstdint>

#include "base/cpu_id.h"
#include "base/intrusive_list.h"
#include "base/time.h"
#include "sched/park_word.h"
#include "sched/round_robin.h"
#include "sched/thread_state.h"

namespace tb::sched {

struct Entity {
  // Home CPU only.
  ListHook<Entity> run_queue_hook;
  RoundRobinData round_robin;
  Duration cpu_time{};            // charged so far
  std::uint64_t switches_in = 0;  // times it was given the CPU
  std::uint64_t preemptions = 0;  // times it lost the CPU without asking

  // Handed over with the thread: written by its spawner before anybody else knows it.
  CpuId home = kNoCpu;

  // Whoever pushes it on an inbox, then that inbox's owner.
  Entity* inbox_link = nullptr;

  // Shared.
  ParkWord<> park_word;
  StateCell state{ThreadState::kNew};
};

}  // namespace tb::sched
