// The decisions of one CPU's scheduler: who runs, and until when.
#include "sched/cpu_scheduler.h"

#include <algorithm>

namespace tb::sched {

CpuScheduler::CpuScheduler(CpuId id, Machine& machine, Entity& idle, const Config& config)
    : id_(id),
      machine_(machine),
      idle_(&idle),
      balancing_(config.balancing),
      balance_interval_(config.balance_interval),
      current_(&idle),
      run_queue_(config),
      turn_(id),
      ask_next_(index_of(id)) {
  idle.home.store(id);
  idle.restricted = false;  // it is nobody's to restrict
  idle.urgency = idle.own_urgency = Urgency::kNobody;
  idle.state.transition(ThreadState::kNew, ThreadState::kReady, id);
  idle.state.transition(ThreadState::kReady, ThreadState::kRunning, id);
}

Errands CpuScheduler::take_errands() {
  if (std::exchange(must_offer_, false)) {
    offer_urgent();
  }
  errands_pending_ &= ~kOther;
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
    run_queue_.charge(*current_, ran);
  }
  run_queue_.note_time(now);
}

Time CpuScheduler::timer_at(Time now) {
  // Others give no real-time threads to a CPU where they have had their share, until it looks.
  const Time share_ends = is_over_share_ ? run_queue_.end_of_share() : kNever;
  const Time sleeper = std::min(timers_.next(), share_ends);
  if (is_idle()) {
    return sleeper;
  }
  // The slice has gone on since the last reading of the clock.
  const Time slice_end = std::max(after(charged_until_, current_->slice_left), now);
  if (!run_queue_.empty()) {
    inbox_.watch();
    return std::min({sleeper, slice_end, after(now, kChargeInterval)});
  }
  // A lone thread may go on, unless that is more than it was admitted for.
  return current_->urgency == Urgency::kDeadline ? std::min(sleeper, slice_end) : sleeper;
}

// Others are ready, but it is no exchange among equals.
Entity* CpuScheduler::yield_seldom() { return leave_to_next(Leave::kYielded); }

void CpuScheduler::requeue(Entity& leaving, Leave reason) {
  if (goes_elsewhere(leaving)) {
    note_offer();
  }
  run_queue_.enqueue(leaving, reason == Leave::kYielded               ? EnqueueReason::kYielded
                              : leaving.slice_left > Duration::zero() ? EnqueueReason::kPreempted
                                                                      : EnqueueReason::kSliceOver);
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
void CpuScheduler::note_reading(Time now, Leave reason) {
  const bool waits_for_told_ones = backstop_.due() != kNever;
  const bool serves_deadline = current_->urgency == Urgency::kDeadline;
  pace_.note_reading(now,
                     is_idle()                  ? TurnPace::TurnEnd::kIdle
                     : reason == Leave::kParked ? TurnPace::TurnEnd::kWaits
                                                : TurnPace::TurnEnd::kOther,
                     waits_for_told_ones || serves_deadline ? TurnPace::Clock::kEachTurn
                                                            : TurnPace::Clock::kAsNeeded);
  show_pace();
}

void CpuScheduler::note_wait(Time begin, Time end) {
  pace_.note_wait(begin, end);
  show_pace();
}

void CpuScheduler::show_pace() {
  if (pace_.is_brief() != takes_brief_turns()) {
    // Relaxed: pairs with the load in takes_brief_turns(), for which any recent value will do.
    takes_brief_turns_.store(pace_.is_brief(), std::memory_order_relaxed);
  }
}

// What the current thread is has changed: others may run somebody here, or this CPU may fetch one.
void CpuScheduler::note_urgency() {
  const Urgency now = current_->urgency;
  show_urgency();
  if (now == Urgency::kDeadline) {
    pace_.read_clock_soon();
  }
  // Even if it is more urgent than before: who was asked for may have become less so on its way.
  if (machine_.urgent.any()) {
    ask_for_urgent();
  }
}

// Where they have had their share, real-time threads would only wait.
void CpuScheduler::show_urgency() {
  runs_.store(is_over_share_ ? Urgency::kDeadline : current_->urgency);
}

void CpuScheduler::note_share() {
  is_over_share_ = run_queue_.is_over_share();
  show_urgency();
  if (!is_over_share_ && machine_.urgent.any()) {
    ask_for_urgent();
  }
}

// What has come in and what time has brought.
void CpuScheduler::look_around(Time now, Leave reason) {
  if (is_idle()) {
    end_idle();
  }
  charge(now);
  note_reading(now, reason);
  if (run_queue_.is_over_share() != is_over_share_) [[unlikely]] {
    note_share();
  }
  if (has_arrivals()) {
    drain_inbox();
  }
  begin_arrived(now);
  if (backstop_.due() <= now) [[unlikely]] {
    tell_lost_ones_again(now);
  }
}

// After the last moment at which it could be sent elsewhere, where it would find the end too early.
void CpuScheduler::bring_heir(Entity& heir, const Entity& leaving) {
  stop_timer(heir);
  heir.wakes.add(Wakes(WakeKind::kOrdinary));
  static_cast<void>(enqueue_woken_seldom(heir));
  if (shares_turns_with(heir)) {
    run_queue_.bring_forward(heir, leaving);
  }
  begin_arrived(pace_.read_at());
}

// Its stack is not left yet, so the current thread is not among those that are shared. An interrupt
// may be somebody's who asks for work in vain.
void CpuScheduler::share_before(Leave reason, Keep keep) {
  if (reason == Leave::kPreempted && waits_briefly()) {
    no_longer_loaded();
  } else if (reason == Leave::kPreempted || must_share()) {
    share(keep);
  }
}

Decision CpuScheduler::reschedule(Leave reason, Time now, Entity* heir) {
  current_ends_ = reason == Leave::kExited;
  look_around(now, reason);
  Entity& leaving = *current_;
  // A wake that was taken off the inbox just now.
  if (reason == Leave::kParked && leaving.wakes.any()) [[unlikely]] {
    stop_timer(leaving);
    static_cast<void>(park_at_once());
    reason = Leave::kPreempted;
  }
  if (leaving.urgency == Urgency::kDeadline) [[unlikely]] {
    reason = leave_job(leaving, reason, now);
  }
  if (std::exchange(current_must_stand_still_, false)) [[unlikely]] {
    stop_timer(leaving);  // a park that it begins ends for no reason when it goes on
    reason = Leave::kSuspended;
  }
  const bool stays_ready = reason == Leave::kPreempted || reason == Leave::kYielded;
  // Who wants to park does so where it may run: there its park ends for no reason.
  const bool moves = std::exchange(current_must_move_, false) && reason != Leave::kExited;
  share_before(reason, stays_ready && !moves && !is_idle() ? Keep::kNone : Keep::kNext);
  note_threads();
  if (std::exchange(timer_fired_, false) && must_even_out(now)) {
    even_out();
  }
  const bool keeps_turn = reason == Leave::kPreempted && !is_idle() &&
                          leaving.slice_left > Duration::zero() &&
                          !run_queue_.front_preempts(leaving);
  if (stays_ready && !moves && (run_queue_.empty() || keeps_turn)) {
    offer_urgent_later();
    return {current_, timer_at(now)};
  }
  if (moves) [[unlikely]] {
    stop_timer(leaving);
    errands_.moved = &leaving;
    errands_pending_ |= kOther;
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
  offer_urgent_later();
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
  while (Sleeper* const due = timers_.take_due(now)) {
    Entity& entity = *due->entity;
    entity.sleeper = nullptr;
    if (entity.state.get() != ThreadState::kThrottled) {
      return &entity;
    }
    begin_next_period(entity, now);
  }
  return nullptr;
}

}  // namespace tb::sched
