// From a decision of the scheduler to another thread on the CPU. Here and in runtime/turn.h are the
// only switches.
#pragma once

#include <optional>

#include "base/time.h"
#include "runtime/cpu.h"
#include "runtime/thread_record.h"

namespace tb {

// The running thread; true in any context, for it travels with the thread.
inline ThreadRecord& current_thread() { return *static_cast<ThreadRecord*>(arch::current()); }

// Sets the running thread aside for the reason and runs whoever is next; returns when it is this
// thread's turn again, maybe on another CPU. Time has been advanced. Preemption is off, once, and
// interrupts are on.
void leave(sched::Leave reason);

// The two halves of that; for the heir, see CpuScheduler::reschedule(). Of the second, what comes
// before the switch.
sched::Decision decide(Cpu& cpu, sched::Leave reason, sched::Entity* heir = nullptr);
void carry_out(Cpu& cpu, const sched::Decision& decision);
void arm_timer_for(Cpu& cpu, const sched::Decision& decision);

// Sees to what has come up, until nothing has. Preemption is off, once.
void see_to_errands(Cpu& cpu);

// The same; the first thing a thread does after somebody switched to it.
[[gnu::always_inline]] inline void complete_switch() {
  Cpu& cpu = this_cpu();
  if (cpu.scheduler.has_errands()) [[unlikely]] {
    see_to_errands(cpu);
  }
}

// Reads the clock and wakes the sleepers that are due. Preemption is off.
void advance_time(Cpu& cpu);

// After the scheduler has brought a thread to a run queue: tells the CPU that it has named, if any,
// and sees to the timer and to the errands. Preemption is off.
void act_on(Cpu& cpu, std::optional<CpuId> told);

// Has that CPU go through the scheduler; the caller's own, too. From any context.
void interrupt(CpuId cpu);

// Sees to it that the timer fires when the scheduler or a sleeper needs it. Preemption is off. The
// time may be a cached one: a wish in the past fires at once, and the pass that follows reads the
// clock. An interrupt sets `armed_for` to kNever, so whatever it came for, the next call arms anew.
void arm_timer(Cpu& cpu, Time preempt_at);

// The body of every CPU's idle thread. Preemption is off, once.
[[noreturn]] void idle_loop();

}  // namespace tb
