// Steps on the way off the CPU, inlined into the functions that an application calls for a turn.
// For the runtime's own sources.
#pragma once

#include "base/assert.h"
#include "runtime/dispatch.h"
#include "runtime/turn.h"

namespace tb {

// The next one may be the same, if it goes before all others.
[[gnu::always_inline]] inline detail::Turn turn_to(ThreadRecord& self, sched::Entity& next) {
  auto& record = static_cast<ThreadRecord&>(next);
  if (&record == &self) [[unlikely]] {
    return {};
  }
  arch::set_current(&record);
  arch::prepare_switch(self.context, record.context);
  return {&self.context, &record.context};
}

// The turn that is not quick.
[[gnu::noinline]] detail::Turn begin_turn_with_a_look_at_the_clock(Cpu& cpu, sched::Leave reason);

[[gnu::always_inline]] inline detail::Turn begin_turn(Cpu& cpu, sched::Leave reason) {
  if (sched::Entity* const next = cpu.scheduler.leave_quickly(reason)) [[likely]] {
    return turn_to(current_thread(), *next);
  }
  return begin_turn_with_a_look_at_the_clock(cpu, reason);
}

[[gnu::always_inline]] inline Cpu& hold_cpu_to_block() {
  expects(arch::preemption_enabled() && !arch::in_interrupt(), "only a preemptible thread blocks");
  arch::disable_preemption();
  return this_cpu();
}

// Preemption is off. Parks unless there was a wake, or the thread was told to end: then it looks
// whether it can.
[[gnu::always_inline]] inline detail::Turn begin_wait_on(Cpu& cpu) {
  return cpu.scheduler.take_wakes_or_end_for_park() ? detail::Turn()
                                                    : begin_turn(cpu, sched::Leave::kParked);
}

// A wake that is not quick.
[[gnu::noinline, clang::preserve_most]] void wake_slowly(Cpu& cpu, ThreadRecord& thread,
                                                         sched::WakeKind kind,
                                                         sched::CpuScheduler::QuickWake quick);

// As wake(), with preemption off and not from an interrupt.
[[gnu::always_inline]] inline void wake_here(ThreadRecord& thread,
                                             sched::WakeKind kind = sched::WakeKind::kOrdinary) {
  Cpu& cpu = this_cpu();
  const auto quick = cpu.scheduler.wake_quickly(thread, kind);
  if (quick != sched::CpuScheduler::QuickWake::kDone) [[unlikely]] {
    wake_slowly(cpu, thread, kind, quick);
  }
}

// The same for a thread to which the caller has given something, and often waits for an answer: if
// both are Normal or Batch, it goes first once the caller blocks, or with the next look at who is
// ready, within a millisecond.
[[gnu::always_inline]] inline void wake_soon(ThreadRecord& thread) {
  Cpu& cpu = this_cpu();
  constexpr auto kKind = sched::WakeKind::kOrdinary;
  const auto quick = cpu.scheduler.wake_quickly_soon(thread, kKind);
  if (quick != sched::CpuScheduler::QuickWake::kDone) [[unlikely]] {
    wake_slowly(cpu, thread, kKind, quick);
  }
}

}  // namespace tb
