// A multi-level feedback queue (F. J. Corbato et al., 1962; R. H. and A. C. Arpaci-Dusseau,
// "Operating Systems: Three Easy Pieces", chapter 8): who is new goes first; who has used up its
// allotment at a level sinks to the next, however many turns it took for that, so nobody gains by
// giving up the CPU just before. Every kBoostEvery all rise to the first level: so nobody starves,
// and who computes no more is forgiven.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/time.h"
#include "sched/level_queue.h"
#include "sched/policy.h"
#include "sched/scheduling.h"

namespace tb::sched {

// Entity has `ListHook<Entity> run_queue_hook`, `ticket`, `level` where it stands, `slice_left`,
// which is what is left of its allotment, and two numbers: `average_burst` is the level where it
// belongs, `burst` the boost since which it does.
template <class Entity>
class Mlfq {
 public:
  static constexpr std::uint8_t kLevels = 3;
  static constexpr Duration kBoostEvery = std::chrono::seconds(1);

  explicit Mlfq(Duration quantum) : quantum_(quantum) {}

  void enqueue(Entity& entity, EnqueueReason reason, std::uint8_t behind = 0) {
    if (reason == EnqueueReason::kPreempted) {
      put_back(entity);
      return;
    }
    if (reason == EnqueueReason::kSpawned || entity.burst != boosts_) {
      rise(entity);
    } else if (entity.slice_left <= Duration::zero()) {
      const std::uint32_t sinks = entity.slice_left == kUsedUp ? 1 : 0;
      entity.average_burst = std::min<std::uint32_t>(entity.average_burst + sinks, kLevels - 1);
      entity.slice_left = allotment(entity);
    }
    // Who yields lets all others go first, this time.
    entity.level = static_cast<std::uint8_t>(
        reason == EnqueueReason::kYielded
            ? std::max<std::size_t>({entity.average_burst, behind, queue_.last_level()})
            : entity.average_burst);
    queue_.push_back(entity, entity.level);
  }

  std::uint8_t last_level() const { return static_cast<std::uint8_t>(queue_.last_level()); }
  Entity* pick() { return queue_.pop_front(); }
  void put_back(Entity& entity) { queue_.push_front(entity, entity.level); }
  void remove(Entity& entity) { queue_.remove(entity, entity.level); }
  void put_in_order(Entity& entity) { queue_.insert_in_order(entity, entity.level, precedes); }

  static void charge(Entity& entity, Duration ran) {
    const Duration left = entity.slice_left - ran;
    entity.slice_left = left > Duration::zero() ? left : kUsedUp;
  }

  void inherit(Entity& heir, const Entity& from) {
    heir.slice_left = from.slice_left;
    heir.level = from.level;
    heir.average_burst = from.average_burst;
    heir.burst = from.burst;
  }

  static void end_burst(Entity&) {}

  // Begins a boost when it is time, and goes on with it, a few threads at a time.
  void note_time(Time now) {
    if (now - boosted_at_ >= kBoostEvery) {
      boosted_at_ = now;
      ++boosts_;
    }
    int left = kBoostsAtOnce;
    for (std::size_t level = 0; level < kLevels; ++level) {
      Entity* lowest = queue_.front_of(level);
      while (lowest != nullptr && lowest->burst != boosts_ && left > 0) {
        queue_.remove(*lowest, level);
        rise(*lowest);
        queue_.push_back(*lowest, lowest->level);
        lowest = queue_.front_of(level);
        --left;
      }
    }
  }

  bool empty() const { return queue_.empty(); }
  Entity* front() const { return queue_.front(); }
  Entity* first() const { return front(); }
  Entity* after(const Entity& entity) const { return queue_.after(entity, entity.level); }

  static bool precedes(const Entity& a, const Entity& b) {
    return a.level != b.level ? a.level < b.level : a.ticket < b.ticket;
  }
  static bool preempts(const Entity& woken, const Entity& current) {
    return woken.level < current.level;
  }

 private:
  static constexpr int kBoostsAtOnce = 16;
  static constexpr Duration kUsedUp{-1};  // none is left; zero is one that was never given

  Duration allotment(const Entity& entity) const {
    return quantum(parameters_of(entity), quantum_);
  }

  void rise(Entity& entity) {
    entity.level = 0;
    entity.average_burst = 0;
    entity.burst = boosts_;
    entity.slice_left = allotment(entity);
  }

  const Duration quantum_;
  LevelQueue<Entity, kLevels> queue_;
  Time boosted_at_{};
  std::uint32_t boosts_ = 1;  // a thread that has never been here has zero
};

}  // namespace tb::sched
