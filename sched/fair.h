// Normal and Batch threads by the algorithm that was chosen at the start, see FairAlgorithm; a
// policy itself.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "sched/aging.h"
#include "sched/fair_config.h"
#include "sched/mlfq.h"
#include "sched/policy.h"
#include "sched/round_robin.h"
#include "sched/three_queues.h"

namespace tb::sched {

template <class Entity>
class Fair {
 public:
  explicit Fair(const FairConfig& config)
      : algorithm_(config.algorithm),
        three_queues_(quantum_or(config, kNormalQuantum)),
        mlfq_(quantum_or(config, kNormalQuantum)),
        aging_(quantum_or(config, kNormalQuantum)),
        round_robin_(quantum_or(config, RoundRobin<Entity>::kNormalQuantum)) {}

  [[gnu::always_inline]] bool enqueue_usual(Entity& entity, EnqueueReason reason) {
    // A new thread's level does not tell whose it is.
    if (reason == EnqueueReason::kSpawned && algorithm_ != FairAlgorithm::kThreeQueues) {
      return false;
    }
    return three_queues_.enqueue_usual(entity, reason);
  }

  [[gnu::always_inline]] Entity* exchange_usual(Entity& yielding) {
    return three_queues_.exchange_usual(yielding);
  }

  void enqueue(Entity& entity, EnqueueReason reason, std::uint8_t behind = 0) {
    by_algorithm([&](auto& policy) { policy.enqueue(entity, reason, behind); });
  }
  std::uint8_t last_level() {
    return by_algorithm([](auto& policy) -> std::uint8_t { return policy.last_level(); });
  }
  // Whom pick() would take, if that is where it usually is; else null.
  [[gnu::always_inline]] Entity* pick_usual() { return three_queues_.pick_usual(); }
  Entity* pick() {
    return by_algorithm([](auto& policy) { return policy.pick(); });
  }
  void put_back(Entity& entity) {
    by_algorithm([&](auto& policy) { policy.put_back(entity); });
  }
  // Of one that the usual algorithm has given a level.
  [[gnu::always_inline]] void remove_usual(Entity& entity) { three_queues_.remove(entity); }
  static void inherit_usual(Entity& heir, const Entity& from) {
    ThreeQueues<Entity>::inherit(heir, from);
  }

  void remove(Entity& entity) {
    by_algorithm([&](auto& policy) { policy.remove(entity); });
  }
  void put_in_order(Entity& entity) {
    by_algorithm([&](auto& policy) { policy.put_in_order(entity); });
  }
  void charge(Entity& entity, Duration ran) {
    by_algorithm([&](auto& policy) { policy.charge(entity, ran); });
  }
  [[gnu::noinline, clang::preserve_most]] void inherit(Entity& heir, const Entity& from) {
    by_algorithm([&](auto& policy) { policy.inherit(heir, from); });
  }
  void end_burst(Entity& entity) {
    by_algorithm([&](auto& policy) { policy.end_burst(entity); });
  }
  void note_time(Time now) {
    by_algorithm([&](auto& policy) { policy.note_time(now); });
  }
  bool empty() const { return front() == nullptr; }
  Entity* front() const {
    return by_algorithm([](const auto& policy) { return policy.front(); });
  }
  Entity* first() const {
    return by_algorithm([](const auto& policy) { return policy.first(); });
  }
  Entity* after(const Entity& entity) const {
    return by_algorithm([&](const auto& policy) { return policy.after(entity); });
  }
  bool precedes(const Entity& a, const Entity& b) const {
    return by_algorithm([&](const auto& policy) { return policy.precedes(a, b); });
  }
  [[gnu::always_inline]] bool preempts(const Entity& woken, const Entity& current) const {
    return algorithm_ == FairAlgorithm::kThreeQueues ? ThreeQueues<Entity>::preempts(woken, current)
                                                     : choose_other(*this, [&](const auto& policy) {
                                                         return policy.preempts(woken, current);
                                                       });
  }

 private:
  static Duration quantum_or(const FairConfig& config, Duration own) {
    return config.quantum > Duration::zero() ? config.quantum : own;
  }

  template <class Action>
  [[gnu::always_inline]] auto by_algorithm(Action action) {
    return choose(*this, action);
  }
  template <class Action>
  [[gnu::always_inline]] auto by_algorithm(Action action) const {
    return choose(*this, action);
  }

  template <class Self, class Action>
  [[gnu::always_inline]] static auto choose(Self& self, Action action) {
    if (self.algorithm_ == FairAlgorithm::kThreeQueues) [[likely]] {
      return action(self.three_queues_);
    }
    return choose_other(self, action);
  }

  // Any but the usual one; once for each function, for the code's size.
  template <class Self, class Action>
  [[gnu::noinline, clang::preserve_most]] static auto choose_other(Self& self, Action action) {
    switch (self.algorithm_) {
      case FairAlgorithm::kMlfq:
        return action(self.mlfq_);
      case FairAlgorithm::kAging:
        return action(self.aging_);
      default:
        return action(self.round_robin_);
    }
  }

  const FairAlgorithm algorithm_;
  ThreeQueues<Entity> three_queues_;
  Mlfq<Entity> mlfq_;
  Aging<Entity> aging_;
  RoundRobin<Entity> round_robin_;
};

}  // namespace tb::sched
