// Segment and interrupt descriptors: one interrupt table for all, the rest for each CPU.
#pragma once

#include <cstdint>

#include "arch/x86_64/cpu_area.h"

namespace tb::arch::x86 {

enum class Vector : std::uint8_t {
  kTimer = 32,
  kReschedule = 33,
  kFlush = 34,
  kSpurious = 255,
};

// Fills the interrupt table; once.
void build_interrupt_table();

// Masks the two 8259 controllers, which would otherwise interrupt with the numbers of exceptions.
void silence_old_interrupts();

// Fills the CPU's descriptors and loads them, the interrupt table and GS on the CPU that executes
// this. Preemption is disabled once from here on.
void load_descriptors(CpuArea& area, CpuId id);

// Lets the boot CPU be asked for its block before it has its area.
void load_early_block(CpuBlock& block);

}  // namespace tb::arch::x86
