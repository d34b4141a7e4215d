// The switch: another thread's stack, its thread pointer and its floating-point control.
#pragma once

#include <cstdint>

#include "arch_impl/stack_switch.h"

namespace tb::arch {

namespace x86 {

// Constant after start: whether wrfsbase can be used, which is far faster than the other way. The
// implementation defines both.
extern bool has_wrfsbase;
[[clang::preserve_most]] void write_thread_pointer_register(std::uintptr_t thread_pointer);

}  // namespace x86

[[gnu::always_inline]] inline void prepare_switch(Context& from, const Context& to) {
  if (!x86::has_wrfsbase && from.thread_pointer != to.thread_pointer) [[unlikely]] {
    x86::write_thread_pointer_register(to.thread_pointer);
  }
  x86::exchange_floating_point_control(from, to);
}

}  // namespace tb::arch
