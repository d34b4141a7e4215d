// A thread as the scheduler sees it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/atomic.h"
#include "base/cache_line.h"
#include "base/cpu_id.h"
#include "base/cpu_set.h"
#include "base/intrusive_heap.h"
#include "base/intrusive_list.h"
#include "base/time.h"
#include "sched/inbox.h"
#include "sched/posts.h"
#include "sched/request.h"
#include "sched/round_robin.h"
#include "sched/thread_state.h"

namespace tb::sched {

// What stands in a CPU's inbox: a thread that is to run there, or one of its threads that somebody
// has posted something for.
struct InboxLink {
  enum class Kind : std::uint8_t { kArrival, kPost };

  InboxLink* next = nullptr;  // whoever pushes it or is about to, then that inbox's owner
  Entity* const entity;
  const Kind kind;
};

// The owner of a thread is the CPU that is its home, whether it runs, waits or is parked; of one
// that is under way, whoever holds it.
struct Entity {
  Entity() = default;
  Entity(const Entity&) = delete;
  Entity& operator=(const Entity&) = delete;

  // Owner only.
  CpuSet affinity = CpuSet::everywhere();  // holds the home, and only CPUs of the machine
  Duration cpu_time{};                     // charged so far
  std::uint64_t preemptions = 0;           // times it lost the CPU without asking
  std::uint64_t migrations = 0;            // times it changed its home
  HeapHook<Entity> timer_hook;
  Time wake_at = kNever;

  InboxLink arrival{.entity = this, .kind = InboxLink::Kind::kArrival};

  // What another CPU touches that posts something lies together. Shared.
  InboxLink post{.entity = this, .kind = InboxLink::Kind::kPost};
  Posts<> posts;
  Atomic<CpuId> home{kNoCpu};  // written by the owner, before it gives the thread away
  RequestList<Request> requests;

  // What every turn touches lies together. Owner only, but for the first.
  alignas(kCacheLineSize) StateCell state{ThreadState::kNew};
  Wakes wakes;                   // since its last park
  bool movable = false;          // may run on more than one CPU
  bool restricted = true;        // may not run on some CPU, or nobody has said yet
  bool has_timer = false;        // stands among the home's sleepers
  std::uint32_t generation = 0;  // which of the threads that have had the record
  ListHook<Entity> run_queue_hook;
  RoundRobinData round_robin;
  std::uint64_t ticket = 0;       // its number among all that became ready on its CPU
  std::uint64_t switches_in = 0;  // times it was given the CPU
};

static_assert(offsetof(Entity, post) / kCacheLineSize ==
              offsetof(Entity, requests) / kCacheLineSize);
static_assert(offsetof(Entity, state) % kCacheLineSize == 0);
static_assert(sizeof(Entity) == offsetof(Entity, state) + kCacheLineSize);

}  // namespace tb::sched
