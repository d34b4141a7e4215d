// Blocks that are in use: how large they are, and making them larger or smaller.
#include <algorithm>
#include <cstring>

#include "arch/annotations.h"
#include "base/assert.h"
#include "runtime/memory/heap.h"
#include "runtime/memory/heap_spans.h"

namespace tb {
namespace {

constexpr std::size_t kNeverShrunk = 128;  // bytes of a block that a smaller one would not pay for

bool is_worth_shrinking(std::size_t usable, std::size_t size) {
  return usable > kNeverShrunk && size < usable / 2;
}

bool grow_in_place(void* block, std::size_t size) {
  return heap_mark(block) == kLargeMark && grow_large_block(block, size);
}

// Of the block that stays where it is, `size` bytes are the caller's.
void* kept(void* block, std::size_t size) {
  if constexpr (arch::kBlockMargin > 0) {
    arch::block_given_out(block, size, room_of_block(block));
  }
  return block;
}

}  // namespace

std::size_t usable_size(void* block) {
  if (block == nullptr) {
    return 0;
  }
  const std::size_t room = room_of_block(block);
  arch::block_given_out(block, room, room);
  return room;
}

void* reallocate(void* block, std::size_t size) {
  const std::size_t usable = usable_size(block);
  if (size <= usable && block != nullptr && !is_worth_shrinking(usable, size)) {
    return kept(block, size);
  }
  if (size > usable && grow_in_place(block, size)) {
    return kept(block, size);
  }
  void* const moved = allocate(size);
  if (moved == nullptr) {
    // What was freed for the larger block may be enough to make this one larger.
    return size <= usable || grow_in_place(block, size) ? kept(block, size) : nullptr;
  }
  std::memcpy(moved, block, std::min(usable, size));
  deallocate(block);
  return moved;
}

}  // namespace tb
