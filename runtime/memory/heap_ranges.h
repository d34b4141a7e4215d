// Address ranges of the heap, with pages behind a part of each. What is given back stays mapped for
// a while, as far as it is little, and is used again as it is.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/atomic.h"
#include "base/units.h"
#include "runtime/memory/address_plan.h"
#include "runtime/memory/heap_range.h"
#include "runtime/memory/unit_buddy.h"

namespace tb {

// All are counted from where the range begins.
struct WantedRange {
  std::size_t bytes;        // it has at least so many, mapped or not
  std::size_t first_byte;   // pages are wanted from here
  std::size_t mapped;       // to here
  std::size_t most_mapped;  // at most to here, if some are left from an earlier use
};

// Nothing when memory or addresses are short. Any sizes.
std::optional<HeapRange> take_heap_range(const WantedRange& wanted);

// Maps pages up to `end`, which is inside the range, if they are not yet. False when memory is
// short; then nothing has changed.
[[nodiscard]] bool map_heap_pages(HeapRange& range, std::uintptr_t end);

// The range's marks are kNoMark. If it is large, or much has gathered, all CPUs are made to forget
// the mapping, and the memory is free for others when this returns.
void give_heap_range_back(const HeapRange& range);

// Frees the memory of all ranges that were given back and are still mapped. Tells whether there
// were any.
bool release_heap_ranges();

namespace detail {

// Tables with an entry for each unit come first in the heap's area, and then the units, at a
// multiple of the largest range.
inline constexpr std::uintptr_t kUnitArea = kHeapArea + (kHeapUnit << (kUnitOrders - 1));
inline constexpr std::size_t kUnits = (kHeapAreaEnd - kUnitArea) / kHeapUnit;
inline UnitMark* const kUnitMarks = reinterpret_cast<UnitMark*>(kHeapArea);

// The table of marks has memory for units below this one. Written under the lock of the ranges,
// read by all.
extern Atomic<std::size_t> units_known;

inline std::size_t unit_of(const void* address) {
  return reinterpret_cast<std::uintptr_t>(address) / kHeapUnit - kUnitArea / kHeapUnit;
}

}  // namespace detail

// What its range's owner has marked the unit of this address with; kNoMark if it lies outside the
// heap. Any address, any context.
inline UnitMark heap_mark(const void* address) {
  const std::size_t unit = detail::unit_of(address);
  // Whoever has a block has learned of it in a way that also shows how far the heap reached then.
  if (unit >= detail::units_known.load()) {
    return kNoMark;
  }
  return detail::kUnitMarks[unit];
}

// Only of a unit in a range that the caller has taken.
inline void set_heap_mark(std::uintptr_t address, UnitMark mark) {
  UnitMark& own = detail::kUnitMarks[detail::unit_of(reinterpret_cast<void*>(address))];
  // Relaxed: pairs with the look at a neighbour's mark in UnitBuddy::give_back().
  std::atomic_ref(own).store(mark, std::memory_order_relaxed);
}

}  // namespace tb
