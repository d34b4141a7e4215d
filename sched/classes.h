// All classes of policies as one: Deadline threads go before Fifo and RoundRobin ones, these before
// Normal and Batch ones, and these before Idle ones. Owner CPU only.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "sched/earliest_deadline.h"
#include "sched/fair.h"
#include "sched/policy.h"
#include "sched/real_time.h"
#include "sched/real_time_share.h"
#include "sched/scheduling.h"

namespace tb::sched {

template <class Entity>
class Classes {
 public:
  // The share is that of all the CPU's ready threads.
  Classes(const FairConfig& config, const RealTimeShare& share)
      : share_(share), fair_(config), idle_(kIdleNormalQuantum) {}

  [[gnu::always_inline]] bool enqueue_usual(Entity& entity, EnqueueReason reason) {
    return fair_.enqueue_usual(entity, reason);
  }

  [[gnu::always_inline]] Entity* exchange_usual(Entity& yielding) {
    return urgent_ == 0 ? fair_.exchange_usual(yielding) : nullptr;
  }

  void enqueue(Entity& entity, EnqueueReason reason, std::uint8_t behind = 0) {
    if (entity.urgency == Urgency::kFair) [[likely]] {
      fair_.enqueue(entity, reason, behind);
      return;
    }
    urgent_ += is_urgent(entity.urgency) ? 1 : 0;
    by_other_class(entity, [&](auto& policy) { policy.enqueue(entity, reason); });
  }

  [[gnu::always_inline]] Entity* pick() {
    if (urgent_ == 0) [[likely]] {
      if (Entity* const usual = fair_.pick_usual()) [[likely]] {
        return usual;
      }
    }
    return pick_among_all();
  }

  void put_back(Entity& entity) {
    urgent_ += is_urgent(entity.urgency) ? 1 : 0;
    by_class(entity, [&](auto& policy) { policy.put_back(entity); });
  }
  [[gnu::always_inline]] void remove(Entity& entity) {
    if (entity.takes_usual_turns()) [[likely]] {
      fair_.remove_usual(entity);
    } else {
      remove_other(entity);
    }
  }
  // No Deadline thread, for it has one CPU.
  void put_in_order(Entity& entity) {
    if (is_urgent(entity.urgency)) {
      ++urgent_;
      real_time_.put_in_order(entity);
    } else if (entity.urgency == Urgency::kFair) {
      fair_.put_in_order(entity);
    } else {
      idle_.put_in_order(entity);
    }
  }
  void charge(Entity& entity, Duration ran) {
    by_class(entity, [&](auto& policy) { policy.charge(entity, ran); });
  }

  // Both are of the class whose threads hand their turns on.
  [[gnu::always_inline]] void inherit(Entity& heir, const Entity& from) {
    if (from.takes_usual_turns()) [[likely]] {
      fair_.inherit_usual(heir, from);
    } else {
      fair_.inherit(heir, from);
    }
  }
  void end_burst(Entity& entity) {
    if (entity.urgency == Urgency::kFair) {
      fair_.end_burst(entity);
    }
  }
  void note_time(Time now) { fair_.note_time(now); }

  std::uint8_t last_level() { return fair_.last_level(); }

  bool empty() const { return front() == nullptr; }
  [[gnu::always_inline]] Entity* front() const {
    if (urgent_ > 0) [[unlikely]] {
      return front_of_all();
    }
    return other_front();
  }

  // For walks over those that may run elsewhere; there is no Deadline thread among these.
  Entity* first() const {
    Entity* const other = urgent_ == 0 || comes_last() ? other_first() : nullptr;
    return other != nullptr ? other : real_time_.front();
  }
  Entity* after(const Entity& entity) const {
    if (!is_urgent(entity.urgency)) {
      Entity* const next = other_after(entity);
      return next != nullptr || !comes_last() ? next : real_time_.front();
    }
    Entity* const next = real_time_.after(entity);
    return next != nullptr || comes_last() ? next : other_first();
  }

  // The Fifo and RoundRobin threads alone, whether they have had their share or not.
  Entity* urgent_front() const { return urgent_ > 0 ? real_time_.front() : nullptr; }
  Entity* urgent_after(const Entity& entity) const { return real_time_.after(entity); }

  [[gnu::always_inline]] bool precedes(const Entity& a, const Entity& b) const {
    if (a.urgency == Urgency::kFair && b.urgency == Urgency::kFair) [[likely]] {
      return fair_.precedes(a, b);
    }
    const Urgency first = in_effect(a);
    const Urgency second = in_effect(b);
    return first != second ? goes_before(first, second) : urgent_precedes(a, b);
  }
  [[gnu::always_inline]] bool preempts(const Entity& woken, const Entity& current) const {
    if (woken.urgency == Urgency::kFair && current.urgency == Urgency::kFair) [[likely]] {
      return fair_.preempts(woken, current);
    }
    const Urgency first = in_effect(woken);
    const Urgency second = in_effect(current);
    return first != second ? goes_before(first, second) : urgent_preempts(woken, current);
  }

 private:
  // Of a thread with nice zero, which an Idle one never is.
  static constexpr Duration kIdleNormalQuantum = 4 * kIdleQuantum;
  static_assert(round_robin_quantum(kWeakestNice, kIdleNormalQuantum) == kIdleQuantum);

  template <class Action>
  [[gnu::always_inline]] void by_class(const Entity& entity, Action action) {
    if (entity.urgency == Urgency::kFair) [[likely]] {
      action(fair_);
    } else {
      by_other_class(entity, action);
    }
  }

  [[gnu::noinline, clang::preserve_most]] void remove_other(Entity& entity) {
    urgent_ -= is_urgent(entity.urgency) ? 1 : 0;
    by_class(entity, [&](auto& policy) { policy.remove(entity); });
  }

  // Once for each function, for the code's size.
  template <class Action>
  [[gnu::noinline, clang::preserve_most]] void by_other_class(const Entity& entity, Action action) {
    if (entity.urgency == Urgency::kDeadline) {
      action(deadline_);
    } else if (is_urgent(entity.urgency)) {
      action(real_time_);
    } else {
      action(idle_);
    }
  }

  // Whether Fifo and RoundRobin threads have had their share.
  bool comes_last() const { return urgent_ > 0 && share_.is_used_up(); }

  Urgency in_effect(const Entity& entity) const {
    const bool is_over =
        is_urgent(entity.urgency) && entity.urgency != Urgency::kDeadline && share_.is_used_up();
    return is_over ? Urgency::kOverShare : entity.urgency;
  }

  // Of two with the same urgency in effect.
  [[gnu::noinline, clang::preserve_most]] static bool urgent_precedes(const Entity& a,
                                                                      const Entity& b) {
    return a.urgency == Urgency::kDeadline ? EarliestDeadline::precedes(a, b)
           : a.urgency != b.urgency        ? goes_before(a.urgency, b.urgency)
                                           : a.ticket < b.ticket;
  }
  [[gnu::noinline, clang::preserve_most]] static bool urgent_preempts(const Entity& woken,
                                                                      const Entity& current) {
    return woken.urgency == Urgency::kDeadline ? EarliestDeadline::preempts(woken, current)
                                               : goes_before(woken.urgency, current.urgency);
  }

  Entity* other_front() const {
    Entity* const fair = fair_.front();
    return fair != nullptr ? fair : idle_.front();
  }
  Entity* other_first() const {
    Entity* const fair = fair_.first();
    return fair != nullptr ? fair : idle_.front();
  }
  Entity* other_after(const Entity& entity) const {
    if (entity.urgency != Urgency::kFair) {
      return idle_.after(entity);
    }
    Entity* const next = fair_.after(entity);
    return next != nullptr ? next : idle_.front();
  }

  [[gnu::noinline, clang::preserve_most]] Entity* front_of_all() const {
    if (!deadline_.empty()) {
      return deadline_.front();
    }
    Entity* const other = comes_last() ? other_front() : nullptr;
    return other != nullptr ? other : real_time_.front();
  }

  [[gnu::noinline, clang::preserve_most]] Entity* pick_among_all() {
    if (urgent_ > 0) {
      Entity* const first = front_of_all();
      remove(*first);
      return first;
    }
    Entity* const fair = fair_.pick();
    return fair != nullptr ? fair : idle_.pick();
  }

  const RealTimeShare& share_;
  std::uint32_t urgent_ = 0;  // how many stand in the first two
  EarliestDeadline deadline_;
  RealTime<Entity> real_time_;
  Fair<Entity> fair_;
  RoundRobin<Entity> idle_;
};

}  // namespace tb::sched
