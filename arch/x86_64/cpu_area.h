// The memory of one CPU: its stacks, each above a page that is never mapped, and its descriptors.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "arch/cpu.h"
#include "base/units.h"

namespace tb::arch::x86 {

// Intel SDM volume 3A, section 8.7.
struct [[gnu::packed]] TaskState {
  std::uint32_t reserved0;
  std::uint64_t privilege_stacks[3];
  std::uint64_t reserved1;
  std::uint64_t interrupt_stacks[7];
  std::uint64_t reserved2;
  std::uint16_t reserved3;
  std::uint16_t io_map;
};
static_assert(sizeof(TaskState) == 104);

// Which interrupt stack (IST) an entry of the IDT names.
enum class InterruptStack : std::uint8_t {
  kInterrupt = 1,
  kFault = 2,
  kNmi = 3,
  kDoubleFault = 4,
  kMachineCheck = 5,
};

struct alignas(kPageSize) CpuState {
  CpuBlock block;  // GS points here
  TaskState task;
  std::array<std::uint64_t, 5> descriptors;  // GDT: null, code, data, task state (two)
  std::uint32_t apic_id;
  bool in_fault;  // a fault is being handled: another one ends the machine
};
static_assert(offsetof(CpuState, block) == 0);
static_assert(sizeof(CpuState) == kPageSize);

struct CpuArea {
  template <std::size_t Size>
  struct alignas(kPageSize) Stack {
    std::byte guard[kPageSize];
    std::byte bytes[Size];
    std::byte* top() { return bytes + Size; }
  };

  Stack<4 * kPageSize> main;  // the idle thread's
  Stack<kPageSize> interrupt;
  Stack<3 * kPageSize> fault;  // a report is written from here
  Stack<kPageSize> nmi;
  Stack<3 * kPageSize> double_fault;
  Stack<kPageSize> machine_check;
  CpuState state;
};

// Areas lie one behind the other from this address, in the order of their CPUs' arrival.
inline constexpr std::uintptr_t kCpuAreas = 0x3000'0000'0000;

inline CpuArea& cpu_area(std::size_t arrival) {
  return reinterpret_cast<CpuArea*>(kCpuAreas)[arrival];
}

inline constexpr std::size_t kMaxCpuAreas = 1024;

// Whether the address lies in the unmapped page below one of the stacks.
bool is_cpu_stack_guard(std::uintptr_t address);

// The state of a CPU; constant after start.
CpuState& cpu_state(CpuId id);
inline CpuState& this_cpu_state() {
  CpuBlock* block;
  asm volatile("movq %%gs:0, %0" : "=r"(block));
  return *reinterpret_cast<CpuState*>(block);
}

}  // namespace tb::arch::x86
