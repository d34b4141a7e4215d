// Memory for new and delete, and for a C library's malloc. Small blocks come from per-CPU lists,
// without a lock in the ordinary case; large ones get pages of their own.
//
// What is freed goes back to the machine, but for this: each CPU keeps up to two batches of blocks
// of each size (size_classes.h), each size keeps one empty span, and 1/64 of all memory stays
// mapped for the next large blocks and spans. trim() lets go of that. The heap takes all memory but
// 1/256, so that stacks can still grow when it is exhausted.
//
// All functions are for threads, preemption on or off, and not for interrupts. None of them blocks.
#pragma once

#include <cstddef>

namespace tb {

struct CpuHeap;

// Once, on the boot CPU, before the first allocation.
void start_heap();

// From now on this CPU keeps its blocks in these lists, and takes along what it had in others. It
// becomes arch::cpu_local(). Once on each CPU, before its first allocation but for the boot CPU's.
void use_heap_lists(CpuHeap& lists);

// A block of at least `size` bytes, or null when memory is exhausted. It is aligned to 16 bytes.
void* allocate(std::size_t size);

// The same with an alignment, which is any power of two.
void* allocate(std::size_t size, std::size_t alignment);

// The same for those who cannot go on without: panics when memory is exhausted.
void* allocate_or_panic(std::size_t size);
void* allocate_or_panic(std::size_t size, std::size_t alignment);

// Gives a block back; null is ignored. A pointer that is no block, or was freed before in a way
// that shows, is an assertion.
void deallocate(void* block);

// Makes a block's size another one, and returns where it is now; null makes a new one. What it held
// stays as far as both sizes reach, and its alignment is 16 bytes. Null when memory is exhausted;
// the block stays as it was then.
void* reallocate(void* block, std::size_t size);

// What can be used of a block; of null, nothing.
std::size_t usable_size(void* block);

// Gives the machine what nobody uses, but for the lists of other CPUs. The heap itself calls it
// when memory is short.
void trim();

}  // namespace tb
