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

// Entity has `ListHook<Entity> run_queue_hook`, `RoundRobinData round_robin` and `ticket`.
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

  // O(n); a thread seldom changes its kind while it waits.
  void put_in_order(Entity& entity) {
    Entity* next = queue_.front();
    while (next != nullptr && precedes(*next, entity)) {
      next = queue_.after(*next);
    }
    if (next != nullptr) {
      queue_.insert_before(*next, entity);
    } else {
      queue_.push_back(entity);
    }
  }

  void charge(Entity& entity, Duration ran) {
    Duration& left = entity.round_robin.slice_left;
    left = std::max(left - ran, Duration::zero());
  }

  void inherit(Entity& heir, const Entity& from) {
    heir.round_robin.slice_left = from.round_robin.slice_left;
  }

  Duration slice_left(const Entity& entity) const { return entity.round_robin.slice_left; }

  bool empty() const { return queue_.empty(); }

  Entity* front() const { return queue_.front(); }
  Entity* after(const Entity& entity) const { return queue_.after(entity); }
  static bool precedes(const Entity& a, const Entity& b) { return a.ticket < b.ticket; }

 private:
  const Duration quantum_;
  IntrusiveList<Entity, &Entity::run_queue_hook> queue_;  // owner CPU only
};

}  // namespace tb::sched
