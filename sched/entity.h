// A thread as the scheduler sees it.
#pragma once

#include <atomic>
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

  // Whoever pushes it on an inbox or is about to, then that inbox's owner.
  Entity* inbox_link = nullptr;

  bool pinned = false;  // home CPU only: something of it is on that CPU besides its stack

  // Shared. The home is written by the spawner, then by the home CPU as it hands the thread over.
  std::atomic<CpuId> home{kNoCpu};
  std::atomic<CpuId> wanted_home{kNoCpu};  // anybody: where it shall run; kNoCpu is where it is
  ParkWord<> park_word;
  StateCell state{ThreadState::kNew};
};

}  // namespace tb::sched
