// What this processor can do, asked once at boot.
#pragma once

#include <cstdint>

namespace tb::arch::x86 {

struct CpuFeatures {
  bool machine_check;
  bool xsave;
  bool xsavec;
  bool fsgsbase;
  bool x2apic;
  bool tsc_deadline;
  bool invariant_tsc;
  bool one_gib_pages;
  bool rdrand;
  bool rdseed;
  bool hypervisor;
  bool emulated;                // QEMU's own emulation: one steady clock serves every CPU's TSC
  std::uint64_t vector_mask;    // what XCR0 may have of x87, SSE, AVX and AVX-512
  std::uint64_t tsc_hz;         // as CPUID or the hypervisor tells; 0 if neither does
  std::uint64_t apic_timer_hz;  // likewise
  char brand[49];
};

// Constant after start.
const CpuFeatures& cpu_features();

// Asks CPUID and switches on, on this CPU, what the runtime uses: once on every CPU, the boot CPU
// first.
void enable_cpu_features();

}  // namespace tb::arch::x86
