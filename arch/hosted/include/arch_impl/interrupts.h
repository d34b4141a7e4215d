// The interrupt flag of a hosted CPU: a word of its block, which its signal handlers respect.
#pragma once

#include <cstdint>

#include "arch_impl/host_block.h"

namespace tb::arch {

namespace hosted {
// What came while interrupts were off; they are on.
void serve_pending_interrupts();
}  // namespace hosted

inline bool interrupts_enabled() {
  std::uint32_t off;
  asm volatile("movl %%gs:40, %0" : "=r"(off) : : "memory");
  return off == 0;
}

inline InterruptState disable_interrupts() {
  const InterruptState before =
      interrupts_enabled() ? InterruptState::kEnabled : InterruptState::kDisabled;
  asm volatile("movl $1, %%gs:40" : : : "memory");
  return before;
}

// An interrupt between the two instructions is served at once, and everything before it as well.
inline void restore_interrupts(InterruptState state) {
  if (state == InterruptState::kEnabled) {
    bool pending;
    asm volatile("movl $0, %%gs:40; cmpl $0, %%gs:44" : "=@ccne"(pending) : : "memory");
    if (pending) [[unlikely]] {
      hosted::serve_pending_interrupts();
    }
  }
}

}  // namespace tb::arch
