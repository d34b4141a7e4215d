// What a scheduling policy is: a run queue of one CPU that decides order and slices. It is a plain
// single-threaded object; it never sees another CPU, an atomic, or a clock.
#pragma once

#include <concepts>
#include <cstdint>

#include "base/time.h"

namespace tb::sched {

enum class EnqueueReason {
  kSpawned,
  kWoken,
  kYielded,    // goes behind others
  kPreempted,  // somebody else goes first; its turn is not over
  kSliceOver,
};

template <class P, class Entity>
concept Policy = requires(P policy, const P& const_policy, Entity& entity, EnqueueReason reason,
                          Duration ran, Time now, std::uint8_t behind) {
  // Who yields stands at the level `behind` at least, for another queue of this policy, which the
  // CPU has too, has threads there.
  { policy.enqueue(entity, reason, behind) } -> std::same_as<void>;
  { policy.last_level() } -> std::convertible_to<std::uint8_t>;  // zero if it has none
  { policy.pick() } -> std::same_as<Entity*>;  // taken off the queue; null when none is ready
  // What pick() has just taken becomes the next one again, as if it had stayed.
  { policy.put_back(entity) } -> std::same_as<void>;
  { policy.remove(entity) } -> std::same_as<void>;  // out of the middle
  // What remove() has taken from another queue of this policy stands here as it stood there.
  { policy.put_in_order(entity) } -> std::same_as<void>;
  { policy.charge(entity, ran) } -> std::same_as<void>;
  // The turn of the second, what is left of it, is that of the first, which stands nowhere.
  { policy.inherit(entity, entity) } -> std::same_as<void>;
  // It runs, and has found at once what it wanted to wait for.
  { policy.end_burst(entity) } -> std::same_as<void>;
  // Seen at every reading of the clock.
  { policy.note_time(now) } -> std::same_as<void>;
  { const_policy.empty() } -> std::same_as<bool>;
  { const_policy.front() } -> std::same_as<Entity*>;  // whom pick() would take
  // Walks from the first on meet everybody, in about the order in which they are picked.
  { const_policy.first() } -> std::same_as<Entity*>;
  { const_policy.after(entity) } -> std::same_as<Entity*>;
  // Which of two that stand in queues of this policy is next; each has its number in the order
  // of arrival in `ticket`.
  { const_policy.precedes(entity, entity) } -> std::same_as<bool>;
  // Whether the first, which has just become ready, runs now and not the second, which runs.
  { const_policy.preempts(entity, entity) } -> std::same_as<bool>;
};

}  // namespace tb::sched
