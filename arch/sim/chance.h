// Numbers by chance that are the same for the same seed, on every compiler and library.
#pragma once

#include <cstdint>

namespace tb::arch::sim {

// SplitMix64 (S. Vigna, 2015).
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15u;
    std::uint64_t word = state_;
    word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9u;
    word = (word ^ word >> 27) * 0x94d049bb133111ebu;
    return word ^ word >> 31;
  }

  // From 0 to `bound` - 1.
  std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : next() % bound; }

  // In nanoseconds, from the first to before the last.
  std::int64_t between(std::int64_t first, std::int64_t last) {
    return first + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(last - first)));
  }

  // No number is drawn for what never happens, so switching a fault off changes nothing else.
  bool one_of_thousand(std::uint32_t times) { return times != 0 && below(1000) < times; }

 private:
  std::uint64_t state_;
};

}  // namespace tb::arch::sim
