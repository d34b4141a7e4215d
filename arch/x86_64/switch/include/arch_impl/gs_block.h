// The per-CPU block behind GS.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/cpu_id.h"

namespace tb::arch::x86 {

// Owner CPU only, but for what is constant after start. Read through GS in one instruction each, so
// that an interrupt cannot come between reading "which CPU" and "its value".
struct CpuBlock {
  CpuBlock* self;                 // constant after start
  void* current;                  // the runtime's running thread
  void* local;                    // the runtime's block of this CPU; constant after start
  std::uint32_t preemption;       // count of raises; the top bit is clear when one must reschedule
  std::uint32_t interrupt_depth;  // above zero inside handlers
  CpuId id;                       // constant after start
};

inline constexpr std::uint32_t kNoRescheduleRequest = 0x80000000;

static_assert(offsetof(CpuBlock, self) == 0);
static_assert(offsetof(CpuBlock, current) == 8);
static_assert(offsetof(CpuBlock, local) == 16);
static_assert(offsetof(CpuBlock, preemption) == 24);
static_assert(offsetof(CpuBlock, interrupt_depth) == 28);
static_assert(offsetof(CpuBlock, id) == 32);

}  // namespace tb::arch::x86
