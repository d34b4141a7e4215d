// Exceptions after their first instructions: in words, with the registers, for the runtime to
// judge.
#include <array>
#include <cstdint>

#include "arch/cpu.h"
#include "arch/fault.h"
#include "arch/upcalls.h"
#include "arch/x86_64/address_space.h"
#include "arch/x86_64/cpu_area.h"
#include "arch/x86_64/registers.h"
#include "arch/x86_64/smp_internal.h"
#include "arch_impl/exceptions.h"

namespace tb::arch {
namespace x86 {
namespace {

// As interrupt_entry.S pushes it.
struct ExceptionFrame {
  std::uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
  std::uint64_t vector;
  std::uint64_t error_code;
  std::uint64_t rip, cs, rflags, rsp, ss;
};
static_assert(sizeof(ExceptionFrame) == 22 * 8);

constexpr std::uint64_t kNmi = 2;

void report(const ExceptionFrame& frame) {
  const bool page = frame.vector == kPageFaultVector;
  const std::uint64_t address = page ? read_cr2() : 0;
  const Register registers[] = {
      {"rip", frame.rip}, {"rsp", frame.rsp}, {"rflags", frame.rflags}, {"error", frame.error_code},
      {"rax", frame.rax}, {"rbx", frame.rbx}, {"rcx", frame.rcx},       {"rdx", frame.rdx},
      {"rsi", frame.rsi}, {"rdi", frame.rdi}, {"rbp", frame.rbp},       {"r8", frame.r8},
      {"r9", frame.r9},   {"r10", frame.r10}, {"r11", frame.r11},       {"r12", frame.r12},
      {"r13", frame.r13}, {"r14", frame.r14}, {"r15", frame.r15},       {"cr2", address},
  };
  const char* const what = page && is_cpu_stack_guard(address) ? "overflow of a CPU's own stack"
                                                               : kExceptionNames[frame.vector];
  on_fault({.kind = page ? FaultKind::kPage : FaultKind::kOther,
            .what = what,
            .access = access_of(frame.error_code),
            .address = address,
            .instruction = frame.rip,
            .frame_pointer = frame.rbp,
            .registers = registers});
}

}  // namespace

// Called by interrupt_entry.S on a stack for exceptions, interrupts off.
extern "C" void handle_exception(const ExceptionFrame* frame) {
  if (frame->vector == kNmi && stop_requested()) {
    note_stopped();
    halt();
  }
  CpuState& state = this_cpu_state();
  if (state.in_fault) {
    on_panic("a fault while handling a fault");
  }
  state.in_fault = true;
  report(*frame);
  state.in_fault = false;
}

}  // namespace x86

Frame frame_at(std::uintptr_t frame_pointer) {
  constexpr std::uintptr_t kWord = sizeof(std::uintptr_t);
  if (frame_pointer % kWord != 0 || !x86::is_readable(frame_pointer) ||
      !x86::is_readable(frame_pointer + kWord)) {
    return {0, 0};
  }
  const auto* const words = reinterpret_cast<const std::uintptr_t*>(frame_pointer);
  return {words[0], words[1]};
}

}  // namespace tb::arch
