// Round robin: everybody in turn, for one quantum. The waiting time of a ready thread is at most
// the number of threads before it times the quantum.
#pragma once

#include <algorithm>
#include <chrono>

#include "base/intrusive_list.h"
#include "base/time.h"
#include "sched/policy.h"

namespace tb::sched {

struct RoundRobinData {
  Duration slice_left{};
};

// Entity has `ListHook<Entity> run_queue_hook` and `RoundRobinData round_robin`.
template <class Entity>
class RoundRobin {
 public:
  static constexpr Duration kDefaultQuantum = std::chrono::milliseconds(10);

  explicit RoundRobin(Duration quantum = kDefaultQuantum) : quantum_(quantum) {}

  // Every reason is the end of a turn, so all go to the back with a fresh quantum.
  void enqueue(Entity& entity, EnqueueReason) {
    entity.round_robin.slice_left = quantum_;
    queue_.push_back(entity);
  }

  Entity* pick() { return queue_.pop_front(); }

  void put_back(Entity& entity) { queue_.push_front(entity); }

  void remove(Entity& entity) { queue_.remove(entity); }

  void charge(Entity& entity, Duration ran) {
    Duration& left = entity.round_robin.slice_left;
    left = std::max(left - ran, Duration::zero());
  }

  Duration slice_left(const Entity& entity) const { return entity.round_robin.slice_left; }

  bool empty() const { return queue_.empty(); }

 private:
  const Duration quantum_;
  IntrusiveList<Entity, &Entity::run_queue_hook> queue_;  // owner CPU only
};

}  // namespace tb::sched
