// Physical memory in frames of 4 KiB. Lock-free, and safe to enter again from a page fault that
// interrupts it: taking and giving back are one exchange each.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/atomic.h"
#include "base/tagged_index_stack.h"
#include "base/units.h"

namespace tb {

// Frames on their way back together, linked by the allocator outside their own memory.
struct FrameChain {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  std::size_t count = 0;
};

class FrameAllocator {
 public:
  static constexpr std::size_t kMaxRanges = 160;

  constexpr FrameAllocator() = default;

  // Before start() only. Page-aligned memory that nobody uses.
  void add_range(std::uintptr_t begin, std::uintptr_t end);

  // Takes memory for its own links out of the ranges: 4 bytes a frame. False if there is none.
  [[nodiscard]] bool start();

  // A frame's address, or 0 when all are taken. Any context.
  std::uintptr_t allocate();

  // Any context. The frame must have come from allocate().
  void free(std::uintptr_t frame);

  // Any context; the chain is the caller's own. The frame must have come from allocate().
  void add_to(FrameChain& chain, std::uintptr_t frame);

  // Takes all frames of a chain back in one exchange, and leaves it empty. Any context.
  void free(FrameChain& chain);

  // Frames that allocate() could give out; others may take some meanwhile.
  std::size_t free_frames() const { return free_.load(); }
  std::size_t total_frames() const { return total_; }

 private:
  // Frames that were never given out leave at `next`; so nothing has to be linked at boot.
  struct Range {
    Atomic<std::uintptr_t> next{0};  // shared
    std::uintptr_t end = 0;          // constant after start
  };

  struct Links {
    Atomic<std::uint32_t>* first;
    std::size_t count;
    std::size_t size() const { return count; }
    Atomic<std::uint32_t>& operator[](std::uint32_t index) const { return first[index]; }
  };

  std::uintptr_t take_fresh();
  std::uint32_t index_of(std::uintptr_t frame) const;

  std::array<Range, kMaxRanges> ranges_{};
  std::size_t range_count_ = 0;  // constant after start
  std::uintptr_t lowest_ = 0;    // constant after start; frame number 0
  Links links_{nullptr, 0};      // constant after start
  std::size_t total_ = 0;        // constant after start
  TaggedIndexStack<> returned_;  // shared
  Atomic<std::size_t> free_{0};  // shared
};

// The machine's memory.
FrameAllocator& frames();

// The same as plain functions, for whoever wants a source of frames.
std::uintptr_t allocate_frame();
void free_frame(std::uintptr_t frame);

}  // namespace tb
