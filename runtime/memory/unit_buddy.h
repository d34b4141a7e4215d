// Addresses in units, given out in powers of two of them, each range a multiple of its own size.
// Ranges that come back unite with their neighbours, so nothing is lost however long this goes on.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/assert.h"
#include "base/units.h"

namespace tb {

// A byte for each unit. Whoever has taken the range marks its units as wanted, from kLowestUserMark
// up; below that, a mark tells that a free range begins here.
using UnitMark = std::int8_t;
inline constexpr UnitMark kNoMark = 0;
inline constexpr UnitMark kLowestUserMark = -64;

// Of a unit where a free range begins: the free ranges of the same size around it.
struct UnitLinks {
  std::uint32_t next;
  std::uint32_t previous;
};

inline constexpr std::size_t kUnitOrders = 25;

// Under the lock of its owner. Tables have mark(unit) and links(unit), references to what is kept
// for a unit; they need memory up to top() only, and there the marks begin as kNoMark.
template <class Tables>
class UnitBuddy {
 public:
  constexpr UnitBuddy(Tables tables, std::uint32_t limit) : tables_(tables), limit_(limit) {
    first_.fill(kNone);
  }

  // The first of 2^order units, or nothing: then growing may help.
  constexpr std::optional<std::uint32_t> take(std::size_t order) {
    std::size_t from = order;
    while (from < kUnitOrders && first_[from] == kNone) {
      ++from;
    }
    if (from >= kUnitOrders) {
      return std::nullopt;
    }
    const std::uint32_t unit = first_[from];
    remove(unit, from);
    while (from > order) {
      --from;
      insert(unit + (std::uint32_t{1} << from), from);
    }
    return unit;
  }

  // The range has come from take(), and its marks are kNoMark again.
  constexpr void give_back(std::uint32_t unit, std::size_t order) {
    expects(unit < top_ && tables_.mark(unit) == kNoMark,
            "the range is in use and not marked any more");
    for (; order + 1 < kUnitOrders; ++order) {
      const std::uint32_t neighbour = unit ^ (std::uint32_t{1} << order);
      if (neighbour >= top_ || mark_of_any(neighbour) != free_mark(order)) {
        break;
      }
      remove(neighbour, order);
      unit &= ~(std::uint32_t{1} << order);
    }
    insert(unit, order);
  }

  // Units below this one are given out or free.
  constexpr std::uint32_t top() const { return top_; }

  // What top() has to become for another 2^order units; nothing when the addresses are used up.
  constexpr std::optional<std::uint32_t> top_with(std::size_t order) const {
    if (order >= kUnitOrders) {
      return std::nullopt;
    }
    const std::uint64_t count = std::uint64_t{1} << order;
    const std::uint64_t wanted = align_up(std::uint64_t{top_}, count) + count;
    if (wanted > limit_) {
      return std::nullopt;
    }
    return static_cast<std::uint32_t>(wanted);
  }

  // Makes the units up to `top` free; the tables have memory for them.
  constexpr void grow(std::uint32_t top) {
    while (top_ < top) {
      const std::uint32_t unit = top_;
      std::size_t order = static_cast<std::size_t>(std::bit_width(top - unit)) - 1;
      if (unit != 0) {
        order = std::min(order, static_cast<std::size_t>(std::countr_zero(unit)));
      }
      order = std::min(order, kUnitOrders - 1);
      top_ += std::uint32_t{1} << order;
      give_back(unit, order);
    }
  }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  static constexpr UnitMark free_mark(std::size_t order) {
    return static_cast<UnitMark>(kLowestUserMark - 1 - static_cast<int>(order));
  }

  // Relaxed: if the unit is somebody's, he may be marking it now; pairs with set_heap_mark(). None
  // of his marks is a free range's.
  UnitMark mark_of_any(std::uint32_t unit) {
    return std::atomic_ref(tables_.mark(unit)).load(std::memory_order_relaxed);
  }

  constexpr void insert(std::uint32_t unit, std::size_t order) {
    const std::uint32_t next = first_[order];
    tables_.links(unit) = {.next = next, .previous = kNone};
    if (next != kNone) {
      tables_.links(next).previous = unit;
    }
    first_[order] = unit;
    tables_.mark(unit) = free_mark(order);
  }

  constexpr void remove(std::uint32_t unit, std::size_t order) {
    const auto [next, previous] = tables_.links(unit);
    (previous != kNone ? tables_.links(previous).next : first_[order]) = next;
    if (next != kNone) {
      tables_.links(next).previous = previous;
    }
    tables_.mark(unit) = kNoMark;
  }

  [[no_unique_address]] Tables tables_;
  std::uint32_t limit_;  // constant
  std::uint32_t top_ = 0;
  std::array<std::uint32_t, kUnitOrders> first_{};  // free ranges of each order
};

}  // namespace tb
