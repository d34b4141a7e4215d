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

// The kernel's sched_attr in its first version; its header cannot be had together with the C
// library's.
struct SchedulingAttributes {
  std::uint32_t size;
  std::uint32_t policy;
  std::uint64_t flags;
  std::int32_t nice;
  std::uint32_t priority;
  std::uint64_t runtime;  // this and the next ones in nanoseconds
  std::uint64_t deadline;
  std::uint64_t period;
};
static_assert(sizeof(SchedulingAttributes) == 48);

}  // namespace tb::linux_abi
