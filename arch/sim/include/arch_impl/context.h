// The switch of the simulator: the machine's own, for the stacks are real. No thread has an FS base
// here, so the host's own stays.
#pragma once

#include "arch_impl/cpu_block.h"
#include "arch_impl/stack_switch.h"

namespace tb::arch {

[[gnu::always_inline]] inline void prepare_switch(Context& from, const Context& to) {
  sim::point();
  sim::this_block->leaving = nullptr;
  x86::exchange_control(from.control, to.control);
}

}  // namespace tb::arch
