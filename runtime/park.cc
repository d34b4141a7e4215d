// Blocking and waking on top of the scheduler's park word.
#include "runtime/park.h"

#include "arch/clock.h"
#include "arch/smp.h"
#include "runtime/dispatch.h"
#include "runtime/preemption.h"

namespace tb {

ParkEnd park_until(Time deadline) {
  expects(arch::preemption_enabled() && !arch::in_interrupt(), "only a preemptible thread blocks");
  const PreemptionGuard guard;
  ThreadRecord& self = current_thread();
  if (self.park_word.consume()) {
    return ParkEnd::kWoken;
  }
  Cpu& cpu = this_cpu();
  advance_time(cpu);
  if (deadline <= cpu.now) {
    return ParkEnd::kTimedOut;
  }
  if (deadline != kNever) {
    self.wake_at = deadline;
    self.pinned = true;
    cpu.timers.add(self);
  }
  leave(sched::Leave::kParked, cpu.now);
  static_cast<void>(self.park_word.consume());
  if (deadline == kNever) {
    return ParkEnd::kWoken;
  }
  // Home is where the timer is, and a thread runs at home.
  Cpu& home = this_cpu();
  home.timers.cancel(self);
  self.pinned = false;
  const bool timed_out = home.now >= deadline;
  if (home.scheduler.is_wanted_elsewhere(self)) [[unlikely]] {
    leave(sched::Leave::kYielded, home.now);
  }
  return timed_out ? ParkEnd::kTimedOut : ParkEnd::kWoken;
}

void wake(ThreadRecord& thread, sched::WakeKind kind) {
  if (arch::in_interrupt()) {
    const auto tell = this_cpu().scheduler.wake_from_interrupt(thread, kind);
    if (tell == arch::current_cpu()) {
      arch::request_reschedule();
    } else if (tell) {
      arch::send_reschedule(*tell);
    }
    return;
  }
  const PreemptionGuard guard;
  Cpu& cpu = this_cpu();
  const auto tell = cpu.scheduler.wake(thread, kind);
  if (tell) {
    arch::send_reschedule(*tell);
  } else {
    arm_timer(cpu, cpu.scheduler.preempt_at(cpu.now));
  }
}

}  // namespace tb
