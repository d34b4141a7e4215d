// A piece of the heap's addresses, and how far there are pages behind it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/units.h"

namespace tb {

inline constexpr std::size_t kHeapUnit = 64 * kKiB;

// Its owner's. It begins at a multiple of its own size.
struct HeapRange {
  std::uintptr_t begin = 0;
  std::uintptr_t pages_begin = 0;  // pages are mapped from here
  std::uintptr_t pages_end = 0;    // to here
  std::uint32_t order = 0;         // it has kHeapUnit << order bytes

  std::uintptr_t end() const { return begin + (kHeapUnit << order); }
  std::size_t mapped_bytes() const { return pages_end - pages_begin; }
};

}  // namespace tb
