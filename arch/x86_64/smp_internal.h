// The CPUs of the machine, for the other files of this folder.
#pragma once

#include <cstdint>
#include <span>

#include "arch/x86_64/descriptors.h"

namespace tb::arch::x86 {

// Remembers the processors the firmware lists; once. The boot CPU is found among them.
void set_processors(std::span<const std::uint32_t> apic_ids);

// CPUs that take interrupts by now, the caller's included.
std::uint32_t running_cpus();

// Interrupts every other running CPU. Interrupts may be on.
void interrupt_others(Vector vector);

// Whether somebody has called stop_other_cpus().
bool stop_requested();

// By a CPU that was asked to, before it halts.
void note_stopped();

// Enters the boot CPU in the table, its area loaded.
void register_boot_cpu(CpuState& state);

}  // namespace tb::arch::x86
