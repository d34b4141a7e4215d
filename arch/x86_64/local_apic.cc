// Register access for the local APIC.
#include "arch/x86_64/local_apic.h"

#include "arch/x86_64/cpu_features.h"
#include "arch/x86_64/descriptors.h"
#include "arch/x86_64/machine_clock.h"
#include "arch/x86_64/registers.h"

namespace tb::arch::x86 {
namespace {

constinit std::uintptr_t registers = 0;  // constant after start
constinit LocalApic<HardwarePort> apic_of_this_cpu{HardwarePort(), ApicMode::kMemory,
                                                   ApicTimer::kCountDown};  // constant after start

volatile std::uint32_t& register_at(std::uint32_t offset) {
  return *reinterpret_cast<volatile std::uint32_t*>(registers + offset);
}

}  // namespace

std::uint32_t HardwarePort::read_memory(std::uint32_t offset) const { return register_at(offset); }

void HardwarePort::write_memory(std::uint32_t offset, std::uint32_t value) const {
  register_at(offset) = value;
}

std::uint64_t HardwarePort::read_msr(std::uint32_t msr) const { return x86::read_msr(msr); }

void HardwarePort::write_msr(std::uint32_t msr, std::uint64_t value) const {
  x86::write_msr(msr, value);
}

void HardwarePort::order_stores() const { asm volatile("mfence; lfence" : : : "memory"); }

void choose_local_apic(std::uint64_t address) {
  registers = address;
  const CpuFeatures& features = cpu_features();
  const ApicMode mode = features.x2apic ? ApicMode::kX2Apic : ApicMode::kMemory;
  const bool deadline = features.tsc_deadline && clock_is_tsc();
  apic_of_this_cpu = LocalApic<HardwarePort>(
      HardwarePort(), mode, deadline ? ApicTimer::kTscDeadline : ApicTimer::kCountDown);
}

LocalApic<HardwarePort>& local_apic() { return apic_of_this_cpu; }

void enable_local_apic() {
  apic_of_this_cpu.enable(static_cast<std::uint8_t>(Vector::kSpurious),
                          static_cast<std::uint8_t>(Vector::kTimer));
}

}  // namespace tb::arch::x86
