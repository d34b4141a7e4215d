// XSAVEC where the processor has it, else XSAVE, else FXSAVE. Never XSAVEOPT: it may leave out what
// has not changed since the last restore from the same address, and stacks are written over
// between. Intel SDM volume 1, chapter 13.
#include "arch_impl/vector_state.h"

#include <algorithm>
#include <cstdint>

#include "arch_impl/floating_point_control.h"
#include "arch_impl/processor.h"
#include "base/units.h"

namespace tb::arch::x86 {
namespace {

constexpr std::size_t kHeader = 512;
constexpr std::size_t kHeaderSize = 64;

constexpr std::uint32_t kStateLeaf = 0xd;
constexpr std::uint64_t kX87AndSse = 0b11;
constexpr std::uint64_t kAvx = 1 << 2;
constexpr std::uint64_t kAvx512 = 0b111 << 5;
constexpr unsigned kFirstExtendedPart = 2;
constexpr unsigned kParts = 63;

constinit VectorFormat format{};  // constant after start

}  // namespace

std::uint64_t usable_vector_parts(std::uint64_t parts) {
  parts &= kX87AndSse | kAvx | kAvx512;
  // The three parts of AVX-512 come together, and with AVX, or not at all.
  const bool all = (parts & kAvx512) == kAvx512 && (parts & kAvx) != 0;
  return all ? parts : parts & ~kAvx512;
}

VectorFormat vector_format_for(bool xsave, std::uint64_t parts) {
  if (!xsave) {
    return {.xsave = false, .compact = false, .parts = parts, .size = kHeader};
  }
  const bool compact = (cpuid(kStateLeaf, 1).eax & 2) != 0;
  std::size_t size = kHeader + kHeaderSize;
  for (unsigned part = kFirstExtendedPart; part < kParts; ++part) {
    if (((parts >> part) & 1) == 0) {
      continue;
    }
    const CpuidResult facts = cpuid(kStateLeaf, part);  // eax: size, ebx: offset if not compact
    if (compact) {
      const bool aligned = (facts.ecx & 2) != 0;
      size = (aligned ? align_up(size, kVectorStateAlignment) : size) + facts.eax;
    } else {
      size = std::max<std::size_t>(size, facts.ebx + facts.eax);
    }
  }
  return {.xsave = true, .compact = compact, .parts = parts, .size = size};
}

void set_vector_format(const VectorFormat& chosen) { format = chosen; }

std::size_t vector_state_size() { return format.size; }

void save_vector_state(void* area) {
  if (!format.xsave) {
    asm volatile("fxsave64 (%0)" : : "r"(area) : "memory");
    return;
  }
  // The instructions leave parts of the header as they are, and restoring refuses a dirty one. A
  // function that fills memory may not be the core's own, and use the very registers.
  __builtin_memset_inline(static_cast<std::byte*>(area) + kHeader, 0, kHeaderSize);
  const auto low = static_cast<std::uint32_t>(format.parts);
  const auto high = static_cast<std::uint32_t>(format.parts >> 32);
  if (format.compact) {
    asm volatile("xsavec64 (%0)" : : "r"(area), "a"(low), "d"(high) : "memory");
  } else {
    asm volatile("xsave64 (%0)" : : "r"(area), "a"(low), "d"(high) : "memory");
  }
}

void restore_vector_state(const void* area) {
  if (!format.xsave) {
    asm volatile(TB_OWN_CONTROL("fxrstor64 (%0)") : : "r"(area) : "memory");
    return;
  }
  const auto low = static_cast<std::uint32_t>(format.parts);
  const auto high = static_cast<std::uint32_t>(format.parts >> 32);
  asm volatile(TB_OWN_CONTROL("xrstor64 (%0)") : : "r"(area), "a"(low), "d"(high) : "memory");
}

}  // namespace tb::arch::x86
