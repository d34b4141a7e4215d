// Size classes, per-CPU lists of free blocks, and a depot for each class that balances them.
#include "runtime/memory/heap.h"

#include <algorithm>
#include <array>
#include <bit>
#include <memory>
#include <mutex>
#include <new>
#include <span>

#include "arch/cpu.h"
#include "base/assert.h"
#include "base/cache_line.h"
#include "runtime/memory/heap_spans.h"
#include "runtime/preemption.h"
#include "runtime/spin_lock.h"

namespace tb {
namespace {

// Four classes to each doubling, from 16 bytes to 8 KiB: at most a fifth of a block is wasted.
constexpr std::size_t kSmallest = 16;
constexpr std::size_t kLargestSmall = 8 * kKiB;
constexpr std::size_t kClasses = 40;

constexpr std::size_t size_of_class(std::size_t number) {
  if (number < 4) {
    return kSmallest * (number + 1);
  }
  const std::size_t doubling = number / 4 - 1;
  return (4 + number % 4 + 1) * (kSmallest << doubling);
}

constexpr std::size_t class_of_size(std::size_t size) {
  if (size <= 4 * kSmallest) {
    return size == 0 ? 0 : (size - 1) / kSmallest;
  }
  const auto doubling = static_cast<std::size_t>(std::bit_width((size - 1) / (4 * kSmallest)));
  const std::size_t step = kSmallest << (doubling - 1);
  return 4 * doubling + (size - 1) / step - 4;
}

static_assert([] {
  for (std::size_t size = 1; size <= kLargestSmall; ++size) {
    const std::size_t number = class_of_size(size);
    if (size_of_class(number) < size || (number > 0 && size_of_class(number - 1) >= size)) {
      return false;
    }
  }
  return class_of_size(kLargestSmall) < kClasses;
}());

// A free block holds the link to the next.
struct FreeBlock {
  FreeBlock* next;
};

struct BlockList {
  FreeBlock* first = nullptr;
  std::size_t count = 0;

  void push(void* block) {
    first = new (block) FreeBlock{first};
    ++count;
  }
  void* pop() {
    FreeBlock* const block = first;
    first = block->next;
    --count;
    return block;
  }
};

// How many blocks travel between a CPU and the depot at once.
constexpr std::size_t batch_of(std::size_t number) {
  return std::clamp<std::size_t>(4 * kKiB / size_of_class(number), 2, 32);
}

struct Depot {
  SpinLock lock;
  BlockList blocks;            // under the lock
  std::byte* fresh = nullptr;  // under the lock: never used so far, to the end of its span
  std::byte* fresh_end = nullptr;
};

struct alignas(kCacheLineSize) CpuLists {
  std::array<BlockList, kClasses> lists;  // owner CPU only, preemption off
};

constinit std::array<Depot, kClasses> depots{};
constinit std::span<CpuLists> cpu_lists;  // constant after start

// Under the depot's lock: one more block, from the list or from fresh memory.
void* take_from_depot(Depot& depot, std::size_t number) {
  if (depot.blocks.count > 0) {
    return depot.blocks.pop();
  }
  const std::size_t size = size_of_class(number);
  if (depot.fresh == nullptr || depot.fresh + size > depot.fresh_end) {
    Span* const span = make_small_span(number);
    if (span == nullptr) {
      return nullptr;
    }
    // The first block begins where blocks of this size are as aligned as they can be.
    const std::size_t alignment = std::size_t{1} << std::countr_zero(size);
    depot.fresh = reinterpret_cast<std::byte*>(span) +
                  align_up(sizeof(Span), std::min<std::size_t>(alignment, kLargestSmall));
    depot.fresh_end = reinterpret_cast<std::byte*>(span) + kSpanSize;
  }
  std::byte* const block = depot.fresh;
  depot.fresh += size;
  return block;
}

// Preemption is off.
bool refill(BlockList& list, std::size_t number) {
  Depot& depot = depots[number];
  const std::lock_guard guard(depot.lock);
  for (std::size_t i = 0; i < batch_of(number); ++i) {
    void* const block = take_from_depot(depot, number);
    if (block == nullptr) {
      break;
    }
    list.push(block);
  }
  return list.count > 0;
}

// Preemption is off.
void give_batch_back(BlockList& list, std::size_t number) {
  Depot& depot = depots[number];
  const std::lock_guard guard(depot.lock);
  for (std::size_t i = 0; i < batch_of(number); ++i) {
    depot.blocks.push(list.pop());
  }
}

void* allocate_small(std::size_t number) {
  const PreemptionGuard guard;
  BlockList& list = cpu_lists[index_of(arch::current_cpu())].lists[number];
  if (list.count == 0 && !refill(list, number)) {
    return nullptr;
  }
  return list.pop();
}

// Blocks of a class are aligned as far as the class's size is a multiple of a power of two.
std::size_t class_for(std::size_t size, std::size_t alignment) {
  std::size_t number = class_of_size(std::max(size, alignment));
  while (number < kClasses && size_of_class(number) % alignment != 0) {
    ++number;
  }
  return number;
}

}  // namespace

void start_heap(std::uint32_t cpus) {
  expects(cpu_lists.empty(), "the heap is started once");
  void* const memory = make_large_span(cpus * sizeof(CpuLists), kCacheLineSize);
  expects(memory != nullptr, "there is memory for the heap's lists");
  cpu_lists = {static_cast<CpuLists*>(memory), cpus};
  std::uninitialized_default_construct(cpu_lists.begin(), cpu_lists.end());
}

void* allocate(std::size_t size, std::size_t alignment) {
  expects(!arch::in_interrupt(), "interrupt handlers do not allocate");
  expects(is_power_of_two(alignment) && alignment <= kLargestAlignment,
          "the alignment is a power of two up to 32 KiB");
  if (size <= kLargestSmall && alignment <= kLargestSmall / 2) {
    if (const std::size_t number = class_for(size, alignment);
        number < kClasses && size_of_class(number) <= kLargestSmall) {
      return allocate_small(number);
    }
  }
  return make_large_span(size, alignment);
}

void deallocate(void* block) {
  if (block == nullptr) {
    return;
  }
  expects(!arch::in_interrupt(), "interrupt handlers do not free memory");
  Span* const span = span_of(block);
  if (span->kind == SpanKind::kLarge) {
    free_large_span(span);
    return;
  }
  const std::size_t number = span->small_class;
  const PreemptionGuard guard;
  BlockList& list = cpu_lists[index_of(arch::current_cpu())].lists[number];
  list.push(block);
  if (list.count >= 2 * batch_of(number)) {
    give_batch_back(list, number);
  }
}

std::size_t usable_size(void* block) {
  const Span* const span = span_of(block);
  if (span->kind == SpanKind::kLarge) {
    return static_cast<std::size_t>(reinterpret_cast<const std::byte*>(span) + span->size -
                                    static_cast<std::byte*>(block));
  }
  return size_of_class(span->small_class);
}

}  // namespace tb
