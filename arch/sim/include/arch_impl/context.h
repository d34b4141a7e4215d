// The switch of the simulator: the machine's own, for the stacks are real.
#pragma once

#include "arch_impl/cpu_block.h"
#include "arch_impl/stack_switch.h"

namespace tb::arch {

// No thread has a thread pointer here, so the host's own stays.
[[gnu::always_inline]] inline void switch_context(Context& from, Context& to) {
  sim::point();
  sim::this_block->leaving = nullptr;
  x86::switch_stacks(from, to);
}

}  // namespace tb::arch
