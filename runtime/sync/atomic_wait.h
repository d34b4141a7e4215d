// Waiting until an atomic variable holds something else, as its member wait(): for those who build
// their own objects of synchronisation.
//
//   tb::atomic_wait(state, kEmpty);                   // until somebody has changed it
//   state = kFull; tb::atomic_notify_one(state);
//
// Who waits stands in a bucket, found by the variable's address. It looks at the variable with the
// bucket locked; who notifies has changed it before it locks the bucket: one sees the other.
#pragma once

#include <atomic>

#include "base/time.h"
#include "runtime/deadline.h"
#include "runtime/sync/stop_token.h"
#include "runtime/sync/wait.h"

namespace tb {

namespace detail {

// Whether the variable at that address holds something else by now.
struct Change {
  const void* address;
  const void* old;
  bool (*has_come)(const Change& change);
};

template <class T>
Change change_from(const std::atomic<T>& variable, const T& old) {
  return {.address = &variable, .old = &old, .has_come = [](const Change& change) {
            return static_cast<const std::atomic<T>*>(change.address)->load() !=
                   *static_cast<const T*>(change.old);
          }};
}

// False if it has not come by then.
bool wait_for_change(const Change& change, const Patience& patience);

void notify_one_at(const void* address);
void notify_all_at(const void* address);

}  // namespace detail

// Waits until it holds something else than `old`. May miss a change that is undone at once. Blocks;
// from threads only, as all that wait.
template <class T>
void atomic_wait(const std::atomic<T>& variable, T old) {
  static_cast<void>(detail::wait_for_change(detail::change_from(variable, old), {}));
}

// The same for at least so long, or until then; false if it held `old` still.
template <class T>
bool atomic_wait_until(const std::atomic<T>& variable, T old, Deadline deadline) {
  return detail::wait_for_change(detail::change_from(variable, old), {.deadline = deadline});
}
template <class T>
bool atomic_wait_for(const std::atomic<T>& variable, T old, Duration duration) {
  return atomic_wait_until(variable, old, detail::deadline_after(duration));
}

// The same until a stop is requested.
template <class T, StoppableToken Token>
bool atomic_wait(const std::atomic<T>& variable, T old, const Token& token) {
  return detail::wait_with(token, [&](const detail::Patience& patience) {
    return detail::wait_for_change(detail::change_from(variable, old), patience);
  });
}

// After a change: has the most urgent one of those who wait for it, or all of them, look again.
// Does not block; not from interrupts. The variable may be gone by then.
template <class T>
void atomic_notify_one(const std::atomic<T>& variable) {
  detail::notify_one_at(&variable);
}
template <class T>
void atomic_notify_all(const std::atomic<T>& variable) {
  detail::notify_all_at(&variable);
}

}  // namespace tb
