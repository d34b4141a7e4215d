// The decisions of one CPU's scheduler: who runs, and until when.
#include "sched/cpu_scheduler.h"

#include <algorithm>

namespace tb::sched {

CpuScheduler::CpuScheduler(CpuId id, Machine& machine, Entity& idle, const Config& config)
    : id_(id),
      machine_(machine),
      idle_(&idle),
      current_(&idle),
      run_queue_(config.quantum),
      turn_(id),
      ask_next_(index_of(id)) {
  idle.home.store(id);
  idle.restricted = false;  // it is nobody's to restrict
  idle.state.transition(ThreadState::kNew, ThreadState::kReady, id);
  idle.state.transition(ThreadState::kReady, ThreadState::kRunning, id);
}

Errands CpuScheduler::take_errands() {
  has_errands_ = false;
  return std::exchange(errands_, {});
}

void CpuScheduler::charge(Time now) {
  // A CPU of the hosted machine may wander between processors whose clocks differ a little.
  const Duration ran = std::max(now - charged_until_, Duration::zero());
  charged_until_ += ran;
  current_->cpu_time += ran;
  if (!is_idle()) {
    // Relaxed: pairs with the load in busy_time(), for which any recent value will do.
    busy_time_.store((busy_time() + ran).count(), std::memory_order_relaxed);
  }
  run_queue_.charge(*current_, ran);
}

Time CpuScheduler::timer_at(Time now) {
  const Time sleeper = timers_.next();
  if (run_queue_.empty() || is_idle()) {
    return sleeper;
  }
  inbox_.watch();
  // The slice has gone on since the last reading of the clock.
  const Time slice_end = after(charged_until_, run_queue_.slice_left(*current_));
  return std::min(sleeper, std::clamp(slice_end, now, after(now, kChargeInterval)));
}

void CpuScheduler::switch_to(Entity& next, Leave reason) {
  if (&next == current_) {
    next.state.transition(ThreadState::kReady, ThreadState::kRunning, id_);
    return;
  }
  if (reason == Leave::kPreempted && !is_idle()) {
    ++counters_.preemptions;
    ++current_->preemptions;
  }
  run(next, ThreadState::kReady);
}

// While threads take turns so fast that reading the clock would be a good part of it, it is read
// every so many turns, and what has passed is charged to whoever runs then.
void CpuScheduler::note_reading(Time now) {
  const bool is_fast = now - read_at_ < kQuickTurnsTime;
  const bool waits_for_told_ones = backstop_.due() != kNever;
  quick_turns_left_ = is_fast && !waits_for_told_ones ? kQuickTurns : 1;
  read_at_ = now;
}

// What has come in and what time has brought.
void CpuScheduler::look_around(Time now) {
  if (is_idle()) {
    end_idle();
  }
  if (has_arrivals()) {
    drain_inbox();
  }
  charge(now);
  note_reading(now);
  if (backstop_.due() <= now) [[unlikely]] {
    tell_lost_ones_again(now);
  }
}

// After the last moment at which it could be sent elsewhere, where it would find the end too early.
void CpuScheduler::bring_heir(Entity& heir, const Entity& leaving) {
  stop_timer(heir);
  heir.wakes.add(Wakes(WakeKind::kOrdinary));
  enqueue_woken(heir);
  run_queue_.bring_forward(heir, leaving);
}

Decision CpuScheduler::reschedule(Leave reason, Time now, Entity* heir) {
  look_around(now);
  Entity& leaving = *current_;
  // A wake that was taken off the inbox just now.
  if (reason == Leave::kParked && leaving.wakes.any()) [[unlikely]] {
    stop_timer(leaving);
    reason = Leave::kYielded;
  }
  const bool stays_ready = reason == Leave::kPreempted || reason == Leave::kYielded;
  // Who wants to park does so where it may run: there its park ends for no reason.
  const bool moves = std::exchange(current_must_move_, false) && reason != Leave::kExited;
  // Its stack is not left yet, so the current thread is not among those that are shared. An
  // interrupt may be somebody's who asks for work in vain.
  if (reason == Leave::kPreempted || must_share()) {
    share(stays_ready && !moves && !is_idle() ? Keep::kNone : Keep::kNext);
  }
  note_threads();
  if (std::exchange(timer_fired_, false) && run_queue_.movable_count() > 0) {
    even_out();
  }
  const bool slice_left = !is_idle() && run_queue_.slice_left(*current_) > Duration::zero();
  const bool keeps_turn = reason == Leave::kPreempted && slice_left;
  if (stays_ready && !moves && (run_queue_.empty() || keeps_turn)) {
    return {current_, timer_at(now)};
  }
  if (moves) [[unlikely]] {
    stop_timer(leaving);
    errands_.moved = &leaving;
    has_errands_ = true;
    set_aside(Leave::kMoved);
  } else {
    set_aside(reason);
  }
  if (heir != nullptr && heir->state.is_parked_on(id_)) {
    bring_heir(*heir, leaving);
  }
  Entity* const picked = run_queue_.take_next();
  if (picked == nullptr) {
    // The idle thread looks at the inbox before it sleeps.
    inbox_.watch();
    note_threads();
  }
  switch_to(picked != nullptr ? *picked : *idle_, reason);
  if (run_queue_.movable_count() > 0 && !is_shown_as_loaded()) [[unlikely]] {
    look_for_idle_ones_if_newly_loaded();
  }
  return {current_, timer_at(now)};
}

void CpuScheduler::complete_move(Entity& entity) { tell(hand_over(entity, ThreadState::kMoving)); }

void CpuScheduler::wake_current_at(Sleeper& sleeper, Time deadline) {
  sleeper.entity = current_;
  sleeper.wake_at = deadline;
  current_->sleeper = &sleeper;
  timers_.add(sleeper);
}

Entity* CpuScheduler::take_due_sleeper(Time now) {
  Sleeper* const due = timers_.take_due(now);
  if (due == nullptr) {
    return nullptr;
  }
  due->entity->sleeper = nullptr;
  return due->entity;
}

}  // namespace tb::sched
