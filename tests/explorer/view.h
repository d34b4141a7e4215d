// What a thread knows of memory: for each location the oldest write it may still read, and for each
// thread how much of it happened before.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace tb::explorer {

// A scenario's threads are numbered from zero; what is done before and after them is done by
// kOutside.
using ThreadIndex = std::uint32_t;
inline constexpr std::size_t kMaxThreads = 8;
inline constexpr ThreadIndex kOutside = kMaxThreads - 1;

// Atomics are numbered as they are made, anew in each run.
using LocationId = std::uint32_t;
inline constexpr std::size_t kMaxLocations = 64;

// A write's place in the order of all writes to its location. Larger is newer; the numbers have
// gaps because a write may come to stand between two others.
using Timestamp = std::uint64_t;

// One step of one thread; its steps are counted from one.
struct Moment {
  ThreadIndex thread = 0;
  std::uint32_t step = 0;
};

struct View {
  std::array<Timestamp, kMaxLocations> oldest{};
  std::array<std::uint32_t, kMaxThreads> steps{};

  bool includes(Moment moment) const { return steps[moment.thread] >= moment.step; }

  void join(const View& other) {
    for (std::size_t i = 0; i < oldest.size(); ++i) {
      oldest[i] = std::max(oldest[i], other.oldest[i]);
    }
    for (std::size_t i = 0; i < steps.size(); ++i) {
      steps[i] = std::max(steps[i], other.steps[i]);
    }
  }
};

}  // namespace tb::explorer
