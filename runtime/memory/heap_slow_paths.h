// What the fast paths of the heap (heap.cc) fall back on. Each is called in the place of a return,
// so that the fast paths need no stack of their own.
#pragma once

#include <cstddef>

#include "runtime/memory/cpu_heap.h"
#include "runtime/memory/unit_buddy.h"

namespace tb::detail {

// The following are entered with preemption off, once more than the caller of the heap had it, and
// leave with it as it was.

// The own list is empty. Null, or a panic, when memory is exhausted.
void* allocate_from_depot(CpuList& list);
void* allocate_from_depot_or_panic(CpuList& list);

// The own list is over its limit.
void give_batch_back(CpuList& list);

// The block is the one that was freed last.
void refuse_second_free();

// The following are entered with preemption as the caller of the heap had it.

// More than kLargestSmallBlock, or an alignment above that of small blocks.
void* allocate_large(std::size_t size, std::size_t alignment);
void* allocate_large_or_panic(std::size_t size);

// The unit's mark is not one of small blocks; null is ignored.
void deallocate_other(void* block, UnitMark mark);

void* refuse_in_interrupt();

// An interrupt has asked for a reschedule while preemption was off. Returns the block.
void* reschedule_and_return(void* block);

void* panic_without_memory(std::size_t size);

}  // namespace tb::detail
