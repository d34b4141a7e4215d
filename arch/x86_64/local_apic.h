// The machine's local APIC: the class of apic.h on real registers.
#pragma once

#include <cstdint>

#include "arch/x86_64/apic.h"

namespace tb::arch::x86 {

struct HardwarePort {
  std::uint32_t read_memory(std::uint32_t offset) const;
  void write_memory(std::uint32_t offset, std::uint32_t value) const;
  std::uint64_t read_msr(std::uint32_t msr) const;
  void write_msr(std::uint32_t msr, std::uint64_t value) const;
  void order_stores() const;
};

// Chooses mode and timer by CPUID; once. `address` is where the registers are mapped.
void choose_local_apic(std::uint64_t address);

// Whichever CPU executes this finds its own behind it.
LocalApic<HardwarePort>& local_apic();

// Switches this CPU's on.
void enable_local_apic();

}  // namespace tb::arch::x86
