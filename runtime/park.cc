// Blocking until a time, and waking.
#include "runtime/park.h"

#include "arch/clock.h"
#include "arch/smp.h"
#include "runtime/dispatch.h"
#include "runtime/forced_end.h"
#include "runtime/preemption.h"
#include "runtime/turn_steps.h"

namespace tb {

ParkEnd park_until(Time deadline) {
  expects(arch::preemption_enabled() && !arch::in_interrupt(), "only a preemptible thread blocks");
  const PreemptionGuard guard;
  if (this_cpu().scheduler.take_wakes_for_park()) {
    return ParkEnd::kWoken;
  }
  Cpu& cpu = this_cpu();
  advance_time(cpu);
  if (deadline <= cpu.now) {
    act_on(cpu, cpu.scheduler.must_preempt());
    return ParkEnd::kTimedOut;
  }
  sched::Sleeper sleeper;
  if (deadline != kNever) {
    cpu.scheduler.wake_current_at(sleeper, deadline);
  }
  leave(sched::Leave::kParked);
  look_again_if_told();
  static_cast<void>(this_cpu().scheduler.take_wakes());
  return deadline != kNever && arch::now() >= deadline ? ParkEnd::kTimedOut : ParkEnd::kWoken;
}

[[gnu::noinline, clang::preserve_most]] void wake_slowly(Cpu& cpu, ThreadRecord& thread,
                                                         sched::WakeKind kind,
                                                         sched::CpuScheduler::QuickWake quick) {
  const bool preempts = quick == sched::CpuScheduler::QuickWake::kPreempts;
  act_on(cpu, preempts ? std::optional(cpu.scheduler.id()) : cpu.scheduler.wake(thread, kind));
}

namespace {

[[gnu::noinline]] void wake_from_interrupt(ThreadRecord& thread, sched::WakeKind kind) {
  if (const auto tell = this_cpu().scheduler.wake_from_interrupt(thread, kind)) {
    interrupt(*tell);
  }
}

}  // namespace

void wake(ThreadRecord& thread, sched::WakeKind kind) {
  if (arch::in_interrupt()) {
    wake_from_interrupt(thread, kind);
    return;
  }
  const PreemptionGuard guard;
  wake_here(thread, kind);
}

}  // namespace tb
