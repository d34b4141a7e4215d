// Leaving the CPU and coming back, by request of the thread or of an interrupt.
#include "runtime/dispatch.h"

#include <algorithm>

#include "arch/clock.h"
#include "arch/context.h"
#include "arch/interrupts.h"
#include "arch/smp.h"
#include "arch/system_call.h"
#include "arch/upcalls.h"
#include "runtime/park.h"
#include "runtime/preemption.h"
#include "runtime/thread_life.h"

namespace tb {

void advance_time(Cpu& cpu) {
  cpu.now = arch::now();
  cpu.timers.expire(cpu.now, [&cpu](ThreadRecord& sleeper) {
    // A sleeper's timer is on its home CPU, so nobody has to be told.
    static_cast<void>(cpu.scheduler.wake(sleeper));
  });
}

void arm_timer(Cpu& cpu, Time preempt_at) {
  const Time wanted = std::min(preempt_at, cpu.timers.next());
  if (wanted < cpu.armed_for) {
    cpu.armed_for = wanted;
    arch::set_timer(wanted);
  }
}

namespace {

[[gnu::noinline]] void hand_over(Cpu& cpu, sched::Entity& thread) {
  if (const auto tell = cpu.scheduler.hand_over(thread)) {
    arch::send_reschedule(*tell);
  }
}

// Returns the reason for which the current thread leaves.
[[gnu::noinline]] sched::Leave hand_over_movers(Cpu& cpu, sched::Leave reason) {
  const sched::Movers movers = cpu.scheduler.take_movers();
  sched::Entity* next = movers.ready;
  while (next != nullptr) {
    sched::Entity& thread = *next;
    next = thread.inbox_link;
    hand_over(cpu, thread);
  }
  return movers.leaving ? sched::Leave::kMoved : reason;
}

}  // namespace

void leave(sched::Leave reason, Time now) {
  expects(!arch::in_interrupt(), "interrupt handlers do not block");
  Cpu& cpu = this_cpu();
  // Before the inbox is read: a request from here on belongs to the next pass.
  arch::clear_reschedule_request();
  ThreadRecord& self = current_thread();
  const sched::Decision decision = cpu.scheduler.reschedule(reason, now);
  arm_timer(cpu, decision.preempt_at);
  if (cpu.scheduler.has_movers()) [[unlikely]] {
    reason = hand_over_movers(cpu, reason);
  }
  auto& next = static_cast<ThreadRecord&>(*decision.next);
  if (&next == &self) {
    return;
  }
  cpu.left = {&self, reason};
  arch::set_current(&next);
  arch::switch_context(self.context, next.context);
  complete_switch();
}

void complete_switch() {
  Cpu& cpu = this_cpu();
  const LeftThread left = cpu.left;
  switch (left.reason) {
    case sched::Leave::kParked:
      if (cpu.scheduler.complete_park(*left.thread) == sched::ParkOutcome::kWokenMeanwhile) {
        // This thread was picked when nobody else was ready.
        arm_timer(cpu, cpu.scheduler.preempt_at(cpu.now));
      }
      break;
    case sched::Leave::kExited:
      cpu.scheduler.complete_exit(*left.thread);
      finish_thread(*left.thread);
      break;
    case sched::Leave::kMoved:
      hand_over(cpu, *left.thread);
      break;
    case sched::Leave::kPreempted:
    case sched::Leave::kYielded:
      break;
  }
}

void yield_now() {
  expects(arch::preemption_enabled() && !arch::in_interrupt(), "only a preemptible thread yields");
  const PreemptionGuard guard;
  leave(sched::Leave::kYielded, this_cpu().now);
}

// The interrupt would have kept the vector registers, which the caller of a system call still uses.
void answer_reschedule_request() {
  const PreemptionGuard guard;
  arch::keep_vector_state([](void*) { arch::on_preempt(); }, nullptr);
}

void idle_loop() {
  for (;;) {
    Cpu& cpu = this_cpu();
    advance_time(cpu);
    leave(sched::Leave::kYielded, cpu.now);
    static_cast<void>(arch::disable_interrupts());
    if (cpu.scheduler.has_work() || arch::reschedule_requested()) {
      arch::restore_interrupts(arch::InterruptState::kEnabled);
    } else {
      // Whoever pushes on the inbox from here on sends an interrupt, which ends the sleep.
      arch::wait_for_interrupt();
    }
  }
}

namespace arch {

void on_timer() {
  Cpu& cpu = this_cpu();
  ++cpu.timer_interrupts;
  cpu.armed_for = kNever;
  request_reschedule();
}

void on_reschedule() {
  ++this_cpu().reschedule_interrupts;
  request_reschedule();
}

void on_preempt() {
  Cpu& cpu = this_cpu();
  advance_time(cpu);
  leave(sched::Leave::kPreempted, cpu.now);
}

}  // namespace arch

}  // namespace tb
