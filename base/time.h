// Points in time and spans of it, in whole nanoseconds. Nothing here reads a clock: whoever decides
// is given the time, so that tests and the simulator can choose it.
#pragma once

#include <chrono>

namespace tb {

using Duration = std::chrono::nanoseconds;

// Keeps our points in time apart from those of other clocks; has no now() on purpose.
struct Timeline {};

using Time = std::chrono::time_point<Timeline, Duration>;

inline constexpr Time kNever = Time::max();

// Returns the time `wait` after `start`, stopping at kNever (and at Time::min()) instead of
// overflowing.
constexpr Time after(Time start, Duration wait) {
  if (start == kNever) {
    return kNever;
  }
  Duration::rep sum = 0;
  if (__builtin_add_overflow(start.time_since_epoch().count(), wait.count(), &sum)) {
    return wait > Duration::zero() ? kNever : Time::min();
  }
  return Time(Duration(sum));
}

}  // namespace tb
