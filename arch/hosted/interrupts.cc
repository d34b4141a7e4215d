// Interrupts of a hosted CPU: what they bring, sleep until one comes, and the loss of the CPU.
#include <atomic>
#include <cstdint>

#include "arch/clock.h"
#include "arch/cpu.h"
#include "arch/hosted/cpu_area.h"
#include "arch/hosted/host_calls.h"
#include "arch/hosted/pending.h"
#include "arch/hosted/signals.h"
#include "arch/interrupts.h"
#include "arch/smp.h"
#include "arch/upcalls.h"
#include "arch_impl/vector_state.h"

namespace tb::arch {
namespace hosted {
namespace {

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

// The thread may lose the CPU in here and come back much later, on another one even. A function of
// its own, so that only a switch pays for the room on the stack.
[[gnu::noinline]] void reschedule_this_thread(const Interrupted* found) {
  void* const area =
      __builtin_alloca_with_align(x86::vector_state_size(), x86::kVectorStateAlignment * 8);
  x86::save_vector_state(area);
  restore_interrupts(InterruptState::kEnabled);
  on_preempt(found);
  static_cast<void>(disable_interrupts());
  x86::restore_vector_state(area);
}

}  // namespace

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

void serve_interrupts(const Interrupted* found) {
  for (;;) {
    deliver_pending();
    if (!preemption_enabled() || !reschedule_requested()) {
      return;
    }
    disable_preemption();
    reschedule_this_thread(found);
    // A request that came meanwhile is seen by the loop.
    static_cast<void>(enable_preemption());
  }
}

void serve_pending_interrupts() {
  static_cast<void>(disable_interrupts());
  serve_interrupts();
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
