// A meeting point for so many threads, again and again, as std::barrier: all go on once the last
// one has arrived.
#pragma once

#include <cstdint>
#include <utility>

#include "base/time.h"
#include "runtime/deadline.h"
#include "runtime/no_termination.h"
#include "runtime/sync/stop_token.h"
#include "runtime/sync/wait.h"

namespace tb {

namespace detail {

class BarrierCore {
 public:
  static constexpr std::uint32_t max() { return 0x3fff'ffff; }

  // Which meeting somebody has arrived at.
  using Phase = std::uint32_t;

  constexpr explicit BarrierCore(std::uint32_t expected) : expected_(expected), left_(expected) {
    expects(expected >= 1 && expected <= max(), "a barrier is for 1 to max() threads");
  }

  // The last one to arrive has to call begin_next(), and is not ended by force before; then all
  // others go on.
  struct Arrival {
    Phase phase;
    bool is_last;
  };
  Arrival arrive(std::uint32_t count, std::uint32_t dropped);
  void begin_next();

  void wait(Phase phase) {
    Waiter waiter;
    finish_wait(begin_wait(phase, waiter), word_, waiter);
  }
  bool wait_patiently(Phase phase, const Patience& patience);

 private:
  Turn begin_wait(Phase phase, Waiter& waiter);

  WaitWord word_{0};  // shared; it has no value, but what follows is guarded by its lock
  std::uint32_t expected_;
  std::uint32_t left_;
  Phase phase_ = 0;
};

struct NothingToComplete {
  void operator()() const noexcept {}
};

}  // namespace detail

// The last thread to arrive calls `Completion` before the others go on.
template <class Completion = detail::NothingToComplete>
class Barrier {
 public:
  using ArrivalToken = detail::BarrierCore::Phase;

  static constexpr std::uint32_t max() { return detail::BarrierCore::max(); }

  // For 1 to max() threads.
  constexpr explicit Barrier(std::uint32_t expected, Completion completion = Completion())
      : core_(expected), completion_(std::move(completion)) {}

  // So many have arrived, no more than are expected still. Does not block, but for the completion;
  // not from interrupts.
  [[nodiscard]] ArrivalToken arrive(std::uint32_t count = 1) {
    return note_arrival(count, 0).phase;
  }

  // Waits until all have arrived who were expected there. Blocks; from threads only, as all below.
  void wait(ArrivalToken arrival) { core_.wait(arrival); }
  void arrive_and_wait() {
    // Once the last one has let the others go, the barrier may be gone.
    if (const auto arrival = note_arrival(1, 0); !arrival.is_last) {
      wait(arrival.phase);
    }
  }

  // Arrives, and is not expected from the next time on. Does not block.
  void arrive_and_drop() { static_cast<void>(note_arrival(1, 1)); }

  // The same for at least so long, or until then; false if not all had arrived by then.
  bool wait_for(ArrivalToken arrival, Duration duration) {
    return wait_until(arrival, detail::deadline_after(duration));
  }
  bool wait_until(ArrivalToken arrival, Deadline deadline) {
    return core_.wait_patiently(arrival, {.deadline = deadline});
  }

  // The same until a stop is requested; false if that came first.
  template <StoppableToken Token>
  bool wait(ArrivalToken arrival, const Token& token) {
    return detail::wait_with(token, [&](const detail::Patience& patience) {
      return core_.wait_patiently(arrival, patience);
    });
  }

 private:
  detail::BarrierCore::Arrival note_arrival(std::uint32_t count, std::uint32_t dropped) {
    const auto arrival = core_.arrive(count, dropped);
    if (arrival.is_last) {
      completion_();
      core_.begin_next();
    }
    return arrival;
  }

  detail::BarrierCore core_;
  [[no_unique_address]] Completion completion_;
};

}  // namespace tb
