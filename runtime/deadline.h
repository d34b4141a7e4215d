// A point in time of any clock, for functions that wait until then.
//
//   mutex.try_lock_until(tb::now() + 1ms);
//   mutex.try_lock_until(std::chrono::steady_clock::now() + 1ms);   // with the C++ library
#pragma once

#include <chrono>
#include <concepts>
#include <ratio>

#include "base/time.h"

namespace tb {

Time now();

class Deadline {
 public:
  constexpr explicit(false) Deadline(Time time) : time_(time) {}

  // Of ours, in longer units.
  template <class Length>
    requires(std::convertible_to<std::chrono::time_point<Timeline, Length>, Time>)
  constexpr explicit(false) Deadline(const std::chrono::time_point<Timeline, Length>& time)
      : time_(time) {}

  // Of another clock, by what it shows at this moment; if it is set meanwhile, that changes
  // nothing. Never too early: the other clock is read first.
  template <class Clock, class Length>
    requires(!std::same_as<Clock, Timeline>)
  explicit(false) Deadline(const std::chrono::time_point<Clock, Length>& time)
      : time_(from(time)) {}

  constexpr operator Time() const { return time_; }  // NOLINT: it is one

 private:
  // Of times that are further away than nanoseconds can tell, only whether they are over.
  template <class Clock, class Length>
  static Time from(const std::chrono::time_point<Clock, Length>& time) {
    static_assert(std::ratio_greater_equal_v<typename Length::period, std::nano>);
    constexpr auto kSeconds = std::chrono::floor<std::chrono::seconds>(Duration::max());
    constexpr auto kFar = std::chrono::duration_cast<Length>(kSeconds);
    if (time.time_since_epoch() >= kFar) {
      return kNever;
    }
    if (time.time_since_epoch() <= -kFar) {
      return Time::min();
    }
    const auto shown = Clock::now();
    return time <= shown ? Time::min() : after(now(), std::chrono::ceil<Duration>(time - shown));
  }

  Time time_;
};

}  // namespace tb
