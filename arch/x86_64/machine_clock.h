// The machine's clock at boot: which counter it is, and how fast it and the APIC's timer go.
#pragma once

#include <cstdint>

namespace tb::arch::x86 {

// Measures what CPUID does not tell, in at most 5 ms; once, with the reference clock chosen and the
// local APIC enabled.
void calibrate_clock();

// Whether now() reads the TSC: it is invariant, or the machine is emulated and all CPUs' TSCs are
// one clock. To be asked once the boot options and the features are known.
bool clock_is_tsc();

// A narrow reference clock has to be read before it wraps: arms this CPU's timer for that, unless
// the runtime arms it for something earlier. At start, and at every timer interrupt.
void keep_clock_running();

// Reads the real-time clock, from which wall_clock() goes on; once, with now() running.
void start_wall_clock();

// Which counter, and its frequency in Hz, for the banner.
const char* clock_name();
std::uint64_t clock_hz();

// Waits without sleeping, before there are interrupts; microseconds.
void delay_us(std::uint64_t microseconds);

}  // namespace tb::arch::x86
