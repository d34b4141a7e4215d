// The sizes of small blocks, and how many of them go together. Four classes to each doubling, from
// 16 bytes to 32 KiB: at most a fifth of a block is wasted.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/units.h"

namespace tb {

inline constexpr std::size_t kSmallestBlock = 16;
inline constexpr std::size_t kLargestSmallBlock = 32 * kKiB;
inline constexpr std::size_t kSizeClasses = 40;

constexpr std::size_t size_of_class(std::size_t number) {
  if (number < 4) {
    return kSmallestBlock * (number + 1);
  }
  const std::size_t doubling = number / 4 - 1;
  return (4 + number % 4 + 1) * (kSmallestBlock << doubling);
}

// What blocks of a class are aligned to at least.
constexpr std::size_t alignment_of_class(std::size_t number) {
  return std::min(std::size_t{1} << std::countr_zero(size_of_class(number)), kPageSize);
}

// How many blocks travel between a CPU and the depot at once. A CPU keeps twice as many.
constexpr std::size_t batch_of_class(std::size_t number) {
  return std::clamp<std::size_t>(8 * kKiB / size_of_class(number), 1, 32);
}

// The addresses that hold blocks of one class; a multiple of themselves.
constexpr std::size_t span_size_of_class(std::size_t number) {
  return size_of_class(number) <= 8 * kKiB ? 64 * kKiB : 256 * kKiB;
}

// One entry for each 16 bytes up to 1 KiB, and for each 256 bytes above.
inline constexpr std::size_t kFinelyClassed = 1 * kKiB;

constexpr std::size_t fine_class_entry(std::size_t size) { return (size + 15) / 16; }
constexpr std::size_t coarse_class_entry(std::size_t size) {
  return kFinelyClassed / 16 - kFinelyClassed / 256 + (size + 255) / 256;
}

constexpr std::size_t class_entry(std::size_t size) {
  return size <= kFinelyClassed ? fine_class_entry(size) : coarse_class_entry(size);
}

inline constexpr auto kClassTable = [] {
  std::array<std::uint8_t, coarse_class_entry(kLargestSmallBlock) + 1> table{};
  std::uint8_t number = 0;
  // The last size of each entry, for all of an entry are of one class. Few steps: every source that
  // sees this takes them when it is compiled.
  std::size_t size = 0;
  while (size < kLargestSmallBlock) {
    size += size < kFinelyClassed ? 16 : 256;
    if (size > size_of_class(number)) {
      ++number;
    }
    table[class_entry(size)] = number;
  }
  return table;
}();

// The smallest class for a size up to kLargestSmallBlock; zero counts as one.
constexpr std::size_t class_of_size(std::size_t size) { return kClassTable[class_entry(size)]; }

// The smallest class for a size and an alignment, a power of two; kSizeClasses when there is none.
constexpr std::size_t class_of(std::size_t size, std::size_t alignment) {
  const std::size_t least = std::max(size, alignment);
  if (least > kLargestSmallBlock || alignment > kPageSize) {
    return kSizeClasses;
  }
  std::size_t number = class_of_size(least);
  while (alignment_of_class(number) < alignment) {
    ++number;
  }
  return number;
}

}  // namespace tb
