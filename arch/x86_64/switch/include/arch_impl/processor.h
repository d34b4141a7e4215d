// What any program can ask its processor: the time-stamp counter, CPUID, and who has made it.
#pragma once

#include <cstdint>

namespace tb::arch::x86 {

inline std::uint64_t read_tsc() {
  std::uint32_t low;
  std::uint32_t high;
  asm volatile("rdtsc" : "=a"(low), "=d"(high));
  return std::uint64_t{high} << 32 | low;
}

// Not before earlier loads: a time read after another CPU's is not earlier than it.
inline std::uint64_t read_ordered_tsc() {
  asm volatile("lfence" : : : "memory");
  return read_tsc();
}

struct CpuidResult {
  std::uint32_t eax;
  std::uint32_t ebx;
  std::uint32_t ecx;
  std::uint32_t edx;
};

inline CpuidResult cpuid(std::uint32_t leaf, std::uint32_t subleaf = 0) {
  CpuidResult result;
  asm volatile("cpuid"
               : "=a"(result.eax), "=b"(result.ebx), "=c"(result.ecx), "=d"(result.edx)
               : "a"(leaf), "c"(subleaf));
  return result;
}

enum class Vendor : std::uint8_t { kIntel, kAmd, kOther };

inline Vendor vendor() {
  constexpr std::uint32_t kGenuineIntel = 0x756e6547;  // the name's first four letters
  constexpr std::uint32_t kAuthenticAmd = 0x68747541;
  const std::uint32_t name = cpuid(0).ebx;
  return name == kGenuineIntel   ? Vendor::kIntel
         : name == kAuthenticAmd ? Vendor::kAmd
                                 : Vendor::kOther;
}

}  // namespace tb::arch::x86
