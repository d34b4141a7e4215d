// Whether a CPU without work sleeps by MWAIT, which a store can end, or by HLT.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "arch/x86_64/boot_options.h"

namespace tb::arch::x86 {

// What CPUID says about MONITOR and MWAIT.
struct MonitorFacts {
  bool monitor;              // leaf 1, ECX bit 3: the processor has them
  bool intel;                // leaf 0: the vendor
  bool emulated;             // QEMU's own emulation
  std::uint32_t signature;   // leaf 1, EAX: family, model, stepping
  std::uint32_t extensions;  // leaf 5, ECX; bit 0: `substates` counts
  std::uint32_t substates;   // leaf 5, EDX; bits 4 to 7: how many kinds of C1 there are
};

constexpr std::uint32_t family_of(std::uint32_t signature) {
  const std::uint32_t base = signature >> 8 & 0xf;
  return base == 0xf ? base + (signature >> 20 & 0xff) : base;
}

// As families 6 and 15 form it.
constexpr std::uint32_t model_of(std::uint32_t signature) {
  return (signature >> 16 & 0xf) << 4 | (signature >> 4 & 0xf);
}

// Errata: a store may not end the sleep on Goldmont and Lunar Lake; on Dunnington, Nehalem-EX and
// Westmere-EX it does only if the line was flushed from the caches before.
constexpr bool monitor_misses_stores(const MonitorFacts& facts) {
  constexpr std::array<std::uint32_t, 5> kModels = {0x5c, 0xbd, 0x1d, 0x2e, 0x2f};
  return facts.intel && family_of(facts.signature) == 6 &&
         std::ranges::find(kModels, model_of(facts.signature)) != kModels.end();
}

constexpr bool has_c1(const MonitorFacts& facts) {
  return (facts.extensions & 1) == 0 || (facts.substates & 0xf0) != 0;
}

// Under QEMU's emulation MWAIT only pauses and would keep the host's processors busy.
constexpr bool choose_mwait(const MonitorFacts& facts, MwaitChoice choice) {
  if (!facts.monitor || choice == MwaitChoice::kOff) {
    return false;
  }
  return choice == MwaitChoice::kOn ||
         (!facts.emulated && has_c1(facts) && !monitor_misses_stores(facts));
}

}  // namespace tb::arch::x86
