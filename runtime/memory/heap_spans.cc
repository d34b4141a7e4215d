// Addresses in powers of two of 64 KiB, each used again for the same size; frames from the machine.
#include "runtime/memory/heap_spans.h"

#include <array>
#include <bit>
#include <mutex>
#include <new>

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

void unmap_pages(std::uintptr_t begin, std::uintptr_t end) {
  // The frames wait, linked through their own memory, until no CPU can reach them by the old way.
  std::uintptr_t waiting = 0;
  for (std::uintptr_t page = begin; page < end; page += kPageSize) {
    const std::uintptr_t frame = arch::unmap(page);
    *reinterpret_cast<std::uintptr_t*>(frame) = waiting;
    waiting = frame;
  }
  {
    const PreemptionGuard guard;
    arch::flush(begin, end);
  }
  while (waiting != 0) {
    const std::uintptr_t frame = waiting;
    waiting = *reinterpret_cast<std::uintptr_t*>(frame);
    frames().free(frame);
  }
}

bool map_pages(std::uintptr_t begin, std::uintptr_t end) {
  for (std::uintptr_t page = begin; page < end; page += kPageSize) {
    const std::uintptr_t frame = frames().allocate();
    if (frame == 0 || !arch::map(page, frame, arch::Access::kReadWrite, allocate_frame)) {
      if (frame != 0) {
        frames().free(frame);
      }
      unmap_pages(begin, page);
      return false;
    }
  }
  return true;
}

// A span with its header, or null.
Span* make_span(std::size_t size, SpanKind kind, std::size_t small_class) {
  const std::size_t order = order_for(size);
  if (order >= kOrders || size / kPageSize > frames().free_frames()) {
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
  const std::size_t order = span->order;
  unmap_pages(begin, begin + span->size);
  give_addresses_back(begin, order);
}

}  // namespace tb
