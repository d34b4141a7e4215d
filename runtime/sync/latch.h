// A count that goes down to zero once, as std::latch; from then on nobody waits.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "runtime/deadline.h"
#include "runtime/sync/stop_token.h"
#include "runtime/sync/wait.h"

namespace tb {

class Latch {
 public:
  static constexpr std::uint32_t max() { return 0x3fff'ffff; }

  // 0 to max().
  constexpr explicit Latch(std::uint32_t count) : word_(count * detail::WaitWord::kUnit) {
    expects(count <= max(), "a latch counts at most max()");
  }

  // Counts down, by no more than is left. Does not block; not from interrupts.
  void count_down(std::uint32_t by = 1) { static_cast<void>(reaches_zero(by)); }

  // Whether zero is reached. Does not block.
  bool try_wait();

  // Waits until it is. Blocks; from threads only, as all below.
  void wait() {
    if (word_.load() != 0) {
      detail::Waiter waiter;
      detail::finish_wait(begin_wait(waiter), word_, waiter);
    }
  }
  void arrive_and_wait(std::uint32_t by = 1) {
    // Once the last one has let the others go, the latch may be gone.
    if (!reaches_zero(by)) {
      wait();
    }
  }

  // The same for at least so long, or until then; false if it was not by then.
  bool wait_for(Duration duration) { return wait_until(detail::deadline_after(duration)); }
  bool wait_until(Deadline deadline) { return wait_patiently({.deadline = deadline}); }

  // The same until a stop is requested; false if that came first.
  template <StoppableToken Token>
  bool wait(const Token& token) {
    return detail::wait_with(
        token, [this](const detail::Patience& patience) { return wait_patiently(patience); });
  }

 private:
  bool reaches_zero(std::uint32_t by);
  detail::Turn begin_wait(detail::Waiter& waiter);
  bool wait_patiently(const detail::Patience& patience);

  detail::WaitWord word_;  // shared; kUnit for each that is left
};

}  // namespace tb
