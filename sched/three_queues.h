// Normal and Batch threads by what they are likely to do next: hot are those whose CPU bursts -
// from a wake to the next park - are short, cold those that compute. Hot ones go first and preempt
// cold ones, so who answers somebody does so at once; their slices are short. Among threads that
// always compute, each has the CPU by the weight of its nice value.
//
// The next burst is foretold by a moving average of those before; or it is the present one, if that
// is longer already. Whoever has waited for kBoostAfter without his turn becomes hot for one slice:
// so nobody waits for longer than twice that and the slices of the hot ones before him.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/time.h"
#include "sched/burst.h"
#include "sched/near_lists.h"
#include "sched/policy.h"
#include "sched/scheduling.h"

namespace tb::sched {

// Entity has `level`, `slice_left`, and what burst.h and near_lists.h want.
template <class Entity>
class ThreeQueues {
 public:
  enum Level : std::uint8_t { kHot = Entity::kHotLevel, kNormal, kCold };

  static constexpr Duration kBoostAfter = std::chrono::milliseconds(100);

  explicit ThreeQueues(Duration quantum) : quantum_(quantum) {}

  // The usual turn, if it is that; else nothing is done: a hot thread is woken that has run for no
  // time to speak of, or one is new.
  [[gnu::always_inline]] bool enqueue_usual(Entity& entity, EnqueueReason reason) {
    const bool is_usual = reason == EnqueueReason::kWoken     ? is_usual_wake(entity)
                          : reason == EnqueueReason::kSpawned ? is_usual_new(entity)
                                                              : false;
    if (!is_usual) [[unlikely]] {
      return false;
    }
    if (reason == EnqueueReason::kWoken) {
      finish_burst(entity);
    } else {
      entity.level = kHot;
      entity.slice_left = hot_slice_;
    }
    lists_.push_back_first(entity);
    return true;
  }

  // Who goes on in the place of one that yields, whose slice is not over; null, and nothing is
  // done, unless there are others and all are equally hot.
  [[gnu::always_inline]] Entity* exchange_usual(Entity& yielding) {
    return yielding.slice_left > Duration::zero() ? lists_.exchange_near(yielding) : nullptr;
  }

  // Whom pick() would take, if that is where it usually is; else null.
  [[gnu::always_inline]] Entity* pick_usual() { return lists_.pop_near(); }

  void enqueue(Entity& entity, EnqueueReason reason, std::uint8_t behind = 0) {
    if (reason == EnqueueReason::kPreempted) {
      put_back(entity);
      return;
    }
    set_level(entity, reason, behind);
    // Whoever leaves early goes on with the rest of its slice.
    if (entity.slice_left <= Duration::zero()) {
      refill(entity);
    }
    lists_.push_back(entity);
  }

  std::uint8_t last_level() { return lists_.last_level(); }
  Entity* pick() { return lists_.pop_front(); }
  void put_back(Entity& entity) { lists_.push_front(entity); }
  [[gnu::always_inline]] void remove(Entity& entity) { lists_.remove(entity); }
  void put_in_order(Entity& entity) { lists_.insert_in_order(entity); }

  void charge(Entity& entity, Duration ran) {
    entity.slice_left -= ran;
    lengthen_burst(entity, ran);
    entity.level = std::max<std::uint8_t>(entity.level, level_for(entity));
  }

  static void inherit(Entity& heir, const Entity& from) {
    heir.slice_left = from.slice_left;
    heir.level = from.level;
  }

  static void end_burst(Entity& entity) {
    finish_burst(entity);
    entity.level = level_for(entity);
  }

  // Seen at every reading of the clock: makes hot who has waited too long, a few at a time.
  void note_time(Time now) {
    if (now - marked_at_ < kBoostAfter) {
      return;
    }
    int left = kBoostsAtOnce;
    for (const Level level : {kCold, kNormal}) {
      Entity* late = lists_.front_of(level);
      for (; late != nullptr && late->ticket <= mark_ && left > 0; --left) {
        lists_.remove(*late);
        late->level = kHot;
        lists_.push_back(*late);
        late = lists_.front_of(level);
      }
    }
    if (left > 0) {
      marked_at_ = now;
      mark_ = std::max(latest_of(kNormal), latest_of(kCold));
    }
  }

  bool empty() const { return front() == nullptr; }
  Entity* front() const { return lists_.front(); }
  Entity* first() const { return front(); }
  Entity* after(const Entity& entity) const { return lists_.after(entity); }

  static bool precedes(const Entity& a, const Entity& b) { return Lists::precedes(a, b); }
  static bool preempts(const Entity& woken, const Entity& current) {
    return woken.level == kHot && current.level == kCold;
  }

 private:
  using Lists = NearLists<Entity, kHot, 3>;

  static constexpr int kBoostsAtOnce = 16;

  static bool is_usual_wake(const Entity& entity) {
    return entity.is_hot() && entity.burst == 0 && entity.slice_left > Duration::zero() &&
           entity.policy == PolicyKind::kNormal;
  }
  static bool is_usual_new(const Entity& entity) {
    return entity.policy == PolicyKind::kNormal && entity.nice == 0 && entity.burst == 0 &&
           entity.average_burst == 0 && entity.slice_left == Duration::zero();
  }

  void set_level(Entity& entity, EnqueueReason reason, std::uint8_t behind) {
    // Who yields lets all others go first.
    if (reason == EnqueueReason::kYielded) {
      entity.level = std::max({entity.level, behind, lists_.last_level()});
      return;
    }
    if (reason == EnqueueReason::kWoken) {
      end_burst(entity);
    } else {
      entity.level = level_for(entity);
    }
  }

  // Whoever is preempted stands in front with the number it had, which may be a late one.
  std::uint64_t latest_of(Level level) const {
    const Entity* const first = lists_.front_of(level);
    return first != nullptr ? std::max(first->ticket, lists_.back_of(level)->ticket) : 0;
  }

  static std::uint8_t level_for(const Entity& entity) {
    const std::uint32_t expected = expected_burst(entity);
    return entity.policy == PolicyKind::kBatch || expected > kLongBurst ? kCold
           : expected < kShortBurst                                     ? kHot
                                                                        : kNormal;
  }

  // What a thread took too much of its last slice is taken off, or it would gain by each delay of
  // the timer; but a good part is left, or it would not get anywhere.
  void refill(Entity& entity) {
    constexpr int kLeast = 4;
    const Duration normal =
        entity.nice == 0 ? quantum_ : quantum_ * weight(entity.nice) / kNormalWeight;
    const Duration whole = entity.policy == PolicyKind::kBatch ? kBatchQuanta * normal : normal;
    const Duration fresh = entity.level == kHot    ? whole / 2
                           : entity.level == kCold ? whole * 2
                                                   : whole;
    const Duration too_much = std::max(-entity.slice_left, Duration::zero());
    entity.slice_left = std::max(fresh - too_much, fresh / kLeast);
  }

  const Duration quantum_;
  const Duration hot_slice_ = quantum_ / 2;
  Lists lists_;
  // Whoever has a ticket up to the mark stood here at that time, or ran and was preempted since.
  std::uint64_t mark_ = 0;
  Time marked_at_{};
};

}  // namespace tb::sched
