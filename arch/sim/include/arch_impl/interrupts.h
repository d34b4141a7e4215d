// The interrupt flag of the simulated CPU that runs.
#pragma once

#include "arch_impl/cpu_block.h"

namespace tb::arch {

inline bool interrupts_enabled() { return sim::this_block->interrupts; }

inline InterruptState disable_interrupts() {
  sim::point();
  const bool before = sim::this_block->interrupts;
  sim::this_block->interrupts = false;
  return before ? InterruptState::kEnabled : InterruptState::kDisabled;
}

inline void restore_interrupts(InterruptState state) {
  if (state == InterruptState::kEnabled) {
    sim::allow_interrupts();
    sim::point();
  }
}

}  // namespace tb::arch
