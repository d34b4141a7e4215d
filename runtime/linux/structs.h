// Linux' structs that several answers share, laid out as its headers lay them out.
#pragma once

#include <expected>

#include <linux/time_types.h>

#include "runtime/linux/call.h"

namespace tb::linux_abi {

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

inline __kernel_timespec to_timespec(Duration duration) {
  return {.tv_sec = duration.count() / kNanosecondsPerSecond,
          .tv_nsec = duration.count() % kNanosecondsPerSecond};
}

// Durations beyond 292 years are for ever.
inline std::expected<Duration, Errno> from_timespec(const __kernel_timespec& time) {
  if (time.tv_sec < 0 || time.tv_nsec < 0 || time.tv_nsec >= kNanosecondsPerSecond) {
    return std::unexpected(Errno::kInvalid);
  }
  if (time.tv_sec >= Duration::max().count() / kNanosecondsPerSecond) {
    return Duration::max();
  }
  return Duration(time.tv_sec * kNanosecondsPerSecond + time.tv_nsec);
}

}  // namespace tb::linux_abi
