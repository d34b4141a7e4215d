// What ThreadSanitizer is told: which thread is running, and when a block has no owner any more.
#pragma once

#include <sanitizer/tsan_interface.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/units.h"

// In the sanitizer, and declared by none of its headers.
extern "C" void __tsan_write_range(void* begin, unsigned long size);

namespace tb::arch {

inline constexpr std::size_t kBlockMargin = 0;

// The sanitizer may not be interrupted by the first touch of a page, as it might be inside of its
// functions: so the pages are there before.
inline void stack_begins(std::span<std::byte> stack) {
  constexpr std::size_t kMost = 8 * kMiB;
  for (std::size_t below = 1; below <= std::min(stack.size(), kMost); below += kPageSize) {
    asm volatile("cmpb $0, (%0)" : : "r"(stack.data() + stack.size() - below) : "cc");
  }
}

inline void stack_left(std::span<std::byte>, std::size_t) {}

inline void block_given_out(void*, std::size_t, std::size_t) {}

// Whoever still uses it races with this.
inline void block_taken_back(void* block, std::size_t room) { __tsan_write_range(block, room); }

inline void addresses_reused(std::uintptr_t, std::uintptr_t) {}

namespace x86 {

// The sanitizer's record of the thread.
struct Watched {
  void* fiber = nullptr;
};

inline void watch_context(Watched& context, std::span<std::byte>) {
  context.fiber = __tsan_create_fiber(0);
}

// Flag 0: what the one thread has done on the CPU comes before what the other one does on it.
[[gnu::always_inline]] inline void watch_switch(Watched& from, const Watched& to) {
  from.fiber = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(to.fiber, 0);
}

inline void watch_end(Watched& context) { __tsan_destroy_fiber(context.fiber); }

}  // namespace x86

}  // namespace tb::arch
