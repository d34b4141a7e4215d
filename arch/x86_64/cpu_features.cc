// Reading CPUID, and the control registers that follow from it.
#include "arch/x86_64/cpu_features.h"

#include <cstring>

#include "arch/context.h"
#include "arch/cpu.h"
#include "arch/x86_64/boot_options.h"
#include "arch/x86_64/idle_choice.h"
#include "arch/x86_64/registers.h"
#include "arch_impl/floating_point_control.h"
#include "arch_impl/vector_state.h"

extern "C" const char vector_state_parts[];  // a number, from link.ld

namespace tb::arch::x86 {

constinit bool idles_by_mwait = false;

namespace {

[[clang::preserve_most]] void write_fs_base(std::uintptr_t thread_pointer) {
  write_msr(msr::kFsBase, thread_pointer);
}

constexpr std::uint64_t kCr0MonitorCoprocessor = 1 << 1;
constexpr std::uint64_t kCr0Emulation = 1 << 2;
constexpr std::uint64_t kCr0NumericError = 1 << 5;
constexpr std::uint64_t kCr0WriteProtect = 1 << 16;
constexpr std::uint64_t kCr4MachineCheck = 1 << 6;
constexpr std::uint64_t kCr4Fxsr = 1 << 9;
constexpr std::uint64_t kCr4XmmExceptions = 1 << 10;
constexpr std::uint64_t kCr4FsGsBase = 1 << 16;
constexpr std::uint64_t kCr4Xsave = 1 << 18;

constinit CpuFeatures features{};

bool bit(std::uint32_t word, unsigned index) { return ((word >> index) & 1) != 0; }

void write_xcr0(std::uint64_t value) {
  asm volatile("xsetbv"
               :
               : "c"(0), "a"(static_cast<std::uint32_t>(value)),
                 "d"(static_cast<std::uint32_t>(value >> 32)));
}

void read_brand() {
  if (cpuid(0x80000000).eax < 0x80000004) {
    return;
  }
  for (std::uint32_t part = 0; part < 3; ++part) {
    const CpuidResult text = cpuid(0x80000002 + part);
    std::memcpy(features.brand + part * sizeof text, &text, sizeof text);
  }
}

// Frequencies that need no calibration: Intel's leaf 0x15, or the leaf on which hypervisors agreed.
void read_frequencies(std::uint32_t last_leaf) {
  if (last_leaf >= 0x15) {
    const CpuidResult ratio = cpuid(0x15);
    if (ratio.eax != 0 && ratio.ebx != 0 && ratio.ecx != 0) {
      features.tsc_hz = std::uint64_t{ratio.ecx} * ratio.ebx / ratio.eax;
      features.apic_timer_hz = ratio.ecx;
    }
  }
  if (features.hypervisor && cpuid(0x40000000).eax >= 0x40000010) {
    const CpuidResult khz = cpuid(0x40000010);
    features.tsc_hz = std::uint64_t{khz.eax} * 1000;
    features.apic_timer_hz = std::uint64_t{khz.ebx} * 1000;
  }
}

void choose_idle(std::uint32_t last_leaf) {
  const CpuidResult basic = cpuid(1);
  constexpr std::uint32_t kMonitorLeaf = 5;
  const CpuidResult monitor = last_leaf >= kMonitorLeaf ? cpuid(kMonitorLeaf) : CpuidResult{};
  const MonitorFacts facts = {
      .monitor = bit(basic.ecx, 3),
      .intel = vendor() == Vendor::kIntel,
      .emulated = features.emulated,
      .signature = basic.eax,
      .extensions = monitor.ecx,
      .substates = monitor.edx,
  };
  idles_by_mwait = choose_mwait(facts, boot_options().mwait);
}

void read_features() {
  const std::uint32_t last_leaf = cpuid(0).eax;
  const CpuidResult basic = cpuid(1);
  features.machine_check = bit(basic.edx, 7);
  features.xsave = bit(basic.ecx, 26) && boot_options().use_xsave;
  features.x2apic = bit(basic.ecx, 21);
  features.tsc_deadline = bit(basic.ecx, 24);
  features.rdrand = bit(basic.ecx, 30);
  features.hypervisor = bit(basic.ecx, 31);
  if (last_leaf >= 7) {
    features.fsgsbase = bit(cpuid(7).ebx, 0);
    features.rdseed = bit(cpuid(7).ebx, 18);
  }
  write_thread_pointer_slowly = features.fsgsbase ? nullptr : &write_fs_base;
  choose_control_switch();
  features.one_gib_pages = bit(cpuid(0x80000001).edx, 26);
  if (cpuid(0x80000000).eax >= 0x80000007) {
    features.invariant_tsc = bit(cpuid(0x80000007).edx, 8);
  }
  if (features.hypervisor) {
    features.emulated = cpuid(0x40000000).ebx == 0x54474354;  // "TCGT"
  }
  choose_idle(last_leaf);
  read_frequencies(last_leaf);
  read_brand();
}

}  // namespace

const CpuFeatures& cpu_features() { return features; }

[[gnu::cold]] void enable_cpu_features() {
  const bool first = vector_state_size() == 0;
  if (first) {
    read_features();
  }
  write_cr0((read_cr0() & ~kCr0Emulation) | kCr0MonitorCoprocessor | kCr0NumericError |
            kCr0WriteProtect);
  write_cr4(read_cr4() | kCr4Fxsr | kCr4XmmExceptions |
            (features.machine_check ? kCr4MachineCheck : 0) |
            (features.fsgsbase ? kCr4FsGsBase : 0) | (features.xsave ? kCr4Xsave : 0));
  if (features.xsave) {
    const CpuidResult supported = cpuid(0xd, 0);
    const std::uint64_t mask = usable_vector_parts(supported.eax);
    write_xcr0(mask);
    features.vector_mask = mask & reinterpret_cast<std::uintptr_t>(vector_state_parts);
  }
  if (first) {
    const VectorFormat format = vector_format_for(features.xsave, features.vector_mask);
    features.xsavec = format.compact;
    set_vector_format(format);
  }
  asm volatile(TB_OWN_CONTROL("fninit"));  // as kDefaultControl
  write_mxcsr(kDefaultControl.mxcsr);
}

}  // namespace tb::arch::x86
