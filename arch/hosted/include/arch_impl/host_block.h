// The per-CPU block of a hosted CPU: what GS leads to on any x86, and the interrupt flag.
#pragma once

#include <cstddef>
#include <cstdint>

#include "arch_impl/gs_block.h"

namespace tb::arch::hosted {

// Owner CPU only, its signal handlers included; read and written by one instruction each.
struct HostBlock {
  x86::CpuBlock cpu;
  std::uint32_t interrupts_off;   // what the interrupt flag is on a machine, upside down
  std::uint32_t pending;          // interrupts that came while they were off; see interrupts.h
  std::uint64_t preempted_at;     // where a handler found the thread that shall lose the CPU,
  std::uint64_t preempted_flags;  // until the thread itself has put it on its stack
  std::uint64_t preempted_stack;
};

static_assert(offsetof(HostBlock, cpu) == 0);
static_assert(offsetof(HostBlock, interrupts_off) == 40);
static_assert(offsetof(HostBlock, pending) == 44);
static_assert(offsetof(HostBlock, preempted_at) == 48);
static_assert(offsetof(HostBlock, preempted_flags) == 56);
static_assert(offsetof(HostBlock, preempted_stack) == 64);

}  // namespace tb::arch::hosted
