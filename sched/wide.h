// Numbers of 128 bits, for products of times. The compiler adds, multiplies and compares them
// itself, but divides by a function of its library, which the core is not linked with.
#pragma once

#include <cstdint>

#include "base/assert.h"
#include "base/time.h"

namespace tb::sched {

using Wide = unsigned __int128;

constexpr bool fits_in_64_bits(Wide number) { return number >> 64 == 0; }

// Returns dividend / divisor, rounded down; neither may have its highest bit set.
constexpr Wide quotient(Wide dividend, Wide divisor) {
  expects(divisor > 0 && divisor >> 127 == 0 && dividend >> 127 == 0, "the numbers can be divided");
  if (fits_in_64_bits(dividend) && fits_in_64_bits(divisor)) [[likely]] {
    return static_cast<std::uint64_t>(dividend) / static_cast<std::uint64_t>(divisor);
  }
  Wide result = 0;
  Wide rest = 0;
  for (int bit = 127; bit-- > 0;) {
    rest = rest << 1 | (dividend >> bit & 1);
    result <<= 1;
    if (rest >= divisor) {
      rest -= divisor;
      result |= 1;
    }
  }
  return result;
}

// Returns dividend / divisor, rounded up; dividend + divisor must stay below 2^127.
constexpr Wide quotient_up(Wide dividend, Wide divisor) {
  return quotient(dividend + divisor - 1, divisor);
}

// The number of nanoseconds, of which there must not be less than none.
constexpr std::uint64_t count_of(Duration duration) {
  expects(duration >= Duration::zero(), "the time is not negative");
  return static_cast<std::uint64_t>(duration.count());
}

// Returns so many nanoseconds, or Duration::max() if they are more than that.
constexpr Duration at_most_max(Wide nanoseconds) {
  constexpr Wide kMax{count_of(Duration::max())};
  return Duration(static_cast<Duration::rep>(nanoseconds < kMax ? nanoseconds : kMax));
}

}  // namespace tb::sched
