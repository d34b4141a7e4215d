// What a scheduling policy is: a run queue of one CPU that decides order and slices. It is a plain
// single-threaded object; it never sees another CPU, an atomic, or a clock.
#pragma once

#include <concepts>

#include "base/time.h"

namespace tb::sched {

enum class EnqueueReason { kSpawned, kWoken, kYielded, kSliceOver };

template <class P, class Entity>
concept Policy =
    requires(P policy, const P& const_policy, Entity& entity, EnqueueReason reason, Duration ran) {
      { policy.enqueue(entity, reason) } -> std::same_as<void>;
      { policy.pick() } -> std::same_as<Entity*>;  // taken off the queue; null when none is ready
      // What pick() has just taken becomes the next one again, as if it had stayed.
      { policy.put_back(entity) } -> std::same_as<void>;
      { policy.remove(entity) } -> std::same_as<void>;  // out of the middle
      // What remove() has taken from another queue of this policy stands here as it stood there.
      { policy.put_in_order(entity) } -> std::same_as<void>;
      { policy.charge(entity, ran) } -> std::same_as<void>;
      { const_policy.slice_left(entity) } -> std::same_as<Duration>;
      // What is left of the slice of the one is the other's from here on.
      { policy.inherit(entity, entity) } -> std::same_as<void>;
      { const_policy.empty() } -> std::same_as<bool>;
      { const_policy.front() } -> std::same_as<Entity*>;  // whom pick() would take
      { const_policy.after(entity) } -> std::same_as<Entity*>;
      // Which of two that stand in queues of this policy is next; each has its number in the order
      // of arrival in `ticket`.
      { P::precedes(entity, entity) } -> std::same_as<bool>;
    };

}  // namespace tb::sched
