// The ready threads of one CPU. Those that may run elsewhere, too, stand apart from those that may
// not, each kind in the order of the same policy: so whoever has nothing to run gets one at once,
// behind however many others it was. Owner CPU only.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.h"
#include "sched/config.h"
#include "sched/entity.h"
#include "sched/policy.h"
#include "sched/real_time_share.h"

namespace tb::sched {

template <class P>
class RunQueue {
 public:
  explicit RunQueue(const Config& config)
      : share_(config.real_time_share),
        movable_(config.fair, share_),
        pinned_(config.fair, share_) {}
  RunQueue(const RunQueue&) = delete;
  RunQueue& operator=(const RunQueue&) = delete;

  // One that has become ready. Who is preempted keeps its number: it was the first, and still is.
  void enqueue(Entity& entity, EnqueueReason reason) {
    if (reason != EnqueueReason::kPreempted) {
      entity.ticket = next_ticket_++;
    }
    ++count_of(entity);
    std::uint8_t behind = 0;
    if (reason == EnqueueReason::kYielded && movable_count_ > 0 && pinned_count_ > 0) {
      behind = std::max(movable_.last_level(), pinned_.last_level());
    }
    kind_of(entity).enqueue(entity, reason, behind);
  }

  // The same if it is what usually happens; else nothing is done.
  [[gnu::always_inline]] bool enqueue_usual(Entity& entity, EnqueueReason reason) {
    // Not by kind_of(): the address would have to wait for the thread.
    if (entity.movable) {
      if (!movable_.enqueue_usual(entity, reason)) [[unlikely]] {
        return false;
      }
      ++movable_count_;
    } else {
      if (!pinned_.enqueue_usual(entity, reason)) [[unlikely]] {
        return false;
      }
      ++pinned_count_;
    }
    entity.ticket = next_ticket_++;
    return true;
  }

  // One yields and the next is taken out in its place, if that is what usually happens; else null,
  // and nothing is done. Who yields lets those of the other kind go first, too.
  [[gnu::always_inline]] Entity* exchange_usual(Entity& yielding) {
    Entity* next = nullptr;
    if (yielding.movable) {
      next = pinned_count_ == 0 ? movable_.exchange_usual(yielding) : nullptr;
    } else {
      next = movable_count_ == 0 ? pinned_.exchange_usual(yielding) : nullptr;
    }
    if (next != nullptr) [[likely]] {
      yielding.ticket = next_ticket_++;
    }
    return next;
  }

  // Who is next, taken out; null if nobody is ready.
  [[gnu::always_inline]] Entity* take_next() {
    // Usually all are of one kind.
    if (movable_count_ == 0) {
      if (pinned_count_ == 0) [[unlikely]] {
        return nullptr;
      }
      --pinned_count_;
      return pinned_.pick();
    }
    if (pinned_count_ == 0) {
      --movable_count_;
      return movable_.pick();
    }
    return take_next_of_both();
  }

  // The same if there are some of each kind.
  [[gnu::noinline, clang::preserve_most]] Entity* take_next_of_both() {
    Entity* const movable = movable_.front();
    Entity* const pinned = pinned_.front();
    Entity* const next = movable_.precedes(*movable, *pinned) ? movable : pinned;
    remove(*next);
    return next;
  }

  // What take_next() has just taken is next again.
  void put_back(Entity& entity) {
    ++count_of(entity);
    kind_of(entity).put_back(entity);
  }

  // Makes it the next one, on what is left of the slice of `from`: whoever waits for it, or whom it
  // was waited for by, lets it go first and nobody else pays for that.
  void bring_forward(Entity& entity, const Entity& from) {
    remove(entity);
    entity.ticket = --first_ticket_;
    kind_of(entity).inherit(entity, from);
    put_back(entity);
  }

  [[gnu::noinline]] void remove(Entity& entity) { remove_usual(entity); }

  // The same, as fast as it goes for one that takes usual turns.
  [[gnu::always_inline]] void remove_usual(Entity& entity) {
    --count_of(entity);
    kind_of(entity).remove(entity);
  }

  // Whether `entity`, which stands in here, may run elsewhere has just changed.
  void change_kind(Entity& entity) {
    entity.movable = !entity.movable;
    remove(entity);
    entity.movable = !entity.movable;
    ++count_of(entity);
    kind_of(entity).put_in_order(entity);
  }

  bool empty() const { return count() == 0; }
  std::uint32_t count() const { return movable_count_ + pinned_count_; }

  // The first one that may run elsewhere, if it is a real-time thread.
  Entity* first_urgent_movable() const { return movable_.urgent_front(); }
  Entity* urgent_movable_after(const Entity& entity) const { return movable_.urgent_after(entity); }

  // Those that may run elsewhere, in their order.
  std::uint32_t movable_count() const { return movable_count_; }
  Entity* first_movable() const { return movable_.first(); }
  Entity* movable_after(const Entity& entity) const { return movable_.after(entity); }

  // What is left of the slice of `from` is that of `heir`, which stands in no queue, and so is its
  // place among others.
  void inherit(Entity& heir, const Entity& from) {
    kind_of(heir).inherit(heir, from);
    heir.ticket = from.ticket;
  }

  void charge(Entity& entity, Duration ran) {
    if (is_urgent(entity.urgency)) {
      share_.charge(ran);
    }
    kind_of(entity).charge(entity, ran);
  }

  // The current thread has found what it wanted to wait for.
  void end_burst(Entity& entity) { kind_of(entity).end_burst(entity); }

  // Whether Fifo and RoundRobin threads have had their share for now, and until when.
  bool is_over_share() const { return share_.is_used_up(); }
  Time end_of_share() const { return share_.window_end(); }

  // At every reading of the clock.
  void note_time(Time now) {
    share_.note_time(now);
    movable_.note_time(now);
    pinned_.note_time(now);
  }

  // Gives one that stands in no queue a whole slice, as if it came anew.
  void begin_turn(Entity& entity) {
    entity.ticket = --first_ticket_;  // its place is that of whoever runs
    kind_of(entity).enqueue(entity, EnqueueReason::kSpawned);
    kind_of(entity).remove(entity);
  }

  // Whether `woken` runs now, and not `current`.
  [[gnu::always_inline]] bool preempts(const Entity& woken, const Entity& current) const {
    return movable_.preempts(woken, current);
  }

  // Whether somebody ready does.
  bool front_preempts(const Entity& current) const {
    const auto goes_first = [&](const Entity* front) {
      return front != nullptr && preempts(*front, current);
    };
    return goes_first(movable_.front()) || goes_first(pinned_.front());
  }

 private:
  P& kind_of(const Entity& entity) { return entity.movable ? movable_ : pinned_; }
  std::uint32_t& count_of(const Entity& entity) {
    return entity.movable ? movable_count_ : pinned_count_;
  }

  RealTimeShare share_;
  P movable_;
  P pinned_;
  std::uint32_t movable_count_ = 0;
  std::uint32_t pinned_count_ = 0;
  // Upwards for those who come last, downwards for those who are brought forward.
  std::uint64_t next_ticket_ = std::uint64_t{1} << 63;
  std::uint64_t first_ticket_ = std::uint64_t{1} << 63;
};

}  // namespace tb::sched
