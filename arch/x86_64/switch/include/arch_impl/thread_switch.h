// The switch: another thread's floating-point control, then its stack and its thread pointer.
#pragma once

#include "arch_impl/stack_switch.h"

namespace tb::arch {

[[gnu::always_inline]] inline void prepare_switch(Context& from, const Context& to) {
  x86::exchange_control(from.control, to.control);
}

}  // namespace tb::arch
