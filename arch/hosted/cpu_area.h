// The memory of one hosted CPU: its block, and its stacks, each above a page that is never mapped.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "arch/addresses.h"
#include "arch/cpu.h"
#include "arch_impl/host_block.h"
#include "base/units.h"

namespace tb::arch::hosted {

enum class SleepState : std::uint32_t { kAwake, kAsleep };

struct CpuState {
  HostBlock block;                    // GS leads here
  std::atomic<SleepState> sleep;      // the futex; set by the owner, cleared by whoever wakes it
  std::atomic<std::uint32_t> called;  // shared: 1 while a reschedule interrupt is on its way
  std::int32_t host_thread;           // its id; constant after start
  std::int32_t timer;                 // likewise
  bool in_fault;                      // owner only: another fault ends the machine
};

struct CpuArea {
  template <std::size_t Size>
  struct alignas(kPageSize) Stack {
    std::byte guard[kPageSize];
    std::byte bytes[Size];
    std::byte* top() { return bytes + Size; }
  };

  Stack<15 * kPageSize> main;    // the idle thread's
  Stack<31 * kPageSize> signal;  // of all handlers; the kernel puts all registers there
  alignas(kPageSize) CpuState state;
};

// Areas lie one behind the other, in the order of their CPUs.
inline CpuArea& cpu_area(CpuId id) { return reinterpret_cast<CpuArea*>(kCpuAreas)[index_of(id)]; }
inline CpuState& cpu_state(CpuId id) { return cpu_area(id).state; }

inline CpuState& this_cpu_state() {
  x86::CpuBlock* block;
  asm volatile("movq %%gs:0, %0" : "=r"(block));
  return *reinterpret_cast<CpuState*>(block);
}

// Memory for that many CPUs; false if the host has none.
bool make_cpu_areas(std::size_t count);

// Whether the address lies in the unmapped page below one of the stacks.
bool is_cpu_stack_guard(std::uintptr_t address);

}  // namespace tb::arch::hosted
