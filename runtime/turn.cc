// The ways off the CPU that a thread chooses: it yields, parks, waits for another one's end, ends.
#include "runtime/turn.h"

#include "arch/annotations.h"
#include "runtime/admission.h"
#include "runtime/dispatch.h"
#include "runtime/forced_end.h"
#include "runtime/no_termination.h"
#include "runtime/panic.h"
#include "runtime/park.h"
#include "runtime/preemption.h"
#include "runtime/program.h"
#include "runtime/thread_group.h"
#include "runtime/thread_life.h"
#include "runtime/thread_table.h"
#include "runtime/turn_steps.h"

namespace tb {
namespace {

bool has_exit_handlers(const ThreadRecord& self) {
  const ThreadDetails* const details = self.find_details();
  return details != nullptr && details->exit_handlers != nullptr;
}

}  // namespace

[[gnu::cold]] void end_without_return() {
  if (arch::thread_pointer_of(current_thread().context) != 0) {
    leave_thread();
  }
  end_current_thread();
}

bool must_end(std::uint32_t reasons_of_the_caller) {
  const ThreadRecord& self = current_thread();
  return self.wakes.told_to_end() && self.reasons_to_stay == reasons_of_the_caller;
}

[[gnu::cold]] void run_exit_handlers() {
  ThreadRecord& self = current_thread();
  detail::begin_to_stay();
  // A handler may register another.
  while (has_exit_handlers(self)) {
    ThreadDetails& details = *self.find_details();
    ExitHandler& last = *details.exit_handlers;
    details.exit_handlers = last.before;
    last.call_and_free(last);
  }
}

void end_if_told() {
  if (must_end()) {
    end_without_return();
  }
}

detail::Turn begin_turn_with_a_look_at_the_clock(Cpu& cpu, sched::Leave reason) {
  if (reason == sched::Leave::kYielded && must_end()) [[unlikely]] {
    let_go_of_the_cpu();
    end_without_return();
  }
  advance_time(cpu);
  const sched::Decision decision = decide(cpu, reason);
  arm_timer_for(cpu, decision);
  return turn_to(current_thread(), *decision.next);
}

namespace {

// The park of one that was woken, or told to end.
[[gnu::noinline]] detail::Turn park_after_a_look(Cpu& cpu) {
  if (must_end()) {
    let_go_of_the_cpu();
    end_without_return();
  }
  return cpu.scheduler.take_lasting_wakes_for_park()
             ? detail::Turn()
             : begin_turn_with_a_look_at_the_clock(cpu, sched::Leave::kParked);
}

// As begin_turn() for one that parks until that other thread has ended, and lets it go first.
[[gnu::always_inline]] inline detail::Turn begin_turn_for(Cpu& cpu, ThreadRecord& awaited) {
  if (sched::Entity* const next = cpu.scheduler.leave_quickly_for(awaited)) [[likely]] {
    return turn_to(current_thread(), *next);
  }
  cpu.scheduler.let_go_first(awaited);
  return begin_turn_with_a_look_at_the_clock(cpu, sched::Leave::kParked);
}

ThreadRecord* joiner_of(const ThreadRecord& thread) {
  const std::uint32_t joiner = thread.life.joiner();
  return joiner != LifeWord<>::kNobody ? thread_table().find(joiner) : nullptr;
}

// The same for the end of the calling thread, whose joiner is next if it is parked here. One that
// is just ready may have looked for the end already: it has to be woken when the end has come.
void leave_for_good() {
  ThreadRecord& self = current_thread();
  ThreadRecord* const joiner = joiner_of(self);
  Cpu& cpu = this_cpu();
  const bool waits = joiner != nullptr && joiner->state.is_parked_on(cpu.scheduler.id());
  const sched::Decision decision = decide(cpu, sched::Leave::kExited, joiner);
  if (waits && decision.next == joiner) {
    self.life.end_joined();
  }
  carry_out(cpu, decision);
}

// A Deadline thread ends as an ordinary one, so that its CPU may promise its time to others.
[[gnu::noinline, gnu::cold, clang::preserve_most]] void give_promise_back(
    const ThreadRecord& self) {
  while (self.policy == SchedulingPolicy::kDeadline) {
    let_go_of_the_cpu();
    static_cast<void>(dismiss(self.id(), {}));
    arch::disable_preemption();
  }
}

// The same for a thread that ends, and has no turn to come. A joiner that is parked here can be the
// next before the stack is left, for it runs here, later.
[[gnu::always_inline]] inline sched::Entity* end_turn_quickly(Cpu& cpu, ThreadRecord& self) {
  ThreadRecord* const joiner = joiner_of(self);
  if (joiner == nullptr) {
    return cpu.scheduler.leave_quickly(sched::Leave::kExited);
  }
  sched::Entity* const next = cpu.scheduler.leave_quickly_to(*joiner);
  if (next != nullptr) [[likely]] {
    self.life.end_joined();
  }
  return next;
}

}  // namespace

namespace detail {

Turn begin_yield() { return begin_turn(hold_cpu_to_block(), sched::Leave::kYielded); }

Turn begin_park() {
  Cpu& cpu = hold_cpu_to_block();
  return cpu.scheduler.may_park_for_lasting_wakes() ? begin_turn(cpu, sched::Leave::kParked)
                                                    : park_after_a_look(cpu);
}

JoinTurn begin_join(ThreadId id) {
  ThreadRecord* const thread = thread_table().find(id.index);
  const ThreadRecord& self = current_thread();
  if (thread == nullptr || thread == &self) {
    return {Turn(),
            thread != nullptr && id == self.id() ? Joining::kJoinsItself : Joining::kNotFound};
  }
  Cpu& cpu = hold_cpu_to_block();
  Joining joining = Joining::kNotFound;
  switch (thread->life.join(id.generation, self.index)) {
    case JoinOutcome::kWait:
      // Whatever wakes it, it looks whether the end has come.
      return {cpu.scheduler.take_wakes_or_end_for_park() ? Turn() : begin_turn_for(cpu, *thread),
              Joining::kMustWait};
    case JoinOutcome::kEnded:
      cpu.spares.give_record(*thread);
      joining = Joining::kDone;
      break;
    case JoinOutcome::kTaken:
      joining = Joining::kTaken;
      break;
    case JoinOutcome::kNotFound:
      break;
  }
  let_go_of_the_cpu();
  return {Turn(), joining};
}

Turn begin_wait() {
  hold_cpu_to_block();
  return wait_on();
}

Turn wait_on() {
  Cpu& cpu = this_cpu();
  return cpu.scheduler.take_wakes_for_park() ? Turn() : begin_turn(cpu, sched::Leave::kParked);
}

void end_turn() {
  complete_switch();
  look_again_if_told();
  let_go_of_the_cpu();
}

void end_park() {
  complete_switch();
  look_again_if_told();
  static_cast<void>(this_cpu().scheduler.take_lasting_wakes());
  let_go_of_the_cpu();
}

bool is_told_to_end() { return current_thread().wakes.told_to_end(); }

void end_wait() {
  complete_switch();
  look_again_if_told();
  static_cast<void>(this_cpu().scheduler.take_wakes());
  let_go_of_the_cpu();
}

bool end_wait(ThreadId id) {
  complete_switch();
  look_again_if_told();
  Cpu& cpu = this_cpu();
  static_cast<void>(cpu.scheduler.take_wakes());
  ThreadRecord& thread = *thread_table().find(id.index);
  const bool has_ended = thread.life.has_ended(id.generation);
  if (has_ended) {
    cpu.spares.give_record(thread);
    let_go_of_the_cpu();
  } else if (must_end() && thread.life.give_up_join(id.generation, current_thread().index)) {
    let_go_of_the_cpu();
    end_without_return();
  }
  return has_ended;
}

}  // namespace detail

void park() {
  detail::take(detail::begin_wait());
  detail::end_wait();
}

void end_current_thread() {
  ThreadRecord& self = current_thread();
  if (has_exit_handlers(self)) [[unlikely]] {
    run_exit_handlers();
  }
  arch::disable_preemption();
  if (self.policy == SchedulingPolicy::kDeadline) [[unlikely]] {
    give_promise_back(self);
  }
  Cpu& cpu = this_cpu();
  if (sched::Entity* const next = end_turn_quickly(cpu, self)) [[likely]] {
    detail::take(turn_to(self, *next));
  } else {
    advance_time(cpu);  // or what it has done last would be charged to the next one
    leave_for_good();
  }
  panic("a thread that has ended goes on");
}

void finish_thread(ThreadRecord& thread) {
  expects(&thread != &current_thread(), "nobody stands on the stack");
  expects(thread.first_lender == nullptr, "a thread that ends has no mutex that others wait for");
  if (ThreadGroup* const group = group_of(thread); group != nullptr) [[unlikely]] {
    group->leave(thread);
  }
  arch::end_context(thread.context);
  arch::stack_left(thread.stack.bytes(), sizeof(SpareStack));
  if (thread.release_stack != nullptr) [[unlikely]] {
    thread.release_stack(thread);
  }
  if (thread.life.is_settled()) {
    return;
  }
  // If nobody waits, another thread shall not have to.
  if (!thread.life.is_awaited()) {
    this_cpu().spares.take_stack_from(thread);
  }
  const LifeWord<>::End end = thread.life.end();
  switch (end.outcome) {
    case EndOutcome::kWakeJoiner:
      wake(*thread_table().find(end.joiner));
      break;
    case EndOutcome::kFree:
      this_cpu().spares.give_record(thread);
      break;
    case EndOutcome::kKeep:
      break;
  }
}

}  // namespace tb
