// Ranges of the heap that were given back and are still mapped, for whoever wants such a range
// next.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "runtime/memory/heap_range.h"

namespace tb {

// Oldest first. Under the lock of its owner.
class WaitingRanges {
 public:
  static constexpr std::size_t kMostRanges = 32;

  bool empty() const { return count_ == 0; }
  bool full() const { return count_ == kMostRanges; }
  std::size_t bytes() const { return bytes_; }
  std::span<const HeapRange> all() const { return std::span(ranges_).first(count_); }

  void add(const HeapRange& range) {
    ranges_[count_++] = range;
    bytes_ += range.mapped_bytes();
  }

  void clear() {
    count_ = 0;
    bytes_ = 0;
  }

  // The one that was given back last of those that fit.
  std::optional<HeapRange> take(std::uint32_t order, std::size_t most_mapped) {
    for (std::size_t i = count_; i > 0; --i) {
      if (ranges_[i - 1].order == order && ranges_[i - 1].mapped_bytes() <= most_mapped) {
        return take_at(i - 1);
      }
    }
    return std::nullopt;
  }

  HeapRange take_at(std::size_t index) {
    const HeapRange range = ranges_[index];
    std::copy(ranges_.begin() + index + 1, ranges_.begin() + count_, ranges_.begin() + index);
    --count_;
    bytes_ -= range.mapped_bytes();
    return range;
  }

 private:
  std::array<HeapRange, kMostRanges> ranges_{};
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace tb
