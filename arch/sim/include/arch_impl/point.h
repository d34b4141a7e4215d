// A point: where time passes on the CPU that runs, and another one may come in between.
//
// All CPUs of the simulated machine run on one thread of the host, so everything here is touched by
// that thread alone.
#pragma once

#include <cstdint>

namespace tb::arch::sim {

// Of the CPU that runs just now, where every point finds it; times are nanoseconds.
struct Progress {
  std::int64_t clock = 0;
  std::int64_t horizon = INT64_MAX;  // from then on it is another's turn, or something is due
  std::uint64_t random = 0;          // the state of the generator of costs
  std::uint64_t points = 0;          // so far, on all CPUs
  std::uint64_t long_step_mask = 0;  // how many bits of a number have to be clear for a long step
};
extern Progress progress;

// CPUs that sleep until somebody writes a certain word.
extern std::uint32_t watchers;

// At the horizon: lets others run, then takes what interrupts are due. May come back on another
// CPU, if the caller's thread has moved.
void reach_horizon();

// A point that takes longer than others.
void take_long_step();

// Wakes whoever watches the word.
void note_store(const void* word);

inline void point() {
  constexpr std::uint64_t kLongestShortStep = 20;
  progress.random = progress.random * 6364136223846793005u + 1442695040888963407u;
  ++progress.points;
  const std::uint64_t high = progress.random >> 44;
  progress.clock += 1 + static_cast<std::int64_t>(high * kLongestShortStep >> 20);
  if ((progress.random >> 33 & progress.long_step_mask) == 0) [[unlikely]] {
    take_long_step();
  }
  if (progress.clock >= progress.horizon) {
    reach_horizon();
  }
}

// After a store by whoever runs.
inline void stored(const void* word) {
  if (watchers != 0) [[unlikely]] {
    note_store(word);
  }
}

}  // namespace tb::arch::sim
