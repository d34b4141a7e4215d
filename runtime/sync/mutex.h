// Mutual exclusion, as std::mutex: for std::lock_guard, std::unique_lock, std::scoped_lock.
//
//   tb::Mutex mutex;
//   { const std::lock_guard guard(mutex); ... }
//
// Who finds it held by a thread that runs on another CPU looks again some times, and lets one go on
// that has lost its CPU meanwhile; then it waits in the ring, the most urgent first. A mutex that
// is given back is free for whoever comes first, so that it is not idle until a sleeper has woken
// up; but a real-time thread is given it, and so is who has been the next for 200 us: nobody
// starves. While a thread waits that is more urgent than the one that has it, that one goes on as
// urgently.
#pragma once

#include <cstdint>
#include <expected>

#include "arch/cpu.h"
#include "base/time.h"
#include "runtime/deadline.h"
#include "runtime/error.h"
#include "runtime/no_termination.h"
#include "runtime/sync/stop_token.h"
#include "runtime/sync/wait.h"

namespace tb {

namespace detail {
struct Lender;
}

class Mutex {
 public:
  constexpr Mutex() : word_(kFree) {}

  // Waits until it is free, and takes it. To lock what one has already is a mistake, and so is to
  // wait in a circle: see lock_or_error(). Blocks; from threads only, as all below.
  [[gnu::always_inline]] void lock() {
    // First, so that it never has the mutex without that.
    const ThreadRecord& self = detail::begin_to_stay();
    if (!word_.try_replace(kFree, value_of(self))) [[unlikely]] {
      lock_contended();
    }
  }

  // The same where mistakes of that kind are to be told. Errors: DeadlockDetected, and it is not
  // locked: this thread has it already, or would be the last of a circle in which each has what the
  // one before waits for. Only those count who wait as long as it takes.
  std::expected<void, Error> lock_or_error() {
    const ThreadRecord& self = detail::begin_to_stay();
    return word_.try_replace(kFree, value_of(self)) ? std::expected<void, Error>() : lock_checked();
  }

  // Takes it if it is free. Does not block.
  [[gnu::always_inline]] bool try_lock() {
    const ThreadRecord& self = detail::begin_to_stay();
    return word_.try_replace(kFree, value_of(self)) || try_lock_contended();
  }

  // Waits for at least so long, or until then; false if it was not to be had.
  bool try_lock_for(Duration duration) { return try_lock_until(detail::deadline_after(duration)); }
  bool try_lock_until(Deadline deadline) { return lock_patiently({.deadline = deadline}); }

  // As lock(); false, and not locked, if a stop is requested before.
  template <StoppableToken Token>
  bool lock(const Token& token) {
    return detail::wait_with(
        token, [this](const detail::Patience& patience) { return lock_patiently(patience); });
  }

  // Gives it back; by the thread that has it. Does not block.
  [[gnu::always_inline]] void unlock() {
    auto& self = *static_cast<ThreadRecord*>(arch::current());
    // Read before: whatever reads memory behind the exchange waits for it.
    const std::uint32_t reasons_left = detail::reasons_left_of(self);
    if (!word_.try_replace(value_of(self), kFree)) [[unlikely]] {
      unlock_contended();
    }
    detail::end_to_stay(self, reasons_left);
  }

  // Whether the calling thread has it.
  bool is_mine();

 private:
  using Word = detail::WaitWord;

  static constexpr std::uintptr_t kFree = 0;

  // The thread that has it stands in the word.
  static std::uintptr_t value_of(const ThreadRecord& thread) {
    return reinterpret_cast<std::uintptr_t>(&thread);
  }
  static std::uintptr_t self() { return reinterpret_cast<std::uintptr_t>(arch::current()); }

  // Of those who have begun to stay already.
  [[gnu::noinline]] void lock_contended();
  bool try_lock_contended();
  std::expected<void, Error> lock_checked();

  void wait_for_it();
  detail::Turn begin_lock(detail::Lender& waiter);
  bool end_lock(detail::Lender& waiter);
  bool lock_patiently(const detail::Patience& patience);
  bool wait_queued(detail::Lender& waiter, const detail::Patience& patience);
  void unlock_contended();

  // What a look finds: it was free, or what its owner does.
  enum class Look : std::uint8_t { kTaken, kOwnerRuns, kOwnerIsReady, kOwnerWaits };
  Look look_at_it();
  Look watch_it();
  bool take_without_queue();
  bool take_or_queue(detail::Lender& waiter);
  bool try_once_more(detail::Lender& waiter);
  void pass_on(detail::Lender& gone);

  Word word_;  // shared
};

}  // namespace tb
