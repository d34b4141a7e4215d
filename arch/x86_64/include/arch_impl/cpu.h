// What only the machine itself can do: sleep until an interrupt, and stop.
#pragma once

#include <cstdint>

#include "arch_impl/gs_cpu.h"

namespace tb::arch {

inline void relax() { asm volatile("pause" : : : "memory"); }

// sti takes effect after the next instruction, so nothing comes between it and hlt.
inline void wait_for_interrupt() { asm volatile("sti; hlt" : : : "memory"); }

namespace x86 {
// Constant after start.
extern bool idles_by_mwait;
}  // namespace x86

inline bool polling_pays() { return true; }

inline bool watches_stores() { return x86::idles_by_mwait; }

// A store between the look and mwait is caught by the monitor, which is armed before the look:
// loads are not reordered, and monitor counts as one. The hint 0 is C1, as shallow as hlt. The nop
// is where an interrupt can come if the caller disables them at once.
inline void wait_for_interrupt_or_store(const void* word) {
  asm volatile("monitor" : : "a"(word), "c"(0), "d"(0) : "memory");
  if (*static_cast<const volatile std::uintptr_t*>(word) == 0) {
    asm volatile("sti; mwait" : : "a"(0), "c"(0) : "memory");
  } else {
    asm volatile("sti; nop" : : : "memory");
  }
}

[[noreturn]] inline void halt() {
  for (;;) {
    asm volatile("cli; hlt" : : : "memory");
  }
}

}  // namespace tb::arch
