// What AddressSanitizer is told: which blocks of the heap are whose, and which stack is in use.
#pragma once

#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace tb::arch {

inline constexpr std::size_t kBlockMargin = 16;

inline void stack_begins(std::span<std::byte> stack) {
  __asan_unpoison_memory_region(stack.data(), stack.size());
}

inline void stack_left(std::span<std::byte> stack, std::size_t kept) {
  __asan_poison_memory_region(stack.data(), stack.size() - kept);
  __asan_unpoison_memory_region(stack.last(kept).data(), kept);
}

inline void block_given_out(void* block, std::size_t size, std::size_t room) {
  __asan_unpoison_memory_region(block, size);
  __asan_poison_memory_region(static_cast<std::byte*>(block) + size, room - size);
}

inline void block_taken_back(void* block, std::size_t room) {
  __asan_poison_memory_region(block, room);
}

inline void addresses_reused(std::uintptr_t begin, std::uintptr_t end) {
  __asan_unpoison_memory_region(reinterpret_cast<void*>(begin), end - begin);
}

namespace x86 {

// The context's stack.
struct Watched {
  const void* bottom = nullptr;
  std::size_t size = 0;
};

inline void watch_context(Watched& context, std::span<std::byte> stack) {
  context = {.bottom = stack.data(), .size = stack.size()};
}

// Both halves of it, before the stack is left: what the second one is for, locals that lie outside
// of the stack, is off.
[[gnu::always_inline]] inline void watch_switch(Watched& from, const Watched& to) {
  __sanitizer_start_switch_fiber(nullptr, to.bottom, to.size);
  __sanitizer_finish_switch_fiber(nullptr, &from.bottom, &from.size);
}

inline void watch_end(Watched&) {}

}  // namespace x86

}  // namespace tb::arch
