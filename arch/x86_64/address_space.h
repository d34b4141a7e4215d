// The final address space: what is mapped where before the runtime begins.
#pragma once

#include <cstdint>

#include "arch/x86_64/multiboot.h"
#include "arch/x86_64/page_tables.h"

namespace tb::arch::x86 {

// Builds the tables for the image, all RAM and the devices named, from RAM that nobody uses; loads
// them; and keeps what is left for memory_map(). `cpus` areas of CPUs get their frames as well.
void build_address_space(const BootInformation& boot, std::size_t cpus,
                         std::uint64_t local_apic_address, std::uint64_t hpet_address);

// The tables all CPUs use; constant after start.
PageTables& page_tables();

// Whether reading the address would not fault; at any time, also before the tables are built.
bool is_readable(std::uintptr_t address);

// A page below 1 MiB for application processors to start in, not mapped; 0 if there is none.
std::uintptr_t trampoline_page();

}  // namespace tb::arch::x86
