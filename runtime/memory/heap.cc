// The fast paths. They are compiled without frame pointers, use no stack and call nothing; what is
// slow is called last, so that a report of a panic there still shows who called the heap.
#include "runtime/memory/heap.h"

#include <new>

#include "arch/annotations.h"
#include "arch/cpu.h"
#include "base/assert.h"
#include "runtime/memory/cpu_heap.h"
#include "runtime/memory/heap_slow_paths.h"
#include "runtime/memory/heap_spans.h"
#include "runtime/memory/size_classes.h"

namespace tb {
namespace {

void* leave_with(void* block) {
  if (arch::enable_preemption()) [[unlikely]] {
    return detail::reschedule_and_return(block);
  }
  return block;
}

// A block of the class, or what the other function answers.
template <void* (*FromDepot)(CpuList&)>
void* allocate_small(std::size_t size_class) {
  if (arch::in_interrupt()) [[unlikely]] {
    return detail::refuse_in_interrupt();
  }
  arch::disable_preemption();
  CpuList& list = own_heap().lists[size_class];
  FreeBlock* const block = list.first;
  if (block == nullptr) [[unlikely]] {
    return FromDepot(list);
  }
  list.first = block->next();
  ++list.room;
  return leave_with(block);
}

template <void* (*FromDepot)(CpuList&), void* (*Large)(std::size_t)>
void* allocate_any(std::size_t size) {
  std::size_t entry = fine_class_entry(size);
  if (size > kFinelyClassed) [[unlikely]] {
    if (size > kLargestSmallBlock) {
      return Large(size);
    }
    entry = coarse_class_entry(size);
  }
  return allocate_small<FromDepot>(kClassTable[entry]);
}

void* allocate_large(std::size_t size) { return detail::allocate_large(size, kSmallestBlock); }

// With what a sanitizer wants behind it; a size that nobody has stays one.
std::size_t with_margin(std::size_t size) {
  const std::size_t more = size + arch::kBlockMargin;
  return more < size ? size : more;
}

// Of the block, if there is one, `size` bytes are the caller's.
void* given_out(void* block, std::size_t size) {
  if constexpr (arch::kBlockMargin > 0) {
    if (block != nullptr) {
      arch::block_given_out(block, size, room_of_block(block));
    }
  }
  return block;
}

}  // namespace

void* allocate(std::size_t size) {
  return given_out(allocate_any<detail::allocate_from_depot, allocate_large>(with_margin(size)),
                   size);
}

void* allocate_or_panic(std::size_t size) {
  return given_out(
      allocate_any<detail::allocate_from_depot_or_panic, detail::allocate_large_or_panic>(
          with_margin(size)),
      size);
}

void* allocate(std::size_t size, std::size_t alignment) {
  expects(is_power_of_two(alignment), "an alignment is a power of two");
  const std::size_t room = with_margin(size);
  if (const std::size_t size_class = class_of(room, alignment); size_class < kSizeClasses) {
    return given_out(allocate_small<detail::allocate_from_depot>(size_class), size);
  }
  return given_out(detail::allocate_large(room, alignment), size);
}

void* allocate_or_panic(std::size_t size, std::size_t alignment) {
  void* const block = allocate(size, alignment);
  return block != nullptr ? block : detail::panic_without_memory(size);
}

void deallocate(void* block) {
  if (arch::in_interrupt()) [[unlikely]] {
    detail::refuse_in_interrupt();
    return;
  }
  const UnitMark mark = heap_mark(block);
  if (mark <= 0) [[unlikely]] {
    return detail::deallocate_other(block, mark);
  }
  arch::disable_preemption();
  CpuList& list = own_heap().lists[class_of_mark(mark)];
  if (list.first == block) [[unlikely]] {
    return detail::refuse_second_free();
  }
  auto* const freed = new (block) FreeBlock;
  freed->link_to(list.first);
  list.first = freed;
  arch::block_taken_back(block, size_of_class(class_of_mark(mark)));
  if (list.room-- == 0) [[unlikely]] {
    return detail::give_batch_back(list);
  }
  leave_with(nullptr);
}

}  // namespace tb
