// The few facts of the firmware's ACPI tables that booting needs: processors, HPET, PM timer.
// ACPI Specification 6.5, sections 5.2.5 to 5.2.12; IA-PC HPET Specification 1.0a, section 3.2.4.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "arch/x86_64/physical_range.h"

namespace tb::arch::x86 {

inline constexpr std::size_t kMaxCpus = 1024;

struct AcpiFacts {
  std::array<std::uint32_t, kMaxCpus> apic_ids{};  // of usable processors, in the table's order
  std::size_t cpus = 0;
  std::size_t cpus_left_out = 0;         // beyond kMaxCpus
  std::uint64_t local_apic_address = 0;  // 0 if the firmware gave none
  std::uint64_t hpet_address = 0;
  std::uint16_t pm_timer_port = 0;

  std::span<const std::uint32_t> ids() const { return {apic_ids.data(), cpus}; }

  // Forgets the processors whose ids are `limit` or more; returns how many.
  std::size_t leave_out_from(std::uint32_t limit);
};

// Gives access to `size` bytes of physical memory, or null where there is none. Host tests hand in
// tables of their own.
using PhysicalMemory = const std::byte* (*)(std::uint64_t address, std::size_t size);

enum class AcpiResult : std::uint8_t { kFound, kNoRootPointer, kDamaged };

// Looks for the root pointer where a BIOS leaves it, then in the firmware's own ranges, where UEFI
// has it, and reads the tables from there.
AcpiResult read_acpi(PhysicalMemory memory, std::span<const PhysicalRange> firmware,
                     AcpiFacts& facts);

}  // namespace tb::arch::x86
