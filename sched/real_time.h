// Fifo and RoundRobin: the highest priority that is ready runs, and of one priority whoever has
// waited longest; a RoundRobin thread for its slice, a Fifo thread until it leaves by itself.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/time.h"
#include "sched/level_queue.h"
#include "sched/policy.h"
#include "sched/scheduling.h"

namespace tb::sched {

template <class Entity>
class RealTime {
 public:
  // Who is preempted stays the first of its priority, on what is left of its slice.
  void enqueue(Entity& entity, EnqueueReason reason) {
    if (reason == EnqueueReason::kPreempted) {
      put_back(entity);
      return;
    }
    entity.slice_left = quantum(parameters_of(entity));
    queue_.push_back(entity, level_of(entity));
  }

  Entity* pick() { return queue_.pop_front(); }
  void put_back(Entity& entity) { queue_.push_front(entity, level_of(entity)); }
  void remove(Entity& entity) { queue_.remove(entity, level_of(entity)); }
  void put_in_order(Entity& entity) { queue_.insert_in_order(entity, level_of(entity), precedes); }

  static void charge(Entity& entity, Duration ran) {
    if (entity.slice_left != kUnlimited) {
      entity.slice_left = std::max(entity.slice_left - ran, Duration::zero());
    }
  }

  bool empty() const { return queue_.empty(); }
  Entity* front() const { return queue_.front(); }
  Entity* after(const Entity& entity) const { return queue_.after(entity, level_of(entity)); }

  static bool precedes(const Entity& a, const Entity& b) {
    return a.urgency != b.urgency ? goes_before(a.urgency, b.urgency) : a.ticket < b.ticket;
  }
  static bool preempts(const Entity& woken, const Entity& current) {
    return goes_before(woken.urgency, current.urgency);
  }

 private:
  static std::size_t level_of(const Entity& entity) {
    return static_cast<std::size_t>(entity.urgency) - 1;
  }

  LevelQueue<Entity, 99> queue_;
};

}  // namespace tb::sched
