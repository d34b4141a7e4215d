// Leaving the CPU and coming back, by request of the thread or of an interrupt.
#include "runtime/dispatch.h"

#include <algorithm>

#include "arch/clock.h"
#include "arch/context.h"
#include "arch/smp.h"
#include "arch/system_call.h"
#include "arch/upcalls.h"
#include "runtime/forced_end.h"
#include "runtime/pause.h"
#include "runtime/preemption.h"
#include "runtime/scheduling.h"
#include "runtime/thread_life.h"

namespace tb {

void interrupt(CpuId cpu) {
  if (cpu == arch::current_cpu()) {
    arch::request_reschedule();
  } else {
    arch::send_reschedule(cpu);
  }
}

void arm_timer(Cpu& cpu, Time wanted) {
  if (wanted < cpu.armed_for) {
    cpu.armed_for = wanted;
    arch::set_timer(wanted);
  }
}

namespace {

void tell_all(const CpuSet& cpus) {
  CpuId cpu = cpus.first_from(CpuId{0});
  while (cpu != kNoCpu) {
    interrupt(cpu);
    const std::uint32_t next = index_of(cpu) + 1;
    cpu = next < CpuSet::kMaxCpus ? cpus.first_from(CpuId{next}) : kNoCpu;
    // Around the end there are only those that have been told.
    cpu = cpu != kNoCpu && index_of(cpu) >= next ? cpu : kNoCpu;
  }
}

void answer(Cpu& cpu, sched::Request* request) {
  while (request != nullptr) {
    sched::Request& answered = *request;
    request = answered.next;
    sched::Entity& requester = *answered.requester;
    // release: the answer; pairs with the requester's acquire. From here on the request is gone.
    answered.answered.store(true, std::memory_order_release);
    act_on(cpu, cpu.scheduler.wake(requester));
  }
}

// Before its end is seen to, or its name would be another's; and before requests are, which may
// make it something else, or another CPU's.
[[gnu::noinline, gnu::cold]] void tell_of_misses(Cpu& cpu) {
  while (sched::Entity* const missed = cpu.scheduler.take_missed()) {
    const sched::DeadlineServer& server = sched::server_of(*missed);
    server.on_miss(
        {static_cast<ThreadRecord&>(*missed).id(), server.missed_deadline, server.missed_at});
  }
}

// All but the end of a thread. What came up may bring up more.
[[gnu::noinline]] void see_to_others(Cpu& cpu) {
  while (cpu.scheduler.has_errands()) {
    const sched::Errands errands = cpu.scheduler.take_errands();
    if (errands.moved != nullptr) {
      cpu.scheduler.complete_move(*errands.moved);
    }
    tell_all(errands.tell);
    answer(cpu, errands.answered);
  }
}

}  // namespace

void see_to_errands(Cpu& cpu) {
  if (cpu.scheduler.has_missed()) [[unlikely]] {
    tell_of_misses(cpu);
  }
  if (sched::Entity* const exited = cpu.scheduler.take_exited()) {
    cpu.scheduler.complete_exit(*exited);
    finish_thread(static_cast<ThreadRecord&>(*exited));
  }
  if (cpu.scheduler.has_errands()) [[unlikely]] {
    see_to_others(cpu);
  }
}

void act_on(Cpu& cpu, std::optional<CpuId> told) {
  if (told) {
    interrupt(*told);
  }
  if (cpu.scheduler.lacks_timer()) {
    cpu.now = arch::now();
    arm_timer(cpu, cpu.scheduler.timer_at(cpu.now));
  }
  complete_switch();
}

void advance_time(Cpu& cpu) {
  cpu.now = arch::now();
  while (sched::Entity* const sleeper = cpu.scheduler.take_due_sleeper(cpu.now)) {
    act_on(cpu, cpu.scheduler.wake(*sleeper));
  }
  tell_of_misses(cpu);
}

sched::Decision decide(Cpu& cpu, sched::Leave reason, sched::Entity* heir) {
  expects(!arch::in_interrupt(), "interrupt handlers do not block");
  // Before the inbox is read: a request from here on belongs to the next pass.
  arch::clear_reschedule_request();
  return cpu.scheduler.reschedule(reason, cpu.now, heir);
}

void leave(sched::Leave reason) {
  Cpu& cpu = this_cpu();
  carry_out(cpu, decide(cpu, reason));
}

void arm_timer_for(Cpu& cpu, const sched::Decision& decision) {
  // A CPU without work may find its sleepers due before it sleeps, and arms it then.
  if (!cpu.scheduler.is_idle()) {
    arm_timer(cpu, decision.timer_at);
  }
}

void carry_out(Cpu& cpu, const sched::Decision& decision) {
  arm_timer_for(cpu, decision);
  ThreadRecord& self = current_thread();
  auto& next = static_cast<ThreadRecord&>(*decision.next);
  if (&next != &self) {
    arch::set_current(&next);
    arch::switch_context(self.context, next.context);
  }
  complete_switch();
}

// The interrupt would have kept the vector registers, which the caller of a system call still uses.
void answer_reschedule_request() {
  const PreemptionGuard guard;
  arch::keep_vector_state([](void*) { arch::on_preempt(nullptr); }, nullptr);
}

namespace arch {

void on_timer() {
  Cpu& cpu = this_cpu();
  ++cpu.timer_interrupts;
  cpu.armed_for = kNever;
  cpu.scheduler.note_timer_interrupt();
  request_reschedule();
}

void on_reschedule() {
  ++this_cpu().reschedule_interrupts;
  request_reschedule();
}

void on_preempt(const Interrupted* found) {
  hold_if_paused();
  Cpu& cpu = this_cpu();
  advance_time(cpu);
  leave(sched::Leave::kPreempted);
  if (current_thread().wakes.told_to_end()) [[unlikely]] {
    end_where_found(found);
  }
}

}  // namespace arch

}  // namespace tb
