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
  InterruptGuard() {
    arch::disable_preemption();
    before_ = arch::disable_interrupts();
  }
  ~InterruptGuard() {
    arch::restore_interrupts(before_);
    // A handler is followed by a look at that anyway.
    if (arch::enable_preemption() && !arch::in_interrupt()) [[unlikely]] {
      answer_reschedule_request();
    }
  }
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

 private:
  arch::InterruptState before_;
};

// A lock for a few instructions among threads and handlers of all CPUs: who has it has interrupts
// masked, so no handler waits for a thread that it has interrupted.
class InterruptSpinLock {
 public:
  constexpr InterruptSpinLock() = default;

  // Has the lock for a scope. Waits without sleeping.
  class [[nodiscard]] Guard : InterruptGuard {
   public:
    explicit Guard(InterruptSpinLock& lock) : lock_(lock) {
      // acquire: pairs with the release in the destructor.
      while (lock_.held_.exchange(true, std::memory_order_acquire)) {
        arch::relax();
      }
    }
    // release: pairs with the acquire in the constructor.
    ~Guard() { lock_.held_.store(false, std::memory_order_release); }

   private:
    InterruptSpinLock& lock_;
  };

 private:
  Atomic<bool> held_{false};  // shared
};

}  // namespace tb
