// What the heap's ranges hold: spans of small blocks, or one large block each.
#pragma once

#include <cstddef>

#include "runtime/memory/heap_ranges.h"
#include "runtime/memory/size_classes.h"
#include "runtime/memory/small_span.h"

namespace tb {

// A unit of the heap is marked with the class of its small blocks, counted from 1, or as the one in
// which a large block begins.
inline constexpr UnitMark kLargeMark = -1;
static_assert(kLargeMark >= kLowestUserMark);

constexpr UnitMark mark_of_class(std::size_t number) { return static_cast<UnitMark>(number + 1); }
constexpr std::size_t class_of_mark(UnitMark mark) { return static_cast<std::size_t>(mark - 1); }

// Addresses for blocks of one class, or null. All blocks are free.
SmallSpan* make_small_span(std::size_t size_class);

// Makes a span ready that is not exhausted; false when memory is short.
[[nodiscard]] bool map_next_block(SmallSpan& span);

// The span is empty, and nobody knows it any more.
void free_small_span(SmallSpan& span, std::size_t size_class);

// A block of its own, or null. Any sizes; the alignment is a power of two.
void* make_large_block(std::size_t size, std::size_t alignment);

// Bytes from the beginning of a block of either kind to its end; asserts that it is one.
std::size_t room_of_block(void* block);

// Of a block whose unit is marked with kLargeMark; all assert that it is one.
void free_large_block(void* block);
std::size_t large_block_size(void* block);

// Makes it at least `size` bytes where it is; false when there are no addresses or no memory, and
// then nothing has changed.
[[nodiscard]] bool grow_large_block(void* block, std::size_t size);

}  // namespace tb
