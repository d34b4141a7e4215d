// Keeping interrupts away for a few instructions: for data that a handler on the same CPU touches,
// and for steps that nothing may come between. What comes meanwhile is late, so it shall be short.
#pragma once

#include <atomic>

#include "arch/cpu.h"
#include "base/atomic.h"

namespace tb {

namespace detail {

// Off and on again, counted: the last one to let them in gives back what was before the first.
// From threads and from handlers; the thread stays on its CPU meanwhile.
void mask_interrupts();
void unmask_interrupts();

}  // namespace detail

// Masks the interrupts of the CPU that executes the caller for a scope, and keeps the thread there;
// at its end both are as they were before. Guards nest. From threads and from handlers. Blocking
// inside is a mistake, and stops the machine.
class [[nodiscard]] InterruptGuard {
 public:
  InterruptGuard() { detail::mask_interrupts(); }
  ~InterruptGuard() { detail::unmask_interrupts(); }
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
};

// A lock for a few instructions among threads and handlers of all CPUs: who has it has interrupts
// masked, so no handler waits for a thread that it has interrupted. Several may be given back in
// any order. A Lockable, for std::scoped_lock and std::unique_lock.
class InterruptSpinLock {
 public:
  constexpr InterruptSpinLock() = default;
  InterruptSpinLock(const InterruptSpinLock&) = delete;
  InterruptSpinLock& operator=(const InterruptSpinLock&) = delete;

  // Waits without sleeping, interrupts masked.
  void lock() {
    detail::mask_interrupts();
    // acquire: pairs with the release in unlock().
    while (held_.exchange(true, std::memory_order_acquire)) {
      // Relaxed: only to wait without disturbing; the exchange above pairs with unlock().
      while (held_.load(std::memory_order_relaxed)) {
        arch::relax();
      }
    }
  }

  // Does not wait; false if somebody has it.
  bool try_lock() {
    detail::mask_interrupts();
    // acquire: pairs with the release in unlock().
    const bool is_mine = !held_.exchange(true, std::memory_order_acquire);
    if (!is_mine) {
      detail::unmask_interrupts();
    }
    return is_mine;
  }

  // By the CPU that has it.
  void unlock() {
    // release: pairs with the acquire in lock().
    held_.store(false, std::memory_order_release);
    detail::unmask_interrupts();
  }

 private:
  Atomic<bool> held_{false};  // shared
};

}  // namespace tb
