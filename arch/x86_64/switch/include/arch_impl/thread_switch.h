// The switch: another thread's stack and its thread pointer.
#pragma once

#include <cstdint>

#include "arch_impl/stack_switch.h"

namespace tb::arch {

namespace x86 {

// Constant after start: whether wrfsbase can be used, which is far faster than the other way. The
// implementation defines both.
extern bool has_wrfsbase;
void write_thread_pointer_register(std::uintptr_t thread_pointer);

inline void write_thread_pointer(std::uintptr_t thread_pointer) {
  if (has_wrfsbase) [[likely]] {
    asm volatile("wrfsbase %0" : : "r"(thread_pointer));
  } else {
    write_thread_pointer_register(thread_pointer);
  }
}

}  // namespace x86

[[gnu::always_inline]] inline void switch_context(Context& from, Context& to) {
  if (from.thread_pointer != to.thread_pointer) {
    x86::write_thread_pointer(to.thread_pointer);
  }
  x86::switch_stacks(from, to);
}

}  // namespace tb::arch
