// A point in time of any clock, for functions that wait until then.
//
//   mutex.try_lock_until(tb::now() + 1ms);
//   mutex.try_lock_until(std::chrono::steady_clock::now() + 1ms);   // with the C++ library
#pragma once

#include <chrono>
#include <concepts>

#include "base/time.h"

namespace tb {

Time now();

class Deadline {
 public:
  constexpr explicit(false) Deadline(Time time) : time_(time) {}

  // Of another clock, by what it shows at this moment; if it is set meanwhile, that changes
  // nothing. Never too early: the other clock is read first.
  template <class Clock, class Length>
    requires(!std::same_as<Clock, Timeline>)
  explicit(false) Deadline(const std::chrono::time_point<Clock, Length>& time) : time_(kNever) {
    if (time != std::chrono::time_point<Clock, Length>::max()) {
      const auto left = time - Clock::now();
      time_ = after(now(), std::chrono::ceil<Duration>(left));
    }
  }

  constexpr operator Time() const { return time_; }  // NOLINT: it is one

 private:
  Time time_;
};

}  // namespace tb
