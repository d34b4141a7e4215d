// From a signal to the runtime, and to the thread's loss of the CPU.
//
// A handler does what it has to at once and returns. If the thread below it shall lose the CPU, the
// handler has it go on at preemption_entry (preemption.S), which is an ordinary function on the
// thread's own stack: no signal is ever left in the middle, so a thread may go on on any thread of
// the host.
#include <cstdint>

#include "arch/cpu.h"
#include "arch/hosted/cpu_area.h"
#include "arch/hosted/pending.h"
#include "arch/hosted/process.h"
#include "arch/hosted/signals.h"
#include "arch/interrupts.h"
#include "base/units.h"

extern "C" {
extern const char preemption_entry[];
extern const char preemption_again[];
extern const char preemption_return_begin[];
extern const char preemption_return_end[];
extern const char red_zone_step[];  // a number, from link.ld
}

namespace tb::arch::hosted {
namespace {

std::uintptr_t address_of(const char* label) { return reinterpret_cast<std::uintptr_t>(label); }

// Has the interrupted thread go on at preemption_entry. Its stack is not touched here: the page may
// have to be filled first.
void divert(ucontext_t& context) {
  constexpr std::int64_t kDirectionFlag = 1 << 10;
  greg_t* const registers = context.uc_mcontext.gregs;
  HostBlock& block = this_cpu_state().block;
  block.interrupts_off = 1;
  const auto at = static_cast<std::uintptr_t>(registers[REG_RIP]);
  if (at >= address_of(preemption_return_begin) && at < address_of(preemption_return_end)) {
    registers[REG_RIP] = static_cast<greg_t>(address_of(preemption_again));
    return;
  }
  block.preempted_at = at;
  block.preempted_flags = static_cast<std::uint64_t>(registers[REG_EFL]);
  block.preempted_stack = static_cast<std::uint64_t>(registers[REG_RSP]);
  // Five words follow, and nine more, before a function is called.
  registers[REG_RSP] =
      static_cast<greg_t>(align_down(block.preempted_stack - address_of(red_zone_step), 16));
  registers[REG_EFL] &= ~kDirectionFlag;
  registers[REG_RIP] = static_cast<greg_t>(address_of(preemption_entry));
}

}  // namespace

void handle_interrupt(int signal, siginfo_t*, void* context) {
  note_pending(signal == kTimerSignal ? kTimerPending : kReschedulePending);
  if (!interrupts_enabled()) {
    // It may be on its way to sleep.
    this_cpu_state().sleep.store(SleepState::kAwake);
    return;
  }
  auto& interrupted = *static_cast<ucontext_t*>(context);
  if (!may_interrupt_at(static_cast<std::uintptr_t>(interrupted.uc_mcontext.gregs[REG_RIP]))) {
    interrupt_again_soon();
    return;
  }
  deliver_pending();
  if (preemption_enabled() && reschedule_requested()) {
    divert(interrupted);
  }
}

}  // namespace tb::arch::hosted
