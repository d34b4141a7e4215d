// The usual cases of a CPU's scheduling, inlined where they are called: no clock, no timer, nobody
// to tell. All else is decided by the functions in cpu_scheduler.cc; cpu_scheduler.h has both.
#pragma once

#include <optional>
#include <utility>

#include "sched/cpu_scheduler.h"

namespace tb::sched {

inline bool CpuScheduler::start_quickly(Entity& entity, std::optional<CpuId> where) {
  if ((where && *where != id_) || !inbox_.is_watching() || !nobody_else_wants(entity) ||
      !may_run_here(entity) || !shares_turns_with(entity) || !pace_.take_quick_start()) {
    return false;
  }
  begin_here(entity);
  return true;
}

[[gnu::always_inline]] inline void CpuScheduler::begin_here(Entity& entity) {
  // Relaxed: pairs with nothing, the transition publishes it.
  entity.home.store(id_, std::memory_order_relaxed);
  entity.state.transition(ThreadState::kNew, ThreadState::kReady, id_);
  enqueue(entity, EnqueueReason::kSpawned);
}

inline CpuScheduler::QuickWake CpuScheduler::wake_quickly(Entity& entity, WakeKind kind) {
  if (!is_home_of(entity) || !entity.state.is_parked_on(id_) || entity.has_timer() ||
      !inbox_.is_watching() || !stays_here(entity) || goes_elsewhere(entity)) {
    return QuickWake::kNot;
  }
  entity.wakes.add(Wakes(kind));
  return enqueue_woken(entity) ? QuickWake::kPreempts : QuickWake::kDone;
}

inline CpuScheduler::QuickWake CpuScheduler::wake_quickly_soon(Entity& entity, WakeKind kind) {
  const QuickWake quick = wake_quickly(entity, kind);
  const bool waits = quick == QuickWake::kPreempts && entity.urgency == Urgency::kFair &&
                     current_->urgency == Urgency::kFair;
  return waits ? QuickWake::kDone : quick;
}

[[gnu::always_inline]] inline void CpuScheduler::note_own_wakes() {
  if (current_->posts.has_wakes()) [[unlikely]] {
    current_->wakes.add(current_->posts.take_wakes());
  }
  if (has_arrivals()) [[unlikely]] {
    current_->wakes.add(Wakes::from_note(inbox_.take_note_about(current_->post)));
  }
}

inline bool CpuScheduler::park_at_once() {
  if (current_->burst > 0) {
    run_queue_.end_burst(*current_);
  }
  return true;
}

[[gnu::always_inline]] inline void CpuScheduler::enqueue(Entity& entity, EnqueueReason reason) {
  if (!run_queue_.enqueue_usual(entity, reason)) [[unlikely]] {
    enqueue_seldom(entity, reason);
  }
}

inline void CpuScheduler::let_go_first(Entity& entity) {
  if (is_fresh_here(entity)) {
    run_queue_.bring_forward(entity, *current_);
  }
}

[[gnu::always_inline]] inline std::optional<CpuId> CpuScheduler::enqueue_woken(Entity& entity) {
  entity.state.transition(ThreadState::kParked, ThreadState::kReady, id_);
  enqueue(entity, EnqueueReason::kWoken);
  return preempt_for(entity);
}

inline bool CpuScheduler::is_calm(Leave reason) {
  return inbox_.empty() && (!must_share() || (reason == Leave::kParked && waits_briefly())) &&
         pace_.take_quick_turn();
}

inline Entity* CpuScheduler::leave_quickly(Leave reason) {
  if (run_queue_.empty() || !is_calm(reason)) [[unlikely]] {
    return nullptr;
  }
  return reason == Leave::kYielded ? yield_quickly() : leave_to_next(reason);
}

[[gnu::always_inline]] inline Entity* CpuScheduler::leave_to_next(Leave reason) {
  set_aside(reason);
  Entity& next = *run_queue_.take_next();
  run(next, ThreadState::kReady);
  return &next;
}

[[gnu::always_inline]] inline Entity* CpuScheduler::yield_quickly() {
  Entity& yielding = *current_;
  Entity* const next = run_queue_.exchange_usual(yielding);
  if (next == nullptr) [[unlikely]] {
    return yield_seldom();
  }
  yielding.state.transition(ThreadState::kRunning, ThreadState::kReady, id_);
  run(*next, ThreadState::kReady);
  return next;
}

inline Entity* CpuScheduler::leave_quickly_for(Entity& entity) {
  if (!is_fresh_here(entity)) {
    return leave_quickly(Leave::kParked);
  }
  if (!is_calm(Leave::kParked)) [[unlikely]] {
    return nullptr;
  }
  run_queue_.remove_usual(entity);
  run_queue_.inherit(entity, *current_);
  set_aside(Leave::kParked);
  run(entity, ThreadState::kReady);
  return &entity;
}

inline Entity* CpuScheduler::leave_quickly_to(Entity& joiner) {
  if (!joiner.state.is_parked_on(id_) || joiner.has_timer() || !shares_turns_with(joiner) ||
      !is_calm(Leave::kExited)) {
    return nullptr;
  }
  run_queue_.inherit(joiner, *current_);
  if (joiner.burst > 0) [[unlikely]] {
    run_queue_.end_burst(joiner);
  }
  set_aside(Leave::kExited);
  run(joiner, ThreadState::kParked);
  return &joiner;
}

// The next one is another than the current one, and stands in no queue.
[[gnu::always_inline]] inline void CpuScheduler::run(Entity& next, ThreadState from) {
  next.state.transition(from, ThreadState::kRunning, id_);
  ++counters_.switches;
  ++next.switches_in;
  const Urgency before = std::exchange(current_, &next)->urgency;
  if (next.urgency != before) [[unlikely]] {
    note_urgency();
  }
}

[[gnu::always_inline]] inline void CpuScheduler::set_aside(Leave reason) {
  Entity& leaving = *current_;
  switch (reason) {
    case Leave::kParked:
      leaving.state.transition(ThreadState::kRunning, ThreadState::kParked, id_);
      return;
    case Leave::kExited:
      leaving.state.transition(ThreadState::kRunning, ThreadState::kExiting, id_);
      exited_ = &leaving;
      errands_pending_ |= kExited;
      return;
    case Leave::kThrottled:
      leaving.state.transition(ThreadState::kRunning, ThreadState::kThrottled, id_);
      wait_for_next_period(leaving);
      return;
    case Leave::kSuspended:
      leaving.state.transition(ThreadState::kRunning, ThreadState::kSuspended, id_);
      return;
    case Leave::kMoved:
      leaving.state.transition(ThreadState::kRunning, ThreadState::kMoving, id_);
      return;
    case Leave::kPreempted:
    case Leave::kYielded:
      leaving.state.transition(ThreadState::kRunning, ThreadState::kReady, id_);
      if (!is_idle()) {
        requeue(leaving, reason);
      }
      return;
  }
}

}  // namespace tb::sched
