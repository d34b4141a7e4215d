// The blocks of one size that lie in one span, and which of them are free. The record stands at the
// beginning of the span, so that a block leads to it: by rounding its address down.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "base/intrusive_list.h"
#include "base/units.h"
#include "runtime/memory/heap_range.h"
#include "runtime/memory/size_classes.h"

namespace tb {

// A free block holds the link to the next. Nobody else may touch the block, and a sanitizer sees to
// that; but for these two.
class FreeBlock {
 public:
  [[gnu::no_sanitize_address]] FreeBlock* next() const { return next_; }
  [[gnu::no_sanitize_address]] void link_to(FreeBlock* next) { next_ = next; }

 private:
  FreeBlock* next_;
};

// All of it under the lock of whoever keeps the span.
class SmallSpan {
 public:
  // To be constructed where the range begins.
  SmallSpan(const HeapRange& range, std::size_t size_class)
      : range_(range),
        size_(size_of_class(size_class)),
        inverse_(~std::uint64_t{0} / size_ + 1),
        first_(align_up(address() + sizeof(SmallSpan), alignment_of_class(size_class))),
        fresh_(first_),
        end_(range.end()) {}
  SmallSpan(const SmallSpan&) = delete;
  SmallSpan& operator=(const SmallSpan&) = delete;

  // The span of a block, for the addresses that spans of the block's class have.
  static SmallSpan& of(void* block, std::size_t span_size) {
    return *reinterpret_cast<SmallSpan*>(reinterpret_cast<std::uintptr_t>(block) &
                                         ~(std::uintptr_t{span_size} - 1));
  }

  // Where it lies; whoever maps more pages notes it here.
  HeapRange& range() { return range_; }

  // No block is in use.
  bool empty() const { return used_ == 0; }

  // No block is left to take.
  bool exhausted() const { return free_ == nullptr && end_ - fresh_ < size_; }

  // There is a block to take, and pages for it.
  bool ready() const { return free_ != nullptr || fresh_ + size_ <= range_.pages_end; }

  // Where pages must reach to make a span ready that is not exhausted. Blocks are used in order of
  // their addresses at first, so the pages of others can wait.
  std::uintptr_t pages_wanted() const { return fresh_ + size_; }

  // A block of a span that is ready.
  FreeBlock* take() {
    ++used_;
    if (FreeBlock* const block = free_; block != nullptr) {
      free_ = block->next();
      return block;
    }
    auto* const block = reinterpret_cast<FreeBlock*>(fresh_);
    fresh_ += size_;
    return block;
  }

  // Takes a block back; asserts that it may be one.
  void give(FreeBlock* block) {
    const std::uint64_t offset = reinterpret_cast<std::uintptr_t>(block) - first_;
    // The product is small for multiples of the size only (Lemire, Kaser, Kurz 2019).
    expects(offset < fresh_ - first_ && offset * inverse_ < inverse_,
            "what is freed is the beginning of a block");
    expects(used_ > 0, "a block is freed once");
    --used_;
    block->link_to(free_);
    free_ = block;
  }

  // Of the list that the span's keeper has it in.
  ListHook<SmallSpan> hook;

 private:
  std::uintptr_t address() const { return reinterpret_cast<std::uintptr_t>(this); }

  HeapRange range_;
  std::size_t size_;           // constant
  std::uint64_t inverse_;      // constant: 2^64 / size_, rounded up
  std::uintptr_t first_;       // constant: the first block
  FreeBlock* free_ = nullptr;  // blocks that came back
  std::uintptr_t fresh_;       // from here on, no block was taken yet
  std::uintptr_t end_;         // constant
  std::size_t used_ = 0;       // taken and not given back
};

}  // namespace tb
