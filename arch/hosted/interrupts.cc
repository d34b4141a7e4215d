// Interrupts of a hosted CPU: signals to its thread, sleep until one comes, and the loss of the
// CPU.
//
// A handler does what it has to at once and returns. If the thread below it shall lose the CPU, the
// handler has it go on at preemption_entry (start.S), which is an ordinary function on the thread's
// own stack: no signal is ever left in the middle, so a thread may go on on any thread of the host.
#include <atomic>
#include <cstdint>

#include "arch/clock.h"
#include "arch/cpu.h"
#include "arch/hosted/cpu_area.h"
#include "arch/hosted/host_calls.h"
#include "arch/hosted/signals.h"
#include "arch/interrupts.h"
#include "arch/smp.h"
#include "arch/upcalls.h"
#include "arch_impl/vector_state.h"
#include "base/units.h"

extern "C" {
extern const char preemption_entry[];
extern const char preemption_again[];
extern const char preemption_return_begin[];
extern const char preemption_return_end[];
extern const char red_zone_step[];  // a number, from link.ld
}

namespace tb::arch {
namespace hosted {
namespace {

// In HostBlock::pending.
constexpr std::uint32_t kTimerPending = 1 << 0;
constexpr std::uint32_t kReschedulePending = 1 << 1;

std::uint32_t take_pending() {
  std::uint32_t taken = 0;
  asm volatile("xchgl %0, %%gs:44" : "+r"(taken) : : "memory");
  return taken;
}

bool is_pending() {
  std::uint32_t pending;
  asm volatile("movl %%gs:44, %0" : "=r"(pending) : : "memory");
  return pending != 0;
}

void note_pending(std::uint32_t kind) {
  asm volatile("orl %0, %%gs:44" : : "r"(kind) : "memory", "cc");
}

// Interrupts are off, or this is a handler.
void deliver_pending() {
  const std::uint32_t pending = take_pending();
  if (pending == 0) {
    return;
  }
  CpuState& state = this_cpu_state();
  ++state.block.cpu.interrupt_depth;
  if ((pending & kTimerPending) != 0) {
    on_timer();
  }
  if ((pending & kReschedulePending) != 0) {
    // Before the runtime looks what there is to do: whoever calls after that signals again.
    state.called.store(0);
    on_reschedule();
  }
  --state.block.cpu.interrupt_depth;
}

// The thread may lose the CPU in here and come back much later, on another one even. A function of
// its own, so that only a switch pays for the room on the stack.
[[gnu::noinline]] void reschedule_this_thread() {
  void* const area =
      __builtin_alloca_with_align(x86::vector_state_size(), x86::kVectorStateAlignment * 8);
  x86::save_vector_state(area);
  restore_interrupts(InterruptState::kEnabled);
  on_preempt();
  static_cast<void>(disable_interrupts());
  x86::restore_vector_state(area);
}

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
  deliver_pending();
  if (preemption_enabled() && reschedule_requested()) {
    divert(*static_cast<ucontext_t*>(context));
  }
}

// Called by start.S, and by whoever turns interrupts on, on the thread's stack; interrupts are off.
extern "C" void reschedule_preempted_thread() {
  for (;;) {
    deliver_pending();
    if (!preemption_enabled() || !reschedule_requested()) {
      return;
    }
    disable_preemption();
    reschedule_this_thread();
    // A request that came meanwhile is seen by the loop.
    static_cast<void>(enable_preemption());
  }
}

void serve_pending_interrupts() {
  static_cast<void>(disable_interrupts());
  reschedule_preempted_thread();
  restore_interrupts(InterruptState::kEnabled);
}

void let_other_cpus_run() { host_call(SYS_sched_yield); }

}  // namespace hosted

// Called with interrupts off, so a signal that comes is noted, and clears the state. Whoever calls
// from another CPU sets `called` and then looks at the state; here it is the other way round.
void wait_for_interrupt() {
  using namespace hosted;
  CpuState& state = this_cpu_state();
  state.sleep.store(SleepState::kAsleep);
  while (!is_pending() && state.called.load() == 0 && state.sleep.load() == SleepState::kAsleep) {
    wait_on(&state.sleep, static_cast<std::uint32_t>(SleepState::kAsleep));
  }
  state.sleep.store(SleepState::kAwake);
  if (state.called.load() != 0) {
    note_pending(kReschedulePending);
  }
  restore_interrupts(InterruptState::kEnabled);
}

void send_reschedule(CpuId cpu) {
  using namespace hosted;
  CpuState& state = cpu_state(cpu);
  if (state.called.exchange(1) != 0) {
    return;
  }
  SleepState seen = SleepState::kAsleep;
  if (state.sleep.compare_exchange_strong(seen, SleepState::kAwake)) {
    wake_on(&state.sleep);
    return;
  }
  const auto process = static_cast<std::uint64_t>(cpu_state(CpuId{0}).host_thread);
  host_call(SYS_tgkill, process, static_cast<std::uint64_t>(state.host_thread), kRescheduleSignal);
}

}  // namespace tb::arch
