// The ready threads of one CPU. Those that may run elsewhere, too, stand apart from those that may
// not, each kind in the order of the same policy: so whoever has nothing to run gets one at once,
// behind however many others it was. Owner CPU only.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "sched/entity.h"
#include "sched/policy.h"

namespace tb::sched {

template <class P>
class RunQueue {
 public:
  explicit RunQueue(Duration quantum) : movable_(quantum), pinned_(quantum) {}

  void enqueue(Entity& entity, EnqueueReason reason) {
    entity.ticket = next_ticket_++;
    ++count_;
    if (entity.movable) {
      ++movable_count_;
      movable_.enqueue(entity, reason);
    } else {
      pinned_.enqueue(entity, reason);
    }
  }

  // Who is next, taken out; null if nobody is ready.
  [[gnu::always_inline]] Entity* take_next() {
    const Entity* const movable = movable_.front();
    const Entity* const pinned = pinned_.front();
    const bool takes_movable =
        pinned == nullptr || (movable != nullptr && P::precedes(*movable, *pinned));
    if (!takes_movable) {
      --count_;
      return pinned_.pick();
    }
    if (movable != nullptr) {
      --count_;
      --movable_count_;
    }
    return movable_.pick();
  }

  // What take_next() has just taken is next again.
  void put_back(Entity& entity) {
    ++count_;
    movable_count_ += entity.movable ? 1 : 0;
    kind_of(entity).put_back(entity);
  }

  // Makes it the next one, on what is left of the slice of `from`: whoever waits for it, or whom it
  // was waited for by, lets it go first and nobody else pays for that.
  void bring_forward(Entity& entity, const Entity& from) {
    if (kind_of(entity).front() == &entity && (movable_.empty() || pinned_.empty())) {
      kind_of(entity).inherit(entity, from);
      return;
    }
    remove(entity);
    entity.ticket = --first_ticket_;
    kind_of(entity).inherit(entity, from);
    put_back(entity);
  }

  void remove(Entity& entity) {
    --count_;
    movable_count_ -= entity.movable ? 1 : 0;
    kind_of(entity).remove(entity);
  }

  // Whether `entity`, which stands in here, may run elsewhere has just changed.
  void change_kind(Entity& entity) {
    entity.movable = !entity.movable;
    remove(entity);
    entity.movable = !entity.movable;
    ++count_;
    movable_count_ += entity.movable ? 1 : 0;
    kind_of(entity).put_in_order(entity);
  }

  bool empty() const { return count_ == 0; }
  std::uint32_t count() const { return count_; }

  // Those that may run elsewhere, in their order.
  std::uint32_t movable_count() const { return movable_count_; }
  Entity* first_movable() const { return movable_.front(); }
  Entity* movable_after(const Entity& entity) const { return movable_.after(entity); }

  // What is left of the slice of `from` is that of `heir`, which stands in no queue.
  void inherit(Entity& heir, const Entity& from) { kind_of(heir).inherit(heir, from); }

  void charge(Entity& entity, Duration ran) { kind_of(entity).charge(entity, ran); }
  Duration slice_left(const Entity& entity) const {
    return (entity.movable ? movable_ : pinned_).slice_left(entity);
  }

 private:
  P& kind_of(const Entity& entity) { return entity.movable ? movable_ : pinned_; }

  P movable_;
  P pinned_;
  std::uint32_t count_ = 0;
  std::uint32_t movable_count_ = 0;
  // Upwards for those who come last, downwards for those who are brought forward.
  std::uint64_t next_ticket_ = std::uint64_t{1} << 63;
  std::uint64_t first_ticket_ = std::uint64_t{1} << 63;
};

}  // namespace tb::sched
