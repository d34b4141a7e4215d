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
  idle.state.transition(ThreadState::kNew, ThreadState::kReady, id);
  idle.state.transition(ThreadState::kReady, ThreadState::kRunning, id);
}

Errands CpuScheduler::take_errands() {
  has_errands_ = false;
  return std::exchange(errands_, {});
}

void CpuScheduler::charge(Time now) {
  // A cached time may be older than the last reading.
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

void CpuScheduler::set_aside(Leave reason) {
  Entity& leaving = *current_;
  switch (reason) {
    case Leave::kParked:
      leaving.state.transition(ThreadState::kRunning, ThreadState::kParking, id_);
      return;
    case Leave::kExited:
      leaving.state.transition(ThreadState::kRunning, ThreadState::kExiting, id_);
      return;
    case Leave::kMoved:
      leaving.state.transition(ThreadState::kRunning, ThreadState::kMoving, id_);
      if (leaving.has_timer.load(std::memory_order_relaxed)) {  // pairs with nothing: its own
        cancel_timer(leaving);
      }
      return;
    case Leave::kPreempted:
    case Leave::kYielded:
      leaving.state.transition(ThreadState::kRunning, ThreadState::kReady, id_);
      if (!is_idle()) {
        run_queue_.enqueue(leaving, reason == Leave::kYielded ? EnqueueReason::kYielded
                                                              : EnqueueReason::kSliceOver);
      }
      return;
  }
}

void CpuScheduler::switch_to(Entity& next, Leave reason) {
  next.state.transition(ThreadState::kReady, ThreadState::kRunning, id_);
  if (&next == current_) {
    return;
  }
  ++counters_.switches;
  ++next.switches_in;
  if (reason == Leave::kPreempted && !is_idle()) {
    ++counters_.preemptions;
    ++current_->preemptions;
  }
  current_ = &next;
}

Decision CpuScheduler::reschedule(Leave reason, Time now) {
  if (has_arrivals()) {
    drain_inbox();
  }
  charge(now);
  if (backstop_.due() <= now) [[unlikely]] {
    tell_lost_ones_again(now);
  }
  const bool stays_ready = reason == Leave::kPreempted || reason == Leave::kYielded;
  // Who wants to park does so where it may run: there its park ends for no reason.
  const bool moves = std::exchange(current_must_move_, false) && reason != Leave::kExited;
  // Its stack is not left yet, so the current thread is not among those that are shared. An
  // interrupt may be somebody's who asks for work in vain.
  if (reason == Leave::kPreempted ||
      (run_queue_.movable_count() > 0 && (!is_shown_as_loaded() || machine_.idle.any()))) {
    share(stays_ready && !moves && !is_idle() ? Keep::kNone : Keep::kNext);
  }
  const bool slice_left = !is_idle() && run_queue_.slice_left(*current_) > Duration::zero();
  const bool keeps_turn = reason == Leave::kPreempted && slice_left;
  if (stays_ready && !moves && (run_queue_.empty() || keeps_turn)) {
    return {current_, timer_at(now)};
  }
  if (moves) [[unlikely]] {
    errands_.leaving_moves = has_errands_ = true;
    set_aside(Leave::kMoved);
  } else {
    set_aside(reason);
  }
  Entity* const picked = run_queue_.take_next();
  switch_to(picked != nullptr ? *picked : *idle_, reason);
  if (run_queue_.movable_count() > 0 && !is_shown_as_loaded()) [[unlikely]] {
    look_for_idle_ones_if_newly_loaded();
  }
  return {current_, timer_at(now)};
}

ParkOutcome CpuScheduler::complete_park(Entity& entity) {
  // From the commit on the thread may be another CPU's, so its state is settled before.
  entity.state.transition(ThreadState::kParking, ThreadState::kParked, id_);
  const ParkOutcome outcome = entity.park_word.commit();
  if (outcome == ParkOutcome::kWokenMeanwhile) {
    tell(bring_woken(entity));
  }
  return outcome;
}

void CpuScheduler::complete_move(Entity& entity) { tell(hand_over(entity, ThreadState::kMoving)); }

void CpuScheduler::complete_exit(Entity& entity) {
  entity.state.transition(ThreadState::kExiting, ThreadState::kDead, id_);
  Request* last = entity.requests.close();
  while (last != nullptr) {
    Request* const next = last->next;
    last->result = RequestResult::kThreadNotFound;
    note_answered(*last);
    last = next;
  }
}

void CpuScheduler::wake_current_at(Time deadline) {
  current_->wake_at = deadline;
  // Relaxed: pairs with the load in bring_woken(), which the park word orders.
  current_->has_timer.store(true, std::memory_order_relaxed);
  timers_.add(*current_);
}

Entity* CpuScheduler::take_due_sleeper(Time now) {
  Entity* const sleeper = timers_.take_due(now);
  if (sleeper != nullptr) {
    // release: this CPU touches the timer no more; pairs with the acquire in has_timer's readers.
    sleeper->has_timer.store(false, std::memory_order_release);
  }
  return sleeper;
}

}  // namespace tb::sched
