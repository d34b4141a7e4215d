// What a CPU that is a thread of Linux does otherwise than a processor: sleep, wait, stop.
#pragma once

#include "arch_impl/gs_cpu.h"

namespace tb::arch {

namespace hosted {
// Constant after start: whether there are more CPUs than processors to run them.
extern bool crowded;
void let_other_cpus_run();
}  // namespace hosted

// Where CPUs share processors, the one that is waited for may be waiting for this one's.
inline void relax() {
  if (hosted::crowded) {
    hosted::let_other_cpus_run();
  } else {
    asm volatile("pause" : : : "memory");
  }
}

void wait_for_interrupt();

inline bool polling_pays() { return !hosted::crowded; }

// A sleeping CPU is a thread that waits for a futex; a store wakes nobody.
inline bool watches_stores() { return false; }
inline void wait_for_interrupt_or_store(const void*) { wait_for_interrupt(); }

[[noreturn]] void halt();

}  // namespace tb::arch
