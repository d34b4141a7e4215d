// Round robin: everybody in turn, for one quantum, which follows from the nice value: 5, 10, 20, 30
// or 40 ms for the five priorities idle, low, normal, high, critical. The waiting time of a ready
// thread is at most the sum of the quanta of all others.
#pragma once

#include <algorithm>
#include <chrono>

#include "base/intrusive_list.h"
#include "base/time.h"
#include "sched/policy.h"
#include "sched/scheduling.h"

namespace tb::sched {

// That of a thread with nice value `nice`, if `normal` is that of zero.
constexpr Duration round_robin_quantum(int nice, Duration normal) {
  constexpr int kQuarters = 4;
  const PriorityLevel level{static_cast<std::int8_t>(nice)};
  const int quarters = level == PriorityLevel::kIdle      ? 1
                       : level >= PriorityLevel::kLow     ? 2
                       : level > PriorityLevel::kHigh     ? 4
                       : level > PriorityLevel::kCritical ? 6
                                                          : 8;
  return normal * quarters / kQuarters;
}

// Entity has `ListHook<Entity> run_queue_hook`, `nice`, `slice_left` and `ticket`.
template <class Entity>
class RoundRobin {
 public:
  static constexpr Duration kNormalQuantum = std::chrono::milliseconds(20);

  explicit RoundRobin(Duration quantum) : quantum_(quantum) {}

  void enqueue(Entity& entity, EnqueueReason reason, std::uint8_t = 0) {
    if (reason == EnqueueReason::kPreempted) {
      put_back(entity);
      return;
    }
    entity.slice_left = round_robin_quantum(entity.nice, quantum_);
    queue_.push_back(entity);
  }

  Entity* pick() { return queue_.pop_front(); }
  static std::uint8_t last_level() { return 0; }
  void put_back(Entity& entity) { queue_.push_front(entity); }
  void remove(Entity& entity) { queue_.remove(entity); }

  void put_in_order(Entity& entity) { queue_.insert_in_order(entity, precedes); }

  static void charge(Entity& entity, Duration ran) {
    entity.slice_left = std::max(entity.slice_left - ran, Duration::zero());
  }
  static void inherit(Entity& heir, const Entity& from) { heir.slice_left = from.slice_left; }
  static void end_burst(Entity&) {}
  static void note_time(Time) {}

  bool empty() const { return queue_.empty(); }
  Entity* front() const { return queue_.front(); }
  Entity* first() const { return front(); }
  Entity* after(const Entity& entity) const { return queue_.after(entity); }

  static bool precedes(const Entity& a, const Entity& b) { return a.ticket < b.ticket; }
  static bool preempts(const Entity&, const Entity&) { return false; }

 private:
  const Duration quantum_;
  IntrusiveList<Entity, &Entity::run_queue_hook> queue_;
};

}  // namespace tb::sched
