// Priority with aging: the strongest nice value first, but who waits rises by one level in every
// kAgingInterval. All who wait rise alike, so their order is that of the time at which each would
// be at the first level, and stands from the beginning. So nobody waits for longer than it takes to
// rise through all levels, and the slices of those before him.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/time.h"
#include "sched/level_queue.h"
#include "sched/policy.h"
#include "sched/scheduling.h"

namespace tb::sched {

inline constexpr Duration kAgingInterval = std::chrono::milliseconds(10);

// After how long a thread of the weaker nice value is as good as one of the stronger that comes
// then.
constexpr Duration time_to_catch_up(int weaker, int stronger) {
  return (weaker - stronger) * kAgingInterval;
}

// Entity has `ListHook<Entity> run_queue_hook`, `nice`, `level`, `slice_left`, and `ticket`, which
// becomes that time.
template <class Entity>
class Aging {
 public:
  static constexpr std::size_t kLevels = kWeakestNice - kStrongestNice + 1;

  explicit Aging(Duration quantum) : quantum_(quantum) {}

  void enqueue(Entity& entity, EnqueueReason reason, std::uint8_t = 0) {
    if (reason == EnqueueReason::kPreempted) {
      put_back(entity);
      return;
    }
    // Who yields goes behind whoever is ready.
    entity.level = reason == EnqueueReason::kYielded
                       ? kLevels - 1
                       : static_cast<std::uint8_t>(entity.nice - kStrongestNice);
    entity.slice_left = entity.policy == PolicyKind::kBatch ? kBatchQuanta * quantum_ : quantum_;
    const Duration from_now = entity.level * kAgingInterval;
    entity.ticket =
        kBeginning + static_cast<std::uint64_t>((now_ + from_now).time_since_epoch().count());
    queue_.push_back(entity, entity.level);
  }

  Entity* pick() {
    Entity* const first = front();
    if (first != nullptr) {
      remove(*first);
    }
    return first;
  }

  static std::uint8_t last_level() { return 0; }
  void put_back(Entity& entity) { queue_.push_front(entity, entity.level); }
  void remove(Entity& entity) { queue_.remove(entity, entity.level); }
  void put_in_order(Entity& entity) { queue_.insert_in_order(entity, entity.level, precedes); }

  static void charge(Entity& entity, Duration ran) {
    entity.slice_left = std::max(entity.slice_left - ran, Duration::zero());
  }
  static void inherit(Entity& heir, const Entity& from) {
    heir.slice_left = from.slice_left;
    heir.level = from.level;
  }
  static void end_burst(Entity&) {}
  void note_time(Time now) { now_ = now; }

  bool empty() const { return queue_.empty(); }

  // Of the first of each level the best: in each they stand in their order.
  Entity* front() const {
    Entity* best = nullptr;
    for (std::size_t level = queue_.first_level(); level < kLevels; ++level) {
      Entity* const first = queue_.front_of(level);
      if (first != nullptr && (best == nullptr || precedes(*first, *best))) {
        best = first;
      }
    }
    return best;
  }

  // Of each level in its order, the levels one after the other.
  Entity* first() const { return queue_.front(); }
  Entity* after(const Entity& entity) const { return queue_.after(entity, entity.level); }

  static bool precedes(const Entity& a, const Entity& b) { return a.ticket < b.ticket; }
  static bool preempts(const Entity& woken, const Entity& current) {
    return woken.policy != PolicyKind::kBatch && woken.nice < current.nice;
  }

 private:
  // As far as tickets go back that put somebody first.
  static constexpr std::uint64_t kBeginning = std::uint64_t{1} << 63;

  const Duration quantum_;
  Time now_{};
  LevelQueue<Entity, kLevels> queue_;
};

}  // namespace tb::sched
