// Numbers that look like chance, the same in every run.
#pragma once

#include <cstdint>

namespace tb::test {

// A small generator is enough: D. E. Knuth's MMIX constants.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint32_t below(std::uint32_t end) {
    state_ = state_ * 6364136223846793005 + 1442695040888963407;
    return static_cast<std::uint32_t>(state_ >> 33) % end;
  }

 private:
  std::uint64_t state_;
};

}  // namespace tb::test
