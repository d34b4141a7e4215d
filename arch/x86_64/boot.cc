// The boot CPU's way from boot.S to the runtime, one step a line.
#include <array>
#include <cstddef>
#include <cstdint>

#include "arch/contract_check.h"
#include "arch/upcalls.h"
#include "arch/x86_64/acpi.h"
#include "arch/x86_64/address_space.h"
#include "arch/x86_64/boot_options.h"
#include "arch/x86_64/cpu_area.h"
#include "arch/x86_64/cpu_features.h"
#include "arch/x86_64/descriptors.h"
#include "arch/x86_64/local_apic.h"
#include "arch/x86_64/machine_clock.h"
#include "arch/x86_64/machine_state.h"
#include "arch/x86_64/multiboot.h"
#include "arch/x86_64/reference_clock.h"
#include "arch/x86_64/registers.h"
#include "arch/x86_64/screen.h"
#include "arch/x86_64/serial.h"
#include "arch/x86_64/smp_internal.h"
#include "arch/x86_64/system_call.h"
#include "base/format.h"

extern "C" [[noreturn]] void continue_on_stack(std::byte* top, void (*function)());

namespace tb::arch::x86 {
namespace {

constinit BootInformation boot_information;
constinit AcpiFacts acpi_facts;
constinit CpuBlock early_block{};

// Only what boot.S has mapped, and never page 0.
const std::byte* early_memory(std::uint64_t address, std::size_t size) {
  constexpr std::uint64_t kEarlyEnd = 4 * kGiB;
  if (address == 0 || address >= kEarlyEnd || kEarlyEnd - address < size) {
    return nullptr;
  }
  return reinterpret_cast<const std::byte*>(address);
}

void read_command_line() {
  const ParsedCommandLine parsed = parse_boot_options(boot_information.command_line());
  if (!parsed.bad_word.empty()) {
    std::array<char, 300> text;
    on_panic(format_into(text, "boot option \"{}\" says nothing possible; there are: {}",
                         parsed.bad_word, kPossibleOptions));
  }
  set_boot_options(parsed.options);
  set_command_line(parsed.rest);
}

void read_firmware() {
  const AcpiResult result = read_acpi(early_memory, boot_information.firmware(), acpi_facts);
  if (result != AcpiResult::kFound || acpi_facts.cpus == 0) {
    on_notice("no ACPI tables with processors were found; going on with one CPU");
  }
  if (acpi_facts.cpus_left_out != 0) {
    on_notice("more processors than this runtime has tables for; the last ones are left out");
  }
  // Without x2APIC an id has eight bits, of which all ones mean everybody.
  const std::uint32_t no_id = cpu_features().x2apic ? 0xffffffff : 0xff;
  if (acpi_facts.leave_out_from(no_id) != 0) {
    on_notice("processors whose APIC ids need x2APIC are left out: this machine has none");
  }
  if (!boot_options().use_hpet) {
    acpi_facts.hpet_address = 0;
  }
  if (acpi_facts.local_apic_address == 0) {
    acpi_facts.local_apic_address = read_msr(msr::kApicBase) & kFrameMask;
  }
  set_processors(acpi_facts.ids());
}

// On the boot CPU's own stack, with a guard below it.
[[noreturn]] void continue_boot() {
  silence_old_interrupts();
  build_interrupt_table();
  load_descriptors(cpu_area(0), CpuId{0});
  enable_system_calls();
  start_screen();
  choose_reference_clock(acpi_facts.hpet_address, acpi_facts.pm_timer_port);
  choose_local_apic(acpi_facts.local_apic_address);
  enable_local_apic();
  register_boot_cpu(cpu_area(0).state);
  calibrate_clock();
  start_wall_clock();
  set_modules(boot_information.modules());
  on_boot();
}

}  // namespace

// Called by boot.S on the boot stack, with the tables of boot.S.
extern "C" [[noreturn]] void boot_machine(std::uint32_t magic, std::uint32_t information) {
  load_early_block(early_block);
  start_serial();
  if (magic != kMultibootMagic) {
    on_panic("not started by a Multiboot 1 loader; use GRUB's multiboot command or QEMU");
  }
  if (const BootError error = boot_information.read(information); error != BootError::kNone) {
    on_panic(describe(error));
  }
  read_command_line();
  enable_cpu_features();
  read_firmware();
  const std::size_t cpus = acpi_facts.cpus != 0 ? acpi_facts.cpus : 1;
  build_address_space(boot_information, cpus, acpi_facts.local_apic_address,
                      acpi_facts.hpet_address);
  continue_on_stack(cpu_area(0).main.top(), continue_boot);
}

}  // namespace tb::arch::x86
