// Mutual exclusion, as std::mutex: for std::lock_guard, std::unique_lock, std::scoped_lock.
//
//   tb::Mutex mutex;
//   { const std::lock_guard guard(mutex); ... }
//
// Who finds it held by a thread that runs on another CPU looks again some times, then
// waits in the ring, the most urgent first. A mutex that is given back is free for whoever comes
// first, so that it is not idle until a sleeper has woken up; but a real-time thread is given it,
// and so is who has been the next for 200 us: nobody starves.
#pragma once

#include <cstdint>

#include "arch/cpu.h"
#include "base/time.h"
#include "runtime/sync/stop_token.h"
#include "runtime/sync/wait.h"

namespace tb {

class Mutex {
 public:
  constexpr Mutex() : word_(kFree) {}

  // Waits until it is free, and takes it. To lock what one has already is a mistake. Blocks; from
  // threads only, as all below.
  [[gnu::always_inline]] void lock() {
    if (!word_.try_replace(kFree, self())) [[unlikely]] {
      lock_contended();
    }
  }

  // Takes it if it is free. Does not block.
  [[gnu::always_inline]] bool try_lock() {
    return word_.try_replace(kFree, self()) || try_lock_contended();
  }

  // Waits for at least so long, or until then; false if it was not to be had.
  bool try_lock_for(Duration duration) { return try_lock_until(detail::deadline_after(duration)); }
  bool try_lock_until(Time deadline) { return lock_patiently({.deadline = deadline}); }

  // As lock(); false, and not locked, if a stop is requested before.
  template <StoppableToken Token>
  bool lock(const Token& token) {
    return detail::wait_with(
        token, [this](const detail::Patience& patience) { return lock_patiently(patience); });
  }

  // Gives it back; by the thread that has it. Does not block.
  [[gnu::always_inline]] void unlock() {
    if (!word_.try_replace(self(), kFree)) [[unlikely]] {
      unlock_contended();
    }
  }

  // Whether the calling thread has it.
  bool is_mine();

 private:
  using Word = detail::WaitWord;

  static constexpr std::uintptr_t kFree = 0;

  // The thread that has it stands in the word.
  static std::uintptr_t self() { return reinterpret_cast<std::uintptr_t>(arch::current()); }

  [[gnu::noinline]] void lock_contended();
  detail::Turn begin_lock(detail::Waiter& waiter);
  bool end_lock(detail::Waiter& waiter);
  bool try_lock_contended();
  bool lock_patiently(const detail::Patience& patience);
  void unlock_contended();

  bool spin_for_it();
  bool try_once_more(detail::Waiter& waiter);
  void pass_on();

  Word word_;  // shared
};

}  // namespace tb
