// Interrupts between the signal that brings them and whoever serves them.
#pragma once

#include <cstdint>

#include "arch/upcalls.h"

namespace tb::arch::hosted {

// In HostBlock::pending.
inline constexpr std::uint32_t kTimerPending = 1 << 0;
inline constexpr std::uint32_t kReschedulePending = 1 << 1;

inline void note_pending(std::uint32_t kind) {
  asm volatile("orl %0, %%gs:44" : : "r"(kind) : "memory", "cc");
}

// Has the runtime know what is pending. Interrupts are off, or this is a handler.
void deliver_pending();

// The same, and has the calling thread lose the CPU if it shall. Interrupts are off. `found` is
// where an interrupt has found it, if that is known.
void serve_interrupts(const Interrupted* found = nullptr);

}  // namespace tb::arch::hosted
