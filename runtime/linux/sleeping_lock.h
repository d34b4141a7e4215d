// A lock whose waiters sleep, for answers that take long or that wait for all CPUs.
#pragma once

#include <atomic>
#include <cstdint>

#include "runtime/linux/futex.h"

namespace tb::linux_abi {

// A Lockable. From threads, preemption on. The third algorithm of U. Drepper, "Futexes Are Tricky".
class SleepingLock {
 public:
  constexpr SleepingLock() = default;
  SleepingLock(const SleepingLock&) = delete;
  SleepingLock& operator=(const SleepingLock&) = delete;

  // Blocks.
  void lock() {
    std::uint32_t free = kFree;
    if (std::atomic_ref(word_).compare_exchange_strong(free, kHeld)) {
      return;
    }
    while (std::atomic_ref(word_).exchange(kWaitedFor) != kFree) {
      static_cast<void>(futex_wait(&word_, kWaitedFor, kAnyBit, kNever));
    }
  }

  void unlock() {
    if (std::atomic_ref(word_).exchange(kFree) == kWaitedFor) {
      futex_wake(&word_, 1);
    }
  }

 private:
  enum : std::uint32_t { kFree, kHeld, kWaitedFor };

  std::uint32_t word_ = kFree;  // shared
};

}  // namespace tb::linux_abi
