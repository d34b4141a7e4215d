// The interrupt flag of x86_64.
#pragma once

#include <cstdint>

namespace tb::arch {

inline bool interrupts_enabled() {
  constexpr std::uint64_t kInterruptFlag = 1 << 9;
  std::uint64_t flags;
  asm volatile("pushfq; popq %0" : "=r"(flags) : : "memory");
  return (flags & kInterruptFlag) != 0;
}

inline InterruptState disable_interrupts() {
  const InterruptState before =
      interrupts_enabled() ? InterruptState::kEnabled : InterruptState::kDisabled;
  asm volatile("cli" : : : "memory");
  return before;
}

inline void restore_interrupts(InterruptState state) {
  if (state == InterruptState::kEnabled) {
    asm volatile("sti" : : : "memory");
  }
}

}  // namespace tb::arch
