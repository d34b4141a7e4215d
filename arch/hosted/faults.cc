// Faults: signals that an instruction has raised, in words, with the registers, for the runtime to
// judge.
#include <cstdint>

#include "arch/cpu.h"
#include "arch/fault.h"
#include "arch/hosted/cpu_area.h"
#include "arch/hosted/host_calls.h"
#include "arch/hosted/signals.h"
#include "arch/interrupts.h"
#include "arch/upcalls.h"
#include "arch_impl/exceptions.h"

namespace tb::arch {
namespace hosted {
namespace {

class Registers {
 public:
  explicit Registers(const ucontext_t& context) : values_(context.uc_mcontext.gregs) {}
  std::uint64_t operator[](int number) const { return static_cast<std::uint64_t>(values_[number]); }

 private:
  const greg_t* values_;
};

const char* name_of(std::uint64_t vector, std::uint64_t address) {
  if (vector == x86::kPageFaultVector && is_cpu_stack_guard(address)) {
    return "overflow of a CPU's own stack";
  }
  return vector < x86::kExceptionNames.size() ? x86::kExceptionNames[vector] : "unknown fault";
}

void report(const Registers& at) {
  const std::uint64_t vector = at[REG_TRAPNO];
  const bool page = vector == x86::kPageFaultVector;
  const std::uint64_t address = page ? at[REG_CR2] : 0;
  const Register registers[] = {
      {"rip", at[REG_RIP]}, {"rsp", at[REG_RSP]}, {"rflags", at[REG_EFL]}, {"error", at[REG_ERR]},
      {"rax", at[REG_RAX]}, {"rbx", at[REG_RBX]}, {"rcx", at[REG_RCX]},    {"rdx", at[REG_RDX]},
      {"rsi", at[REG_RSI]}, {"rdi", at[REG_RDI]}, {"rbp", at[REG_RBP]},    {"r8", at[REG_R8]},
      {"r9", at[REG_R9]},   {"r10", at[REG_R10]}, {"r11", at[REG_R11]},    {"r12", at[REG_R12]},
      {"r13", at[REG_R13]}, {"r14", at[REG_R14]}, {"r15", at[REG_R15]},    {"cr2", address},
  };
  on_fault({.kind = page ? FaultKind::kPage : FaultKind::kOther,
            .what = name_of(vector, address),
            .access = x86::access_of(at[REG_ERR]),
            .address = address,
            .instruction = at[REG_RIP],
            .frame_pointer = at[REG_RBP],
            .registers = registers});
}

}  // namespace

void handle_fault(int, siginfo_t*, void* context) {
  CpuState& state = this_cpu_state();
  if (state.in_fault) {
    on_panic("a fault while handling a fault");
  }
  state.in_fault = true;
  const std::uint32_t interrupts_off = state.block.interrupts_off;
  state.block.interrupts_off = 1;
  report(Registers(*static_cast<const ucontext_t*>(context)));
  state.block.interrupts_off = interrupts_off;
  state.in_fault = false;
}

bool is_cpu_stack_guard(std::uintptr_t address) {
  const auto in = [address](const std::byte* guard) {
    return address - reinterpret_cast<std::uintptr_t>(guard) < kPageSize;
  };
  const CpuArea& area = cpu_area(current_cpu());
  return in(area.main.guard) || in(area.signal.guard);
}

}  // namespace hosted

// The host reads it for us, and says so if it cannot.
Frame frame_at(std::uintptr_t frame_pointer) {
  struct Range {
    std::uint64_t begin;
    std::uint64_t size;
  };
  Frame frame{};
  if (frame_pointer % sizeof(std::uintptr_t) != 0) {
    return frame;
  }
  const Range here = {hosted::word(&frame), sizeof frame};
  const Range there = {frame_pointer, sizeof frame};
  const auto process = static_cast<std::uint64_t>(hosted::cpu_state(CpuId{0}).host_thread);
  const std::int64_t size =
      host_call(SYS_process_vm_readv, process, hosted::word(&here), 1, hosted::word(&there), 1, 0);
  return size == sizeof frame ? frame : Frame{};
}

}  // namespace tb::arch
