// What the processor's exceptions are called, and what the error code of a page fault tells.
#pragma once

#include <array>
#include <cstdint>

#include "arch/fault.h"

namespace tb::arch::x86 {

inline constexpr std::uint64_t kPageFaultVector = 14;

// Intel SDM volume 3A, table 6-1.
inline constexpr std::array<const char*, 32> kExceptionNames = {
    "divide error",
    "debug exception",
    "non-maskable interrupt",
    "breakpoint",
    "overflow",
    "bound range exceeded",
    "invalid instruction",
    "no floating-point unit",
    "double fault",
    "coprocessor overrun",
    "invalid task state",
    "segment not present",
    "stack segment fault",
    "general protection fault",
    "page fault",
    "reserved exception 15",
    "floating-point error",
    "alignment check",
    "machine check",
    "vector floating-point error",
    "virtualisation exception",
    "control protection exception",
    "reserved exception 22",
    "reserved exception 23",
    "reserved exception 24",
    "reserved exception 25",
    "reserved exception 26",
    "reserved exception 27",
    "hypervisor injection",
    "hypervisor communication",
    "security exception",
    "reserved exception 31",
};

inline FaultAccess access_of(std::uint64_t error_code) {
  constexpr std::uint64_t kWrite = 1 << 1;
  constexpr std::uint64_t kFetch = 1 << 4;
  if ((error_code & kFetch) != 0) {
    return FaultAccess::kExecute;
  }
  return (error_code & kWrite) != 0 ? FaultAccess::kWrite : FaultAccess::kRead;
}

}  // namespace tb::arch::x86
