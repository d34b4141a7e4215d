// Parking and waking one thread, without a lock and without a lost wake.
//
// The word counts wakes; its lowest bit says that the thread is parked and off its stack. The
// thread remembers the count it has seen. A wake that finds the bit clear is thereby kept: the
// thread's next park sees a count it has not seen and returns at once. A wake that finds the bit
// set clears it in the same step, so exactly one waker wins the thread and carries it to its home.
// One locked instruction a park, one a wake.
//
// Two kinds of waiting share the word: a library's, which knows from elsewhere whether its wait is
// over and parks again if not, and the application's own park. The library's would swallow a wake
// that was meant for the application's next park, so those are counted a second time, and the
// thread remembers separately which of them it has seen.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/atomic.h"

namespace tb::sched {

enum class ParkOutcome { kParked, kWokenMeanwhile };
enum class WakeOutcome { kThreadIsYours, kNoted };

// A lasting wake is remembered until consume_lasting(), whatever parks it ends before.
enum class WakeKind { kOrdinary, kLasting };

template <template <class> class AtomicType = Atomic>
class ParkWord {
 public:
  // The thread itself: takes note of every wake so far; true if there was one since the last call.
  // The waker's writes before its wake are visible afterwards.
  bool consume() {
    // acquire: pairs with the release in wake(), whose chain of read-modify-writes ends here.
    const std::uint64_t word = word_.load(std::memory_order_acquire);
    const bool woken = word != seen_;
    seen_ = word;
    return woken;
  }

  // The thread itself: as consume(), but true if there was a lasting wake since the last call of
  // this function.
  bool consume_lasting() {
    consume();
    const std::uint64_t count = seen_ >> kLastingShift;
    const bool woken = count != seen_lasting_;
    seen_lasting_ = count;
    return woken;
  }

  // The CPU that has just left the thread's stack: from here on a waker may take the thread, unless
  // one came first.
  ParkOutcome commit() {
    std::uint64_t expected = seen_;
    // release: the saved stack pointer and all else about the thread; pairs with the acquire in
    // wake(). acquire on failure: pairs with the release in wake(), as consume() would.
    const bool parked = word_.compare_exchange_strong(
        expected, expected | kParkedBit, std::memory_order_release, std::memory_order_acquire);
    return parked ? ParkOutcome::kParked : ParkOutcome::kWokenMeanwhile;
  }

  // Anybody: takes a parked thread as a waker would, but without a wake; false if it is not parked.
  // Then the caller alone may touch it, until commit() parks it again or finds that a wake has
  // come.
  bool claim() {
    // Relaxed: only a first guess for the exchange below, which pairs with commit().
    std::uint64_t word = word_.load(std::memory_order_relaxed);
    while ((word & kParkedBit) != 0) {
      // acquire: pairs with the release in commit(). Relaxed on failure: it is tried again.
      if (word_.compare_exchange_weak(word, word & ~kParkedBit, std::memory_order_acquire,
                                      std::memory_order_relaxed)) {
        return true;
      }
    }
    return false;
  }

  // For checks from outside: a thread that is parked though it was woken.
  bool has_lost_a_wake() const {
    const std::uint64_t word = word_.load();
    return (word & kParkedBit) != 0 && (word & ~kParkedBit) != seen_;
  }

  // Anybody, at any time, from interrupts too.
  WakeOutcome wake(WakeKind kind = WakeKind::kOrdinary) {
    // Relaxed: only a first guess for the exchange below, which pairs with commit() and consume().
    std::uint64_t word = word_.load(std::memory_order_relaxed);
    // acq_rel: the release pairs with the acquire in consume(), the acquire with the release in
    // commit(). Relaxed on failure: pairs with nothing, it is tried again.
    while (!word_.compare_exchange_weak(word, counted(word, kind), std::memory_order_acq_rel,
                                        std::memory_order_relaxed)) {
    }
    return (word & kParkedBit) != 0 ? WakeOutcome::kThreadIsYours : WakeOutcome::kNoted;
  }

 private:
  // From the lowest bit: parked; 31 bits of wakes; 32 bits of lasting wakes. Both counts begin
  // again at zero after their last value.
  static constexpr std::uint64_t kParkedBit = 1;
  static constexpr std::uint64_t kOneWake = 2;
  static constexpr unsigned kLastingShift = 32;
  static constexpr std::uint64_t kWakes = (std::uint64_t{1} << kLastingShift) - kOneWake;

  static constexpr std::uint64_t counted(std::uint64_t word, WakeKind kind) {
    const std::uint64_t lasting = (word >> kLastingShift) + (kind == WakeKind::kLasting ? 1 : 0);
    return lasting << kLastingShift | (((word & kWakes) + kOneWake) & kWakes);
  }

  AtomicType<std::uint64_t> word_{0};  // shared

  // The thread itself, and who leaves its stack.
  std::uint64_t seen_ = 0;
  std::uint64_t seen_lasting_ = 0;
};

}  // namespace tb::sched
