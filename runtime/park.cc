// Blocking until a time, and waking.
#include "runtime/park.h"

#include "arch/clock.h"
#include "arch/smp.h"
#include "runtime/dispatch.h"
#include "runtime/preemption.h"

namespace tb {

ParkEnd park_until(Time deadline) {
  expects(arch::preemption_enabled() && !arch::in_interrupt(), "only a preemptible thread blocks");
  const PreemptionGuard guard;
  if (this_cpu().scheduler.take_wakes()) {
    return ParkEnd::kWoken;
  }
  Cpu& cpu = this_cpu();
  advance_time(cpu);
  if (deadline <= cpu.now) {
    return ParkEnd::kTimedOut;
  }
  sched::Sleeper sleeper;
  if (deadline != kNever) {
    cpu.scheduler.wake_current_at(sleeper, deadline);
  }
  leave(sched::Leave::kParked);
  static_cast<void>(this_cpu().scheduler.take_wakes());
  return deadline != kNever && arch::now() >= deadline ? ParkEnd::kTimedOut : ParkEnd::kWoken;
}

void wake(ThreadRecord& thread, sched::WakeKind kind) {
  if (arch::in_interrupt()) {
    const auto tell = this_cpu().scheduler.wake_from_interrupt(thread, kind);
    if (tell) {
      interrupt(*tell);
    }
    return;
  }
  const PreemptionGuard guard;
  Cpu& cpu = this_cpu();
  if (!cpu.scheduler.wake_quickly(thread, kind)) [[unlikely]] {
    act_on(cpu, cpu.scheduler.wake(thread, kind));
  }
}

}  // namespace tb
