// The fast paths. They are compiled without frame pointers, use no stack and call nothing; what is
// slow is called last, so that a report of a panic there still shows who called the heap.
#include "runtime/memory/heap.h"

#include <new>

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
  list.first = block->next;
  ++list.room;
  return leave_with(block);
}

}  // namespace

void* allocate(std::size_t size) {
  std::size_t entry = fine_class_entry(size);
  if (size > kFinelyClassed) [[unlikely]] {
    if (size > kLargestSmallBlock) {
      return detail::allocate_large(size, kSmallestBlock);
    }
    entry = coarse_class_entry(size);
  }
  return allocate_small<detail::allocate_from_depot>(kClassTable[entry]);
}

void* allocate_or_panic(std::size_t size) {
  std::size_t entry = fine_class_entry(size);
  if (size > kFinelyClassed) [[unlikely]] {
    if (size > kLargestSmallBlock) {
      return detail::allocate_large_or_panic(size);
    }
    entry = coarse_class_entry(size);
  }
  return allocate_small<detail::allocate_from_depot_or_panic>(kClassTable[entry]);
}

void* allocate(std::size_t size, std::size_t alignment) {
  expects(is_power_of_two(alignment), "an alignment is a power of two");
  if (const std::size_t size_class = class_of(size, alignment); size_class < kSizeClasses) {
    return allocate_small<detail::allocate_from_depot>(size_class);
  }
  return detail::allocate_large(size, alignment);
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
  list.first = new (block) FreeBlock{list.first};
  if (list.room-- == 0) [[unlikely]] {
    return detail::give_batch_back(list);
  }
  leave_with(nullptr);
}

}  // namespace tb
