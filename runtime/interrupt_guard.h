// Keeping interrupts away for a few instructions: for data that a handler on the same CPU touches,
// and for steps that nothing may come between. What comes meanwhile is late, so it shall be short.
#pragma once

#include <atomic>

#include "arch/cpu.h"
#include "arch/interrupts.h"
#include "base/atomic.h"
#include "runtime/preemption.h"

namespace tb {

// Masks the interrupts of the CPU that executes the caller for a scope, and keeps the thread there;
// at its end both are as they were before. Guards nest. From threads and from handlers. Blocking
// inside is a mistake, and stops the machine.
class [[nodiscard]] InterruptGuard {
 public:
  InterruptGuard() : before_(begin()) {}
  ~InterruptGuard() { end(before_); }
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

 private:
  friend class InterruptSpinLock;

  static arch::InterruptState begin() {
    arch::disable_preemption();
    return arch::disable_interrupts();
  }
  static void end(arch::InterruptState before) {
    arch::restore_interrupts(before);
    // A handler is followed by a look at that anyway.
    if (arch::enable_preemption() && !arch::in_interrupt()) [[unlikely]] {
      answer_reschedule_request();
    }
  }

  arch::InterruptState before_;
};

// A lock for a few instructions among threads and handlers of all CPUs: who has it has interrupts
// masked, so no handler waits for a thread that it has interrupted. A Lockable, for std::lock_guard
// and std::unique_lock.
class InterruptSpinLock {
 public:
  constexpr InterruptSpinLock() = default;
  InterruptSpinLock(const InterruptSpinLock&) = delete;
  InterruptSpinLock& operator=(const InterruptSpinLock&) = delete;

  // Waits without sleeping, interrupts masked.
  void lock() {
    const arch::InterruptState before = InterruptGuard::begin();
    // acquire: pairs with the release in unlock().
    while (held_.exchange(true, std::memory_order_acquire)) {
      // Relaxed: only to wait without disturbing; the exchange above pairs with unlock().
      while (held_.load(std::memory_order_relaxed)) {
        arch::relax();
      }
    }
    before_ = before;
  }

  // Does not wait; false if somebody has it.
  bool try_lock() {
    const arch::InterruptState before = InterruptGuard::begin();
    // acquire: pairs with the release in unlock().
    if (held_.exchange(true, std::memory_order_acquire)) {
      InterruptGuard::end(before);
      return false;
    }
    before_ = before;
    return true;
  }

  // By the CPU that has it.
  void unlock() {
    const arch::InterruptState before = before_;
    // release: pairs with the acquire in lock().
    held_.store(false, std::memory_order_release);
    InterruptGuard::end(before);
  }

 private:
  Atomic<bool> held_{false};       // shared
  arch::InterruptState before_{};  // of who has it, when it began
};

}  // namespace tb
