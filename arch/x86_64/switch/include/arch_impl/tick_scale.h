// Turning ticks of one rate into ticks of another with one multiplication.
#pragma once

#include <cstdint>

namespace tb::arch::x86 {

inline constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

// a * b / divisor without losing the upper half of the product; the quotient must fit.
inline std::uint64_t multiply_divide(std::uint64_t a, std::uint64_t b, std::uint64_t divisor) {
  std::uint64_t low;
  std::uint64_t high;
  asm("mulq %3" : "=a"(low), "=d"(high) : "a"(a), "r"(b) : "cc");
  asm("divq %2" : "+a"(low), "+d"(high) : "r"(divisor) : "cc");
  return low;
}

// A factor with 32 bits behind the point: off by less than one in four thousand million.
struct TickScale {
  std::uint64_t factor = 0;

  // From `from_hz` to `to_hz`; the quotient must be below 2^32.
  static TickScale between(std::uint64_t from_hz, std::uint64_t to_hz) {
    constexpr std::uint64_t kPoint = std::uint64_t{1} << 32;
    return {from_hz != 0 ? multiply_divide(to_hz, kPoint, from_hz) : 0};
  }

  constexpr std::uint64_t apply(std::uint64_t ticks) const {
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(ticks) * factor) >> 32);
  }
};

}  // namespace tb::arch::x86
