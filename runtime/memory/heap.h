// Memory for new and delete. Small blocks come from per-CPU lists, without a lock in the ordinary
// case; large ones get pages of their own, which go back when they are freed.
//
// Every block lies in a span: 64 KiB-aligned addresses that begin with a header. So a block's span
// is found by rounding its address down.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/units.h"

namespace tb {

// Once, before the first allocation.
void start_heap(std::uint32_t cpus);

// A block of at least `size` bytes, or null when memory is exhausted. `alignment` is a power of two
// up to 32 KiB. From threads, preemption on or off; not from interrupts.
void* allocate(std::size_t size, std::size_t alignment = 16);

// Gives a block back; null is ignored. A pointer that is no block, or was freed before in a way
// that shows, is an assertion. From threads.
void deallocate(void* block);

// What can be used of a block.
std::size_t usable_size(void* block);

}  // namespace tb
