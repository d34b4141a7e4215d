// Whose turn it is: the CPU with the smallest time, and of several the one with the smallest
// number.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace tb::arch::sim {

// A tree of matches; the winner of all stands at its root.
class TurnOrder {
 public:
  static constexpr std::int64_t kNotNow = INT64_MAX;

  explicit TurnOrder(std::uint32_t count)
      : leaves_(std::bit_ceil(count)), times_(leaves_, kNotNow), winners_(2 * leaves_) {
    for (std::uint32_t i = 0; i < leaves_; ++i) {
      winners_[leaves_ + i] = i;
    }
    for (std::uint32_t node = leaves_ - 1; node > 0; --node) {
      winners_[node] = winners_[2 * node];
    }
  }

  void set(std::uint32_t cpu, std::int64_t time) {
    times_[cpu] = time;
    for (std::uint32_t node = (leaves_ + cpu) / 2; node > 0; node /= 2) {
      const std::uint32_t left = winners_[2 * node];
      const std::uint32_t right = winners_[2 * node + 1];
      winners_[node] = times_[right] < times_[left] ? right : left;
    }
  }

  // With one CPU the root is the leaf.
  std::uint32_t first() const { return winners_[1]; }
  std::int64_t first_time() const { return times_[first()]; }

 private:
  std::uint32_t leaves_;
  std::vector<std::int64_t> times_;
  std::vector<std::uint32_t> winners_;
};

}  // namespace tb::arch::sim
