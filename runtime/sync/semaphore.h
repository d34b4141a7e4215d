// A counting semaphore, as std::counting_semaphore.
//
//   tb::Semaphore places(4);
//   places.acquire();
//   ...
//   places.release();
//
// Who waits gets what is released in turn, the most urgent first: nobody who comes later takes it
// away.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "runtime/deadline.h"
#include "runtime/sync/stop_token.h"
#include "runtime/sync/wait.h"

namespace tb {

namespace detail {
class Leaving;
}

class Semaphore {
 public:
  // The most permits that there can be at once.
  static constexpr std::uint32_t max() { return 0x3fff'ffff; }

  // With 0 to max() permits.
  constexpr explicit Semaphore(std::uint32_t permits) : word_(permits * Word::kUnit) {
    expects(permits <= max(), "a semaphore has at most max() permits");
  }

  // Takes a permit; waits until there is one. Blocks; from threads only, as all below that wait.
  [[gnu::always_inline]] void acquire() {
    if (!take_free_one()) {
      detail::Waiter waiter;
      detail::finish_wait(begin_acquire(waiter), word_, waiter);
    }
  }

  // Takes one if that can be done at once. Does not block; not from interrupts.
  bool try_acquire();

  // The same, but waits for at least so long, or until then; false if there was none.
  bool try_acquire_for(Duration duration) {
    return try_acquire_until(detail::deadline_after(duration));
  }
  bool try_acquire_until(Deadline deadline) { return acquire_patiently({.deadline = deadline}); }

  // As acquire(); false, and none taken, if a stop is requested before there is one.
  template <StoppableToken Token>
  bool acquire(const Token& token) {
    return detail::wait_with(
        token, [this](const detail::Patience& patience) { return acquire_patiently(patience); });
  }

  // Gives so many permits, 1 to max(); there are at most max() then. Does not block; not from
  // interrupts.
  void release(std::uint32_t permits = 1);

 private:
  using Word = detail::WaitWord;

  [[gnu::always_inline]] bool take_free_one() {
    const std::uintptr_t before = word_.load();
    return before >= Word::kUnit && before % Word::kUnit == 0 &&
           word_.try_replace(before, before - Word::kUnit);
  }
  detail::Turn begin_acquire(detail::Waiter& waiter);
  bool acquire_patiently(const detail::Patience& patience);
  void release_one();
  std::uint32_t release_some(std::uint32_t permits, detail::Leaving& leaving);

  Word word_;  // shared; kUnit for each permit
};

}  // namespace tb
