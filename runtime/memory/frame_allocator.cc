// Giving frames out and taking them back.
#include "runtime/memory/frame_allocator.h"

#include <algorithm>

#include "base/assert.h"

namespace tb {

void FrameAllocator::add_range(std::uintptr_t begin, std::uintptr_t end) {
  expects(links_.first == nullptr, "ranges are added before the start");
  expects(is_aligned(begin, kPageSize) && is_aligned(end, kPageSize), "ranges are whole pages");
  expects(range_count_ < kMaxRanges, "there is room for another range");
  if (begin < end) {
    Range& range = ranges_[range_count_++];
    range.next = begin;
    range.end = end;
  }
}

bool FrameAllocator::start() {
  std::uintptr_t highest = 0;
  lowest_ = ~std::uintptr_t{0};
  for (std::size_t i = 0; i < range_count_; ++i) {
    lowest_ = std::min(lowest_, ranges_[i].next.load());
    highest = std::max(highest, ranges_[i].end);
  }
  if (range_count_ == 0) {
    return false;
  }
  const std::size_t count = (highest - lowest_) / kPageSize;
  const std::size_t bytes = align_up(count * sizeof(std::uint32_t), kPageSize);
  for (std::size_t i = 0; i < range_count_; ++i) {
    Range& range = ranges_[i];
    if (links_.first == nullptr && range.end - range.next >= bytes) {
      // Links need no first value: an index is linked before it is followed.
      links_ = {reinterpret_cast<Atomic<std::uint32_t>*>(range.next.load()), count};
      range.next += bytes;
    }
    total_ += (range.end - range.next) / kPageSize;
  }
  free_ = total_;
  return links_.first != nullptr;
}

std::uintptr_t FrameAllocator::take_fresh() {
  for (std::size_t i = 0; i < range_count_; ++i) {
    Range& range = ranges_[i];
    std::uintptr_t frame = range.next.load();
    while (frame < range.end) {
      if (range.next.compare_exchange_weak(frame, frame + kPageSize)) {
        return frame;
      }
    }
  }
  return 0;
}

std::uintptr_t FrameAllocator::allocate() {
  std::uintptr_t frame = 0;
  if (const auto index = returned_.pop(links_)) {
    frame = lowest_ + std::uintptr_t{*index} * kPageSize;
  } else {
    frame = take_fresh();
  }
  if (frame != 0) {
    free_.fetch_sub(1);
  }
  return frame;
}

std::uint32_t FrameAllocator::index_of(std::uintptr_t frame) const {
  expects(is_aligned(frame, kPageSize) && frame >= lowest_, "a frame of this allocator comes back");
  return static_cast<std::uint32_t>((frame - lowest_) / kPageSize);
}

void FrameAllocator::free(std::uintptr_t frame) {
  FrameChain chain;
  add_to(chain, frame);
  free(chain);
}

void FrameAllocator::add_to(FrameChain& chain, std::uintptr_t frame) {
  const std::uint32_t index = index_of(frame);
  expects(index < links_.size(), "the index has a link");
  if (chain.count == 0) {
    chain.last = index;
  } else {
    // A popper that has come too late may read it, and its exchange fails.
    links_[index] = chain.first;
  }
  chain.first = index;
  ++chain.count;
}

void FrameAllocator::free(FrameChain& chain) {
  if (chain.count > 0) {
    // Before the push, or whoever takes the frames at once would count them down below zero.
    free_.fetch_add(chain.count);
    returned_.push_chain(chain.first, chain.last, links_);
    chain = {};
  }
}

}  // namespace tb
