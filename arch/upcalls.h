// Contract: the few functions that arch/ calls and runtime/ defines.
#pragma once

#include <cstdint>
#include <string_view>

#include "arch/fault.h"
#include "arch/system_call.h"

namespace tb::arch {

// The machine is up on the boot CPU: memory mapped, clock running, interrupts off, no other CPU
// started, preemption disabled once.
[[noreturn]] void on_boot();

// The same for every other CPU, on its own stack, which it may keep.
[[noreturn]] void on_cpu_started();

// From interrupt handlers, interrupts off: they may set the timer and ask for a reschedule, and
// touch nothing that belongs to a thread.
void on_timer();
void on_reschedule();

// Where an interrupt has found a thread.
struct Interrupted {
  std::uintptr_t instruction;
  std::uintptr_t stack_pointer;
  std::uintptr_t frame_pointer;
};

// On the way out of an interrupt, preemption disabled once, interrupts on, the interrupted thread's
// registers saved: a reschedule was requested. Returns when that thread is to go on. `found` is
// null if that is not known, or it was the runtime itself that asked.
void on_preempt(const Interrupted* found);

// An instruction faulted. Runs on a stack of its own, interrupts off. Returns to have the
// instruction tried again.
void on_fault(const Fault& fault);

// A thread executed the trap instruction. Preemption as the caller had it, interrupts on, on the
// caller's stack; may block. Returns what the trap returns.
std::uint64_t on_system_call(SystemCall& call, std::uint64_t number) asm("tb_on_system_call");

// Something the person in front should know, while booting; one line without its end.
void on_notice(std::string_view text);

// The machine has to stop before, or instead of, going on: prints the reason and ends it.
[[noreturn]] void on_panic(std::string_view reason);

}  // namespace tb::arch
