// CPU bursts: how long a thread computes from a wake to its next park, and what is expected of it.
// Integers only. Owner CPU only.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.h"

namespace tb::sched {

// The average after one more burst, which counts for an eighth. Rounded away from where it was, so
// that it gets there.
constexpr std::uint32_t burst_average(std::uint32_t average, std::uint32_t burst) {
  constexpr std::uint32_t kShare = 8;
  return burst >= average ? average + (burst - average + kShare - 1) / kShare
                          : average - (average - burst + kShare - 1) / kShare;
}

inline constexpr std::uint32_t kShortBurst = 1'000'000;  // ns; below it a thread is hot
inline constexpr std::uint32_t kLongBurst = 8'000'000;   // ns; above it a thread is cold

// Longer ones count as this, so that whoever computes no more is soon hot again.
inline constexpr std::uint32_t kLongestBurst = 2 * kLongBurst;

// Entity has in nanoseconds `burst`, since its last wake, and `average_burst` of those before.
template <class Entity>
constexpr void lengthen_burst(Entity& entity, Duration ran) {
  const auto spent = std::min<Duration::rep>(ran.count(), kLongestBurst - entity.burst);
  entity.burst += static_cast<std::uint32_t>(spent);
}

template <class Entity>
constexpr void finish_burst(Entity& entity) {
  entity.average_burst = burst_average(entity.average_burst, entity.burst);
  entity.burst = 0;
}

// The present one, if that is longer already than those before lead to expect.
template <class Entity>
constexpr std::uint32_t expected_burst(const Entity& entity) {
  return std::max(entity.burst, entity.average_burst);
}

}  // namespace tb::sched
