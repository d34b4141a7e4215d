// A counter of known frequency that every PC has, to measure the others by: the HPET or, where
// there is none, ACPI's PM timer.
#pragma once

#include <cstdint>

namespace tb::arch::x86 {

enum class ReferenceKind : std::uint8_t { kNone, kHpet, kPmTimer };

// Chooses by what the firmware names; once. The HPET's registers are mapped.
void choose_reference_clock(std::uint64_t hpet_address, std::uint16_t pm_timer_port);

ReferenceKind reference_kind();

// Ticks so far. The HPET's wraps after centuries, or after minutes where it has 32 bits; the PM
// timer's after 4.7 seconds.
std::uint64_t read_reference();

// Ticks from `begin` to `end`, across one wrap.
std::uint64_t reference_ticks(std::uint64_t begin, std::uint64_t end);

// Ticks a second.
std::uint64_t reference_hz();

}  // namespace tb::arch::x86
