// Records of spans and of large blocks, each in the range that it is about.
#include "runtime/memory/heap_spans.h"

#include <algorithm>
#include <new>

#include "arch/annotations.h"
#include "base/assert.h"
#include "base/cache_line.h"

namespace tb {
namespace {

// Stands just below its block, wherever in the range that is.
struct alignas(kCacheLineSize) LargeBlock {
  HeapRange range;
  void* block;  // the owner's; what is freed must be the same
};

LargeBlock& large_block_of(void* block) {
  expects(is_aligned(reinterpret_cast<std::uintptr_t>(block), alignof(LargeBlock)),
          "a large block is freed or asked about by its beginning");
  LargeBlock& large = static_cast<LargeBlock*>(block)[-1];
  expects(large.block == block, "a large block is freed or asked about by its beginning");
  return large;
}

std::uintptr_t address_of(void* block) { return reinterpret_cast<std::uintptr_t>(block); }

void mark_span(const HeapRange& range, UnitMark mark) {
  for (std::uintptr_t unit = range.begin; unit < range.end(); unit += kHeapUnit) {
    set_heap_mark(unit, mark);
  }
}

}  // namespace

SmallSpan* make_small_span(std::size_t size_class) {
  const std::size_t size = span_size_of_class(size_class);
  const auto range = take_heap_range(
      {.bytes = size, .first_byte = 0, .mapped = sizeof(SmallSpan), .most_mapped = size});
  if (!range) {
    return nullptr;
  }
  mark_span(*range, mark_of_class(size_class));
  return new (reinterpret_cast<void*>(range->begin)) SmallSpan(*range, size_class);
}

bool map_next_block(SmallSpan& span) { return map_heap_pages(span.range(), span.pages_wanted()); }

void free_small_span(SmallSpan& span, std::size_t size_class) {
  expects(span.empty(), "the blocks of a span that goes are free");
  const HeapRange range = span.range();
  expects((range.end() - range.begin) == span_size_of_class(size_class), "the span is its class's");
  mark_span(range, kNoMark);
  give_heap_range_back(range);
}

void* make_large_block(std::size_t size, std::size_t alignment) {
  constexpr std::size_t kMost = kHeapAreaEnd - kHeapArea;
  if (size > kMost || alignment > kMost) {
    return nullptr;
  }
  const std::size_t offset = std::max(sizeof(LargeBlock), alignment);
  const std::size_t bytes = align_up(offset + std::max<std::size_t>(size, 1), kPageSize);
  const auto range = take_heap_range({.bytes = bytes,
                                      .first_byte = offset - sizeof(LargeBlock),
                                      .mapped = bytes,
                                      .most_mapped = bytes + bytes / 4});
  if (!range) {
    return nullptr;
  }
  void* const block = reinterpret_cast<void*>(range->begin + offset);
  new (static_cast<LargeBlock*>(block) - 1) LargeBlock{.range = *range, .block = block};
  set_heap_mark(address_of(block), kLargeMark);
  return block;
}

void free_large_block(void* block) {
  LargeBlock& large = large_block_of(block);
  const HeapRange range = large.range;
  large.block = nullptr;
  arch::block_taken_back(block, range.pages_end - address_of(block));
  set_heap_mark(address_of(block), kNoMark);
  give_heap_range_back(range);
}

std::size_t large_block_size(void* block) {
  return large_block_of(block).range.pages_end - address_of(block);
}

std::size_t room_of_block(void* block) {
  const UnitMark mark = heap_mark(block);
  expects(mark > 0 || mark == kLargeMark, "the pointer is a block of the heap");
  return mark > 0 ? size_of_class(class_of_mark(mark)) : large_block_size(block);
}

bool grow_large_block(void* block, std::size_t size) {
  HeapRange& range = large_block_of(block).range;
  return size <= range.end() - address_of(block) && map_heap_pages(range, address_of(block) + size);
}

}  // namespace tb
