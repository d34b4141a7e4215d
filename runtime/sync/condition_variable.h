// Waiting until others have changed something, as std::condition_variable_any: with any lock.
//
//   std::unique_lock lock(mutex);
//   changed.wait(lock, [&] { return !queue.empty(); });
#pragma once

#include <cstdint>

#include "base/time.h"
#include "runtime/deadline.h"
#include "runtime/sync/stop_token.h"
#include "runtime/sync/wait.h"

namespace tb {

enum class CvStatus : std::uint8_t { kNoTimeout, kTimeout };

class ConditionVariable {
 public:
  constexpr ConditionVariable() : word_(0) {}

  // Lets the most urgent one of those who wait go on, the first of those that are alike. Does not
  // block; not from interrupts.
  void notify_one();

  // Lets all go on who wait. As notify_one().
  void notify_all();

  // Gives the lock back and waits until it is notified, in one step; then takes the lock again.
  // Seldom returns for no reason. Blocks; from threads only, as all below.
  template <class Lock>
  void wait(Lock& lock) {
    detail::Waiter waiter;
    begin(waiter);
    lock.unlock();
    detail::finish_wait(begin_wait(waiter), word_, waiter);
    lock.lock();
  }

  // Waits until that is true; looks only while it has the lock.
  template <class Lock, class Predicate>
  void wait(Lock& lock, Predicate is_true) {
    while (!is_true()) {
      wait(lock);
    }
  }

  // The same for at least so long, or until then.
  template <class Lock>
  CvStatus wait_for(Lock& lock, Duration duration) {
    return wait_until(lock, detail::deadline_after(duration));
  }
  template <class Lock>
  CvStatus wait_until(Lock& lock, Deadline deadline) {
    return wait_patiently(lock, {.deadline = deadline}) == detail::WaitEnd::kOver
               ? CvStatus::kNoTimeout
               : CvStatus::kTimeout;
  }

  // The same until that is true; returns whether it is.
  template <class Lock, class Predicate>
  bool wait_for(Lock& lock, Duration duration, Predicate is_true) {
    return wait_until(lock, detail::deadline_after(duration), is_true);
  }
  template <class Lock, class Predicate>
  bool wait_until(Lock& lock, Deadline deadline, Predicate is_true) {
    return wait_until_true(lock, {.deadline = deadline}, is_true);
  }

  // The same until a stop is requested.
  template <class Lock, StoppableToken Token, class Predicate>
  bool wait(Lock& lock, const Token& token, Predicate is_true) {
    return detail::wait_with(token, [&](const detail::Patience& patience) {
      return wait_until_true(lock, patience, is_true);
    });
  }
  template <class Lock, StoppableToken Token, class Predicate>
  bool wait_for(Lock& lock, const Token& token, Duration duration, Predicate is_true) {
    return wait_until(lock, token, detail::deadline_after(duration), is_true);
  }
  template <class Lock, StoppableToken Token, class Predicate>
  bool wait_until(Lock& lock, const Token& token, Deadline deadline, Predicate is_true) {
    return detail::wait_with(token, [&](detail::Patience patience) {
      patience.deadline = deadline;
      return wait_until_true(lock, patience, is_true);
    });
  }

 private:
  bool nobody_waits() const;
  // Stands in the ring, and has a reason to stay until one of the two below.
  void begin(detail::Waiter& waiter);
  static detail::Turn begin_wait(const detail::Waiter& waiter);
  detail::WaitEnd finish(detail::Waiter& waiter, const detail::Patience& patience);

  template <class Lock>
  detail::WaitEnd wait_patiently(Lock& lock, const detail::Patience& patience) {
    detail::Waiter waiter;
    begin(waiter);
    lock.unlock();
    const detail::WaitEnd end = finish(waiter, patience);
    lock.lock();
    return end;
  }

  template <class Lock, class Predicate>
  bool wait_until_true(Lock& lock, const detail::Patience& patience, Predicate is_true) {
    while (!is_true()) {
      if (wait_patiently(lock, patience) != detail::WaitEnd::kOver) {
        return is_true();
      }
    }
    return true;
  }

  detail::WaitWord word_;  // shared; counts how often all were notified
};

}  // namespace tb
