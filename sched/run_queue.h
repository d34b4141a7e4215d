// The ready threads of one CPU: a policy says who is next; those that may run elsewhere, too, stand
// in a second list, so that they are found behind any number of others. Owner CPU only.
#pragma once

#include <cstdint>

#include "base/intrusive_list.h"
#include "base/time.h"
#include "sched/entity.h"
#include "sched/policy.h"

namespace tb::sched {

template <class P>
class RunQueue {
 public:
  explicit RunQueue(Duration quantum) : policy_(quantum) {}

  void enqueue(Entity& entity, EnqueueReason reason) {
    policy_.enqueue(entity, reason);
    if (entity.movable) {
      note_movable(entity);
    }
  }

  // Who is next, taken out; null if nobody is ready.
  Entity* take_next() {
    Entity* const next = policy_.pick();
    if (next != nullptr && next->movable) {
      forget_movable(*next);
    }
    return next;
  }

  // What take_next() has just taken is next again.
  void put_back(Entity& entity) {
    policy_.put_back(entity);
    if (entity.movable) {
      movable_.push_front(entity);
      ++movable_count_;
    }
  }

  void remove(Entity& entity) {
    policy_.remove(entity);
    if (entity.movable) {
      forget_movable(entity);
    }
  }

  // Around a change of `entity.movable` of one that stands in here.
  void note_movable(Entity& entity) {
    movable_.push_back(entity);
    ++movable_count_;
  }
  void forget_movable(Entity& entity) {
    movable_.remove(entity);
    --movable_count_;
  }

  bool empty() const { return policy_.empty(); }

  // Those that may run elsewhere, about in the order in which they came.
  std::uint32_t movable_count() const { return movable_count_; }
  Entity* first_movable() const { return movable_.front(); }
  static Entity* movable_after(const Entity& entity) { return MovableList::after(entity); }

  void charge(Entity& entity, Duration ran) { policy_.charge(entity, ran); }
  Duration slice_left(const Entity& entity) const { return policy_.slice_left(entity); }

 private:
  using MovableList = IntrusiveList<Entity, &Entity::movable_hook>;

  P policy_;
  MovableList movable_;
  std::uint32_t movable_count_ = 0;
};

}  // namespace tb::sched
