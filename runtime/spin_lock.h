// A lock for a few instructions, outside scheduling. Preemption is off while it is held, so its
// holder is never switched out. Not for interrupt handlers.
#pragma once

#include <atomic>

#include "arch/cpu.h"
#include "base/atomic.h"
#include "runtime/preemption.h"

namespace tb {

// A Lockable, for std::lock_guard and std::unique_lock.
class SpinLock {
 public:
  constexpr SpinLock() = default;
  SpinLock(const SpinLock&) = delete;
  SpinLock& operator=(const SpinLock&) = delete;

  // Waits without sleeping.
  void lock() {
    arch::disable_preemption();
    // acquire: pairs with the release in unlock().
    while (held_.exchange(true, std::memory_order_acquire)) {
      // Relaxed: only to wait without disturbing; the exchange above pairs with unlock().
      while (held_.load(std::memory_order_relaxed)) {
        arch::relax();
      }
    }
  }

  // Does not wait; false if somebody holds it.
  bool try_lock() {
    arch::disable_preemption();
    // acquire: pairs with the release in unlock().
    if (!held_.exchange(true, std::memory_order_acquire)) {
      return true;
    }
    leave_preemption_off_scope();
    return false;
  }

  void unlock() {
    // release: pairs with the acquire in lock().
    held_.store(false, std::memory_order_release);
    leave_preemption_off_scope();
  }

 private:
  static void leave_preemption_off_scope() {
    if (arch::enable_preemption()) [[unlikely]] {
      answer_reschedule_request();
    }
  }

  Atomic<bool> held_{false};  // shared
};

}  // namespace tb
