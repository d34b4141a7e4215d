// A thread as the scheduler sees it.
#pragma once

#include <algorithm>
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
#include "base/units.h"
#include "sched/deadline_server.h"
#include "sched/inbox.h"
#include "sched/posts.h"
#include "sched/request.h"
#include "sched/scheduling.h"
#include "sched/thread_state.h"
#include "sched_impl/counter.h"

namespace tb::sched {

// What stands in a CPU's inbox: a thread that is to run there, or one of its threads that somebody
// has posted something for. A note about the latter's link is a wake, see Wakes::note().
struct InboxLink {
  std::uintptr_t next = 0;  // whoever pushes it or is about to, then that inbox's owner
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

  // Of a Deadline thread, which has one CPU.
  CpuSet wanted_affinity;  // where it may be admitted
  DeadlineServer server;
  Sleeper next_period;
};

// The owner of a thread is the CPU that is its home, whether it runs, waits or is parked; of one
// that is under way, whoever holds it.
struct Entity {
  Entity() = default;
  Entity(const Entity&) = delete;
  Entity& operator=(const Entity&) = delete;

  // By the usual algorithm, see ThreeQueues, which has this level and those behind for itself.
  static constexpr std::uint8_t kHotLevel = 200;
  bool takes_usual_turns() const { return level >= kHotLevel; }
  bool is_hot() const { return level == kHotLevel; }

  bool has_timer() const { return sleeper != nullptr; }

  // What another CPU touches that posts something lies together. Shared.
  alignas(kCacheLineSize) InboxLink post;
  InboxLink arrival;
  Posts<> posts;
  Atomic<CpuId> home{kNoCpu};  // written by the owner, before it gives the thread away
  RequestList<Request> requests;
  Atomic<Urgency> shown_urgency{Urgency::kFair};  // written by the owner
  // The most urgent one's that waits for what this thread has; kNobody if nobody does. Whoever has
  // changed it tells the owner, see CpuScheduler::tell_of_loans().
  Atomic<Urgency> lent{Urgency::kNobody};

  // Owner only.
  bool is_suspended = false;             // stands still, or is to wherever it arrives
  Urgency own_urgency = Urgency::kFair;  // of its parameters

  // Not the scheduler's, but here is room: see runtime/no_termination.h. The thread itself.
  std::uint32_t reasons_to_stay = 0;

  Counter migrations{};   // times it changed its home
  Counter preemptions{};  // times it lost the CPU without asking

  // Written once, by whoever prepares the thread for needing them: always the same place. Shared.
  Atomic<EntityDetails*> details{nullptr};

  // What every turn touches lies together. Owner only, but for the first.
  alignas(kCacheLineSize) StateCell state{ThreadState::kNew};
  Wakes wakes;                       // since its last park
  bool movable = false;              // may run on more than one CPU
  bool restricted = true;            // may not run on some CPU, or nobody has said yet
  Urgency urgency = Urgency::kFair;  // it is scheduled by: its own, or what is lent to it
  [[no_unique_address]] ListHook<Entity> run_queue_hook;
  PolicyKind policy = PolicyKind::kNormal;
  std::int8_t nice = 0;
  std::uint8_t level = 0;           // its policy's
  std::uint32_t burst = 0;          // ns since its last wake, as far as charged
  Duration slice_left{};            // less than none if it ran on for too long
  std::uint64_t ticket = 0;         // its number among all that became ready on its CPU
  std::uint64_t switches_in = 0;    // times it was given the CPU
  std::uint32_t average_burst = 0;  // ns
  std::uint32_t generation = 0;     // which of the threads that have had the record

  Duration cpu_time{};         // charged so far
  Sleeper* sleeper = nullptr;  // stands among the home's sleepers; else null
};

static_assert(offsetof(Entity, state) == kCacheLineSize);
static_assert(offsetof(Entity, generation) + sizeof(std::uint32_t) == 2 * kCacheLineSize);

// Which of the two a link is, its place in the entity tells.
inline bool is_arrival(const InboxLink& link) {
  return reinterpret_cast<std::uintptr_t>(&link) % alignof(Entity) == offsetof(Entity, arrival);
}

inline Entity& entity_of(InboxLink& link) {
  return *reinterpret_cast<Entity*>(
      align_down(reinterpret_cast<std::uintptr_t>(&link), alignof(Entity)));
}

// Of a Deadline thread.
inline DeadlineServer& server_of(const Entity& entity) {
  // Relaxed: pairs with nothing, who has made it a Deadline thread has seen them.
  return entity.details.load(std::memory_order_relaxed)->server;
}

// What was asked for it.
inline SchedulingParameters parameters_of(const Entity& entity) {
  if (entity.policy == PolicyKind::kDeadline) {
    const DeadlineServer& server = server_of(entity);
    return {.policy = entity.policy, .task = server.task, .on_miss = server.on_miss};
  }
  const bool has_priority = is_real_time(entity.policy);
  const auto urgency = static_cast<std::uint32_t>(entity.own_urgency);
  return {.policy = entity.policy,
          .priority =
              has_priority
                  ? Priority{static_cast<std::uint8_t>(number_of(kHighestPriority) + 1 - urgency)}
                  : Priority{},
          .nice = entity.nice};
}

// The owner; the time since the last reading of the clock is charged already.
inline ThreadStatistics statistics_of(const Entity& entity) {
  return {.cpu_time = entity.cpu_time,
          .switches_in = entity.switches_in,
          .preemptions = entity.preemptions,
          .migrations = entity.migrations,
          .deadline_misses = entity.policy == PolicyKind::kDeadline ? server_of(entity).misses : 0};
}

// What it is to be scheduled by. Nobody lends a deadline: who has what a Deadline thread waits for
// goes before all but such threads.
inline Urgency urgency_due(const Entity& entity) {
  return std::min(entity.own_urgency, std::max(entity.lent.load(), kMostUrgentPriority));
}

// The owner, as below.
inline void publish_urgency(Entity& entity) {
  // Relaxed: pairs with nothing, the owner writes it.
  if (entity.shown_urgency.load(std::memory_order_relaxed) != entity.urgency) {
    entity.shown_urgency.store(entity.urgency);
  }
}

inline void set_class(Entity& entity, PolicyKind policy, std::int8_t nice, Urgency urgency) {
  entity.policy = policy;
  entity.nice = nice;
  entity.own_urgency = urgency;
  entity.urgency = urgency_due(entity);
  entity.level = 0;
  publish_urgency(entity);
}

// As all threads are that nobody says more of.
inline void set_ordinary(Entity& entity) {
  set_class(entity, PolicyKind::kNormal, 0, Urgency::kFair);
}

// The owner, and nobody looks at it or it stands in no queue. A Deadline thread has its details,
// and begins its first job when it becomes ready.
inline void set_parameters(Entity& entity, const SchedulingParameters& parameters) {
  // What it took too much before is owed still, but to no task of its own; the rest of a slice of
  // another policy is no slice of this.
  entity.slice_left = std::min(entity.slice_left, Duration::zero());
  if (parameters.policy == PolicyKind::kDeadline) [[unlikely]] {
    DeadlineServer& server = server_of(entity);
    server.misses = entity.policy == PolicyKind::kDeadline ? server.misses : 0;
    server.task = parameters.task;
    server.on_miss = parameters.on_miss;
    server.has_begun = false;
    server.entity = &entity;
    entity.slice_left = Duration::zero();
  }
  set_class(entity, parameters.policy, parameters.nice, urgency(parameters));
}

}  // namespace tb::sched
