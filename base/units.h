// Sizes of memory and the arithmetic of alignment.
#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>

#include "base/assert.h"

namespace tb {

inline constexpr std::size_t kKiB = 1024;
inline constexpr std::size_t kMiB = 1024 * kKiB;
inline constexpr std::size_t kGiB = 1024 * kMiB;
inline constexpr std::size_t kPageSize = 4096;

// Tells whether the value is a power of two; zero is none.
template <std::unsigned_integral T>
constexpr bool is_power_of_two(T value) {
  return value != 0 && (value & (value - 1)) == 0;
}

// Rounds down to a multiple of the alignment, which must be a power of two.
template <std::unsigned_integral T>
constexpr T align_down(T value, std::type_identity_t<T> alignment) {
  expects(is_power_of_two(alignment), "the alignment is a power of two");
  return static_cast<T>(value & ~static_cast<T>(alignment - 1));
}

// Rounds up to a multiple of the alignment; the result must fit in T.
template <std::unsigned_integral T>
constexpr T align_up(T value, std::type_identity_t<T> alignment) {
  const T down = align_down(value, alignment);
  if (down == value) {
    return value;
  }
  const T up = static_cast<T>(down + alignment);
  expects(up > value, "the rounded value fits in its type");
  return up;
}

// Tells whether the value is a multiple of the alignment, which must be a power of two.
template <std::unsigned_integral T>
constexpr bool is_aligned(T value, std::type_identity_t<T> alignment) {
  return align_down(value, alignment) == value;
}

}  // namespace tb
