// A thread as the scheduler sees it.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/atomic.h"
#include "base/cpu_id.h"
#include "base/cpu_set.h"
#include "base/intrusive_heap.h"
#include "base/intrusive_list.h"
#include "base/time.h"
#include "sched/inbox.h"
#include "sched/park_word.h"
#include "sched/request.h"
#include "sched/round_robin.h"
#include "sched/thread_state.h"

namespace tb::sched {

// What stands in a CPU's inbox: a thread that is to run there, or one of its threads that somebody
// has a request for.
struct InboxLink {
  enum class Kind : std::uint8_t { kArrival, kRequest };

  InboxLink* next = nullptr;  // whoever pushes it or is about to, then that inbox's owner
  Entity* const entity;
  const Kind kind;
};

// The owner of a thread is the CPU that is its home. Of a parked one it is nobody, until somebody
// wins it by its park word; of one that is under way, whoever holds it.
struct Entity {
  Entity() = default;
  Entity(const Entity&) = delete;
  Entity& operator=(const Entity&) = delete;

  // Owner only.
  ListHook<Entity> run_queue_hook;
  ListHook<Entity> movable_hook;
  RoundRobinData round_robin;
  Duration cpu_time{};                     // charged so far
  std::uint64_t switches_in = 0;           // times it was given the CPU
  std::uint64_t preemptions = 0;           // times it lost the CPU without asking
  std::uint64_t migrations = 0;            // times it changed its home
  CpuSet affinity = CpuSet::everywhere();  // holds the home, and only CPUs of the machine
  bool movable = false;                    // may run on more than one CPU
  bool restricted = true;                  // may not run on some CPU, or nobody has said yet
  std::uint32_t generation = 0;            // which of the threads that have had the record

  // Home CPU only: its place among the home's sleepers.
  HeapHook<Entity> timer_hook;
  Time wake_at = kNever;

  InboxLink arrival{.entity = this, .kind = InboxLink::Kind::kArrival};
  InboxLink request{.entity = this, .kind = InboxLink::Kind::kRequest};

  // Shared.
  Atomic<CpuId> home{kNoCpu};        // written by the owner, before it gives the thread away
  Atomic<bool> has_timer{false};     // written by the home: who else wakes it leaves it at home
  Atomic<bool> request_told{false};  // its request link stands in an inbox, or is about to
  ParkWord<> park_word;
  RequestList<Request> requests;
  StateCell state{ThreadState::kNew};
};

}  // namespace tb::sched
