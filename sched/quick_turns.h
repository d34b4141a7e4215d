// The usual cases of a CPU's scheduling, inlined where they are called: no clock, no timer, nobody
// to tell. All else is decided by the functions in cpu_scheduler.cc; cpu_scheduler.h has both.
#pragma once

#include <optional>

#include "sched/cpu_scheduler.h"

namespace tb::sched {

inline bool CpuScheduler::start_quickly(Entity& entity, std::optional<CpuId> where) {
  if ((where && *where != id_) || !inbox_.is_watching() || !nobody_else_wants(entity) ||
      !may_run_here(entity)) {
    return false;
  }
  start_here(entity);
  return true;
}

[[gnu::always_inline]] inline void CpuScheduler::start_here(Entity& entity) {
  // Relaxed: pairs with nothing, the transition publishes it.
  entity.home.store(id_, std::memory_order_relaxed);
  entity.state.transition(ThreadState::kNew, ThreadState::kReady, id_);
  run_queue_.enqueue(entity, EnqueueReason::kSpawned);
}

inline bool CpuScheduler::wake_quickly(Entity& entity, WakeKind kind) {
  if (!is_home_of(entity) || !entity.state.is_parked_on(id_) || entity.has_timer() ||
      !inbox_.is_watching() || !nobody_else_wants(entity)) {
    return false;
  }
  entity.wakes.add(Wakes(kind));
  enqueue_woken(entity);
  return true;
}

inline void CpuScheduler::let_go_first(Entity& entity) {
  if (is_fresh_here(entity)) {
    run_queue_.bring_forward(entity, *current_);
  }
}

[[gnu::always_inline]] inline void CpuScheduler::enqueue_woken(Entity& entity) {
  entity.state.transition(ThreadState::kParked, ThreadState::kReady, id_);
  run_queue_.enqueue(entity, EnqueueReason::kWoken);
}

inline bool CpuScheduler::is_calm() {
  if (!inbox_.empty() || must_share() || --quick_turns_left_ == 0) [[unlikely]] {
    quick_turns_left_ = 1;
    return false;
  }
  return true;
}

inline Entity* CpuScheduler::leave_quickly(Leave reason) {
  if (run_queue_.empty() || !is_calm()) [[unlikely]] {
    return nullptr;
  }
  set_aside(reason);
  Entity& next = *run_queue_.take_next();
  run(next, ThreadState::kReady);
  return &next;
}

inline Entity* CpuScheduler::leave_quickly_for(Entity& entity) {
  if (!is_fresh_here(entity)) {
    return leave_quickly(Leave::kParked);
  }
  if (!is_calm()) [[unlikely]] {
    return nullptr;
  }
  run_queue_.remove(entity);
  run_queue_.inherit(entity, *current_);
  set_aside(Leave::kParked);
  run(entity, ThreadState::kReady);
  return &entity;
}

inline Entity* CpuScheduler::leave_quickly_to(Entity& joiner) {
  if (!joiner.state.is_parked_on(id_) || joiner.has_timer() || !is_calm()) {
    return nullptr;
  }
  run_queue_.inherit(joiner, *current_);
  set_aside(Leave::kExited);
  run(joiner, ThreadState::kParked);
  return &joiner;
}

// The next one is another than the current one, and stands in no queue.
[[gnu::always_inline]] inline void CpuScheduler::run(Entity& next, ThreadState from) {
  next.state.transition(from, ThreadState::kRunning, id_);
  ++counters_.switches;
  ++next.switches_in;
  current_ = &next;
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
      return;
    case Leave::kMoved:
      leaving.state.transition(ThreadState::kRunning, ThreadState::kMoving, id_);
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

}  // namespace tb::sched
