// Contract: telling a sanitizer that watches the program what it cannot see for itself. Where there
// is none, all of this is nothing, and costs nothing.
#pragma once

#include <cstddef>
#include <span>

// kBlockMargin, what a block of memory needs behind itself for an access beyond its end to show, in
// bytes; and of these functions those that stand in no other header:
#include "arch_impl/annotations.h"

namespace tb::arch {

// A thread is about to begin on this stack. Preemption on; may fault.
void stack_begins(std::span<std::byte> stack);

// Nobody stands on the stack any more; what it holds is nothing, but for the highest `kept` bytes,
// which are its keeper's.
void stack_left(std::span<std::byte> stack, std::size_t kept);

// Of a block of `room` bytes, `size` are somebody's from here on. Any context.
void block_given_out(void* block, std::size_t size, std::size_t room);

// From here on the block is nobody's. Any context.
void block_taken_back(void* block, std::size_t room);

// Addresses that held blocks once are about to be used anew. Any context.
void addresses_reused(std::uintptr_t begin, std::uintptr_t end);

}  // namespace tb::arch
