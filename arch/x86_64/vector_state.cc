// XSAVEC where the processor has it, else XSAVE, else FXSAVE. Never XSAVEOPT: it may leave out what
// has not changed since the last restore from the same address, and stacks are written over
// between. Intel SDM volume 1, chapter 13.
#include "arch/x86_64/vector_state.h"

#include <cstdint>
#include <cstring>

#include "arch/x86_64/cpu_features.h"

namespace tb::arch::x86 {
namespace {

constexpr std::size_t kHeader = 512;
constexpr std::size_t kHeaderSize = 64;

}  // namespace

std::size_t vector_state_size() { return cpu_features().vector_size; }

void save_vector_state(void* area) {
  const CpuFeatures& features = cpu_features();
  if (!features.xsave) {
    asm volatile("fxsave64 (%0)" : : "r"(area) : "memory");
    return;
  }
  // The instructions leave parts of the header as they are, and restoring refuses a dirty one.
  std::memset(static_cast<std::byte*>(area) + kHeader, 0, kHeaderSize);
  const auto low = static_cast<std::uint32_t>(features.vector_mask);
  const auto high = static_cast<std::uint32_t>(features.vector_mask >> 32);
  if (features.xsavec) {
    asm volatile("xsavec64 (%0)" : : "r"(area), "a"(low), "d"(high) : "memory");
  } else {
    asm volatile("xsave64 (%0)" : : "r"(area), "a"(low), "d"(high) : "memory");
  }
}

void restore_vector_state(const void* area) {
  const CpuFeatures& features = cpu_features();
  if (!features.xsave) {
    asm volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
    return;
  }
  const auto low = static_cast<std::uint32_t>(features.vector_mask);
  const auto high = static_cast<std::uint32_t>(features.vector_mask >> 32);
  asm volatile("xrstor64 (%0)" : : "r"(area), "a"(low), "d"(high) : "memory");
}

}  // namespace tb::arch::x86
