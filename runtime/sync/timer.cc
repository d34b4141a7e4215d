// Waiting for a time, and for a cancellation.
#include "runtime/sync/timer.h"

#include <algorithm>

#include "arch/clock.h"
#include "runtime/park.h"
#include "runtime/thread_life.h"

namespace tb {

std::chrono::sys_time<Duration> wall_clock() {
  return std::chrono::sys_time<Duration>(arch::wall_clock());
}

std::uint64_t PeriodicTimer::take_ticks() {
  // A CPU's clock may be behind that of the one where the tick was seen.
  const Time time = std::max(now(), next_);
  // Of unsigned numbers, for the first tick may have been as long ago as there are points in time.
  const auto passed = static_cast<std::uint64_t>(time.time_since_epoch().count()) -
                      static_cast<std::uint64_t>(next_.time_since_epoch().count());
  const auto period = static_cast<std::uint64_t>(period_.count());
  next_ = after(time, Duration(period - passed % period));
  return passed / period + 1;
}

namespace detail {

bool sleep_patiently(const Patience& patience) {
  while (!patience.stop->is_raised() && !must_end(kReasonsOfStopWait)) {
    if (arch::now() >= patience.deadline) {
      return true;
    }
    static_cast<void>(park_until(patience.deadline));
  }
  return false;
}

bool TimerState::begin_call(Time time) {
  while (phase_.load() == Phase::kWaits && arch::now() < time) {
    static_cast<void>(park_until(time));
    end_if_told();
  }
  Phase expected = Phase::kWaits;
  return phase_.compare_exchange_strong(expected, Phase::kCalls);
}

void TimerState::end_call() {
  Phase expected = Phase::kCalls;
  phase_.compare_exchange_strong(expected, Phase::kWaits);
}

bool TimerState::cancel(ThreadId thread) {
  const Phase before = phase_.exchange(Phase::kCancelled);
  // It may have ended.
  static_cast<void>(wake(thread));
  return before == Phase::kWaits;
}

}  // namespace detail

}  // namespace tb
