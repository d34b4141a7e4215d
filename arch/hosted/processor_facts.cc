// Reading CPUID as a program may.
#include "arch/hosted/processor_facts.h"

#include <cstring>

#include "arch/context.h"
#include "arch/hosted/host_calls.h"
#include "arch_impl/floating_point_control.h"
#include "arch_impl/processor.h"

#include <asm/prctl.h>

extern "C" const char vector_state_parts[];  // a number, from link.ld

namespace tb::arch {

namespace hosted {
namespace {

using x86::cpuid;
using x86::CpuidResult;

constinit ProcessorFacts facts{};

[[clang::preserve_most]] void write_fs_base(std::uintptr_t thread_pointer) {
  host_call(SYS_arch_prctl, ARCH_SET_FS, thread_pointer);
}

bool bit(std::uint32_t word, unsigned index) { return ((word >> index) & 1) != 0; }

// The parts of the vector state that the host has switched on.
std::uint64_t enabled_parts() {
  std::uint32_t low;
  std::uint32_t high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return std::uint64_t{high} << 32 | low;
}

void read_brand() {
  if (cpuid(0x80000000).eax < 0x80000004) {
    return;
  }
  for (std::uint32_t part = 0; part < 3; ++part) {
    const CpuidResult text = cpuid(0x80000002 + part);
    std::memcpy(facts.brand + part * sizeof text, &text, sizeof text);
  }
}

// Intel's leaf 0x15, or the leaf on which hypervisors agreed.
std::uint64_t read_tsc_hz() {
  if (cpuid(0).eax >= 0x15) {
    const CpuidResult ratio = cpuid(0x15);
    if (ratio.eax != 0 && ratio.ebx != 0 && ratio.ecx != 0) {
      return std::uint64_t{ratio.ecx} * ratio.ebx / ratio.eax;
    }
  }
  const bool hypervisor = bit(cpuid(1).ecx, 31);
  if (hypervisor && cpuid(0x40000000).eax >= 0x40000010) {
    return std::uint64_t{cpuid(0x40000010).eax} * 1000;
  }
  return 0;
}

}  // namespace

const ProcessorFacts& processor_facts() { return facts; }

void find_processor_facts(std::uint64_t capabilities) {
  constexpr std::uint64_t kFsGsBase = 1 << 1;  // asm/hwcap2.h
  facts.fsgsbase = (capabilities & kFsGsBase) != 0;
  x86::write_thread_pointer_slowly = facts.fsgsbase ? nullptr : &write_fs_base;
  x86::choose_control_switch();
  if (cpuid(0x80000000).eax >= 0x80000007) {
    facts.invariant_tsc = bit(cpuid(0x80000007).edx, 8);
  }
  facts.tsc_hz = read_tsc_hz();
  const bool xsave = bit(cpuid(1).ecx, 27);
  const std::uint64_t wanted = reinterpret_cast<std::uintptr_t>(vector_state_parts);
  facts.vector =
      x86::vector_format_for(xsave, xsave ? x86::usable_vector_parts(enabled_parts()) & wanted : 0);
  x86::set_vector_format(facts.vector);
  read_brand();
}

}  // namespace hosted
}  // namespace tb::arch
