// A mutex that its owner may lock again, as std::recursive_mutex: it is free once it has been
// unlocked as often.
#pragma once

#include <cstdint>
#include <expected>

#include "base/time.h"
#include "runtime/deadline.h"
#include "runtime/error.h"
#include "runtime/sync/mutex.h"

namespace tb {

// All as Mutex says, but to have it already is no error.
class RecursiveMutex {
 public:
  constexpr RecursiveMutex() = default;

  void lock() {
    if (!lock_again()) {
      mutex_.lock();
    }
  }
  std::expected<void, Error> lock_or_error() {
    return lock_again() ? std::expected<void, Error>() : mutex_.lock_or_error();
  }
  bool try_lock() { return lock_again() || mutex_.try_lock(); }
  bool try_lock_for(Duration duration) { return lock_again() || mutex_.try_lock_for(duration); }
  bool try_lock_until(Deadline deadline) { return lock_again() || mutex_.try_lock_until(deadline); }
  template <StoppableToken Token>
  bool lock(const Token& token) {
    return lock_again() || mutex_.lock(token);
  }

  void unlock() {
    if (depth_ > 0) {
      expects(mutex_.is_mine(), "a mutex is unlocked by the thread that has it");
      --depth_;
    } else {
      mutex_.unlock();
    }
  }

 private:
  bool lock_again() {
    if (!mutex_.is_mine()) {
      return false;
    }
    ++depth_;
    return true;
  }

  Mutex mutex_;
  std::uint64_t depth_ = 0;  // the owner's: how often it was locked again
};

}  // namespace tb
