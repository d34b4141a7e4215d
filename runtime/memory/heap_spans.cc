// Addresses in powers of two of 64 KiB, each used again for the same size; frames from the machine.
#include "runtime/memory/heap_spans.h"

#include <array>
#include <bit>
#include <mutex>
#include <new>
#include <span>
#include <utility>

#include "arch/memory.h"
#include "base/assert.h"
#include "runtime/memory/address_plan.h"
#include "runtime/memory/frame_allocator.h"
#include "runtime/spin_lock.h"

namespace tb {
namespace {

constexpr std::size_t kOrders = 24;            // the largest: 512 GiB
constexpr std::size_t kRememberedRanges = 64;  // free ones of each order; more are forgotten

struct FreeRanges {
  std::array<std::uintptr_t, kRememberedRanges> begin{};
  std::size_t count = 0;
};

constinit SpinLock lock;
constinit std::array<FreeRanges, kOrders> free_ranges{};  // under the lock
constinit std::uintptr_t next_address = kHeapArea;        // under the lock

std::size_t order_for(std::size_t size) {
  const std::size_t units = (size + kSpanSize - 1) / kSpanSize;
  return static_cast<std::size_t>(std::bit_width(units - 1));
}

std::uintptr_t take_addresses(std::size_t order) {
  const std::lock_guard guard(lock);
  FreeRanges& ranges = free_ranges[order];
  if (ranges.count > 0) {
    return ranges.begin[--ranges.count];
  }
  const std::size_t bytes = kSpanSize << order;
  if (kHeapAreaEnd - next_address < bytes) {
    return 0;
  }
  const std::uintptr_t begin = next_address;
  next_address += bytes;
  return begin;
}

// A forgotten range costs addresses, of which there are 31 TiB, and no memory.
void give_addresses_back(std::uintptr_t begin, std::size_t order) {
  const std::lock_guard guard(lock);
  FreeRanges& ranges = free_ranges[order];
  if (ranges.count < kRememberedRanges) {
    ranges.begin[ranges.count++] = begin;
  }
}

// Frames whose old mapping other CPUs may still know, linked through their own memory.
class WaitingFrames {
 public:
  void take_from(std::uintptr_t begin, std::uintptr_t end) {
    for (std::uintptr_t page = begin; page < end; page += kPageSize) {
      const std::uintptr_t frame = arch::unmap(page);
      *reinterpret_cast<std::uintptr_t*>(frame) = first_;
      first_ = frame;
    }
  }

  // All CPUs have forgotten them.
  void give_back() {
    while (first_ != 0) {
      const std::uintptr_t frame = first_;
      first_ = *reinterpret_cast<std::uintptr_t*>(frame);
      frames().free(frame);
    }
  }

 private:
  std::uintptr_t first_ = 0;
};

// Interrupting all CPUs costs far more than unmapping, so ranges that were freed wait for each
// other.
struct FreedRanges {
  static constexpr std::size_t kMostRanges = 32;
  static constexpr std::size_t kMostBytes = 1 * kMiB;

  struct Range {
    std::uintptr_t begin;
    std::size_t order;
  };

  std::array<Range, kMostRanges> ranges{};
  std::size_t count = 0;
  std::size_t bytes = 0;
  WaitingFrames frames;

  void add(std::uintptr_t begin, std::size_t size, std::size_t order) {
    frames.take_from(begin, begin + size);
    ranges[count++] = {begin, order};
    bytes += size;
  }

  bool full() const { return count == kMostRanges || bytes >= kMostBytes; }

  // Makes the frames and the addresses free for others.
  void release() {
    {
      const PreemptionGuard guard;
      arch::flush(kHeapArea, kHeapAreaEnd);
    }
    frames.give_back();
    for (const Range& range : std::span(ranges).first(count)) {
      give_addresses_back(range.begin, range.order);
    }
  }
};

constinit FreedRanges freed{};  // under the lock

// Takes what has gathered so far, if anything has.
FreedRanges take_freed_ranges() {
  const std::lock_guard guard(lock);
  return std::exchange(freed, FreedRanges());
}

void release_freed_ranges() {
  if (FreedRanges taken = take_freed_ranges(); taken.count > 0) {
    taken.release();
  }
}

// Pages that nobody else has seen yet; no other CPU can know them.
void unmap_unseen_pages(std::uintptr_t begin, std::uintptr_t end) {
  WaitingFrames unseen;
  unseen.take_from(begin, end);
  const PreemptionGuard guard;
  arch::flush(begin, end);
  unseen.give_back();
}

bool map_pages(std::uintptr_t begin, std::uintptr_t end) {
  for (std::uintptr_t page = begin; page < end; page += kPageSize) {
    const std::uintptr_t frame = frames().allocate();
    if (frame == 0 || !arch::map(page, frame, arch::Access::kReadWrite, allocate_frame)) {
      if (frame != 0) {
        frames().free(frame);
      }
      unmap_unseen_pages(begin, page);
      return false;
    }
  }
  return true;
}

bool has_frames_for(std::size_t size) {
  if (size / kPageSize > frames().free_frames()) {
    release_freed_ranges();
  }
  return size / kPageSize <= frames().free_frames();
}

// A span with its header, or null.
Span* make_span(std::size_t size, SpanKind kind, std::size_t small_class) {
  const std::size_t order = order_for(size);
  if (order >= kOrders || !has_frames_for(size)) {
    return nullptr;
  }
  const std::uintptr_t begin = take_addresses(order);
  if (begin == 0) {
    return nullptr;
  }
  if (!map_pages(begin, begin + size)) {
    give_addresses_back(begin, order);
    return nullptr;
  }
  return new (reinterpret_cast<void*>(begin)) Span{.kind = kind,
                                                   .order = static_cast<std::uint32_t>(order),
                                                   .small_class = small_class,
                                                   .size = size};
}

}  // namespace

Span* span_of(void* block) {
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  expects(address >= kHeapArea && address < kHeapAreaEnd, "the pointer is one of the heap's");
  auto* const span = reinterpret_cast<Span*>(align_down(address, kSpanSize));
  expects(span->kind == SpanKind::kSmall || span->kind == SpanKind::kLarge,
          "the pointer is a block of the heap");
  return span;
}

Span* make_small_span(std::size_t small_class) {
  return make_span(kSpanSize, SpanKind::kSmall, small_class);
}

void* make_large_span(std::size_t size, std::size_t alignment) {
  expects(is_power_of_two(alignment) && alignment <= kLargestAlignment,
          "the alignment is possible");
  const std::size_t offset = align_up(sizeof(Span), alignment);
  if (size > kHeapAreaEnd - kHeapArea) {
    return nullptr;
  }
  Span* const span = make_span(align_up(offset + size, kPageSize), SpanKind::kLarge, 0);
  return span != nullptr ? reinterpret_cast<std::byte*>(span) + offset : nullptr;
}

void free_large_span(Span* span) {
  const auto begin = reinterpret_cast<std::uintptr_t>(span);
  const std::size_t size = span->size;
  const std::size_t order = span->order;
  FreedRanges taken;
  if (size >= FreedRanges::kMostBytes) {
    taken.add(begin, size, order);
  } else {
    const std::lock_guard guard(lock);
    freed.add(begin, size, order);
    if (freed.full()) {
      taken = std::exchange(freed, FreedRanges());
    }
  }
  if (taken.count > 0) {
    taken.release();
  }
}

}  // namespace tb
