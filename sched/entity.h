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
#include "sched_impl/counter.h"

namespace tb::sched {

// What stands in a CPU's inbox: a thread that is to run there, or one of its threads that somebody
// has posted something for. A note about the latter's link is a wake, see Wakes::note().
struct InboxLink {
  enum class Kind : std::uint8_t { kArrival, kPost };

  std::uintptr_t next = 0;  // whoever pushes it or is about to, then that inbox's owner
  const Kind kind;
};

// A thread that waits for a time, too; lies on its stack. Owner only.
struct Sleeper {
  Entity* entity = nullptr;
  Time wake_at = kNever;
  HeapHook<Sleeper> timer_hook;
};

// What few threads need. All zeros are one that has nothing of it. Owner only.
struct EntityDetails {
  CpuSet affinity;  // of a restricted one: only CPUs of the machine
};

// The owner of a thread is the CPU that is its home, whether it runs, waits or is parked; of one
// that is under way, whoever holds it.
struct Entity {
  Entity() = default;
  Entity(const Entity&) = delete;
  Entity& operator=(const Entity&) = delete;

  bool has_timer() const { return sleeper != nullptr; }

  // What another CPU touches that posts something lies together. Shared.
  alignas(kCacheLineSize) InboxLink post{.kind = InboxLink::Kind::kPost};
  Posts<> posts;
  Atomic<CpuId> home{kNoCpu};  // written by the owner, before it gives the thread away
  RequestList<Request> requests;
  InboxLink arrival{.kind = InboxLink::Kind::kArrival};

  // Owner only.
  Counter migrations{};   // times it changed its home
  Counter preemptions{};  // times it lost the CPU without asking

  // What every turn touches lies together. Owner only, but for the first.
  alignas(kCacheLineSize) StateCell state{ThreadState::kNew};
  Wakes wakes;                   // since its last park
  bool movable = false;          // may run on more than one CPU
  bool restricted = true;        // may not run on some CPU, or nobody has said yet
  std::uint32_t generation = 0;  // which of the threads that have had the record
  ListHook<Entity> run_queue_hook;
  RoundRobinData round_robin;
  std::uint64_t ticket = 0;       // its number among all that became ready on its CPU
  std::uint64_t switches_in = 0;  // times it was given the CPU

  Duration cpu_time{};         // charged so far
  Sleeper* sleeper = nullptr;  // stands among the home's sleepers; else null

  // Written once, by whoever prepares the thread for needing them: always the same place. Shared.
  Atomic<EntityDetails*> details{nullptr};
};

static_assert(offsetof(Entity, state) == kCacheLineSize);
static_assert(offsetof(Entity, switches_in) + sizeof(std::uint64_t) == 2 * kCacheLineSize);

inline Entity& entity_of(InboxLink& link) {
  const std::size_t offset =
      link.kind == InboxLink::Kind::kArrival ? offsetof(Entity, arrival) : offsetof(Entity, post);
  return *reinterpret_cast<Entity*>(reinterpret_cast<std::byte*>(&link) - offset);
}

}  // namespace tb::sched
