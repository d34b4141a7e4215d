// Deadline threads on their CPU: when a job begins, when it has to wait for the next period, and
// what is said when one is late. What a job is, deadline_server.h says.
#include <algorithm>
#include <utility>

#include "sched/cpu_scheduler.h"

namespace tb::sched {

void CpuScheduler::admit_new(Entity& entity, const SchedulingParameters& parameters,
                             const CpuSet& allowed, CpuId cpu) const {
  set_parameters(entity, parameters);
  set_affinity(entity, CpuSet::only(cpu));
  entity.details.load()->wanted_affinity = allowed & machine_.all;
}

// Where it is no part of a usual turn: once, for the code's size.
void CpuScheduler::enqueue_seldom(Entity& entity, EnqueueReason reason) {
  if (entity.urgency == Urgency::kDeadline) {
    beginning_.push_back(entity);
    pace_.read_clock_soon();
  } else {
    run_queue_.enqueue(entity, reason);
  }
}
std::optional<CpuId> CpuScheduler::enqueue_woken_seldom(Entity& entity) {
  return enqueue_woken(entity);
}

// Takes a ready thread off the queue it stands in, and one that waits for its period out of that;
// false if it is neither.
bool CpuScheduler::take_off(Entity& entity) {
  if (entity.state.get() == ThreadState::kThrottled) {
    stop_timer(entity);
    entity.state.transition(ThreadState::kThrottled, ThreadState::kReady, id_);
    return true;
  }
  if (entity.urgency == Urgency::kDeadline && server_of(entity).ready_hook.linked) {
    run_queue_.remove(entity);
    server_of(entity).left_at = pace_.read_at();
    return true;
  }
  if (!entity.run_queue_hook.linked) {
    return false;
  }
  if (entity.urgency == Urgency::kDeadline) {
    beginning_.remove(entity);
  } else {
    run_queue_.remove(entity);
  }
  return true;
}

void CpuScheduler::begin_arrived(Time now) {
  while (Entity* const entity = beginning_.pop_front()) {
    make_ready_or_wait(*entity, become_ready(server_of(*entity), entity->slice_left, now));
  }
}

// It is ready, and stands nowhere.
void CpuScheduler::make_ready_or_wait(Entity& entity, Begin begin) {
  if (begin == Begin::kNow) {
    run_queue_.enqueue(entity, EnqueueReason::kWoken);
    return;
  }
  entity.state.transition(ThreadState::kReady, ThreadState::kThrottled, id_);
  wait_for_next_period(entity);
}

void CpuScheduler::wait_for_next_period(Entity& entity) {
  // Relaxed: pairs with nothing, who has made it a Deadline thread has seen them.
  Sleeper& sleeper = entity.details.load(std::memory_order_relaxed)->next_period;
  sleeper.entity = &entity;
  sleeper.wake_at = next_release(server_of(entity));
  entity.sleeper = &sleeper;
  timers_.add(sleeper);
}

void CpuScheduler::begin_next_period(Entity& entity, Time now) {
  DeadlineServer& server = server_of(entity);
  // No deadline is later than the end of the period.
  if (!server.job_is_over) {
    note_miss(entity, now);
  }
  entity.state.transition(ThreadState::kThrottled, ThreadState::kReady, id_);
  make_ready_or_wait(entity, replenish(server, entity.slice_left, now));
}

// Who yields has done his job; what is left of the budget goes back.
Leave CpuScheduler::leave_job(Entity& leaving, Leave reason, Time now) {
  DeadlineServer& server = server_of(leaving);
  server.left_at = now;
  if (reason == Leave::kPreempted) {
    return leaving.slice_left > Duration::zero() ? Leave::kPreempted : Leave::kThrottled;
  }
  if (now > server.deadline) {
    note_miss(leaving, now);
  }
  server.job_is_over = true;
  if (reason != Leave::kYielded) {
    return reason;
  }
  leaving.slice_left = std::min(leaving.slice_left, Duration::zero());
  return Leave::kThrottled;
}

void CpuScheduler::note_miss(Entity& entity, Time now) {
  DeadlineServer& server = server_of(entity);
  ++server.misses;
  server.missed_deadline = server.deadline;
  server.missed_at = now;
  if (server.on_miss != nullptr && !std::exchange(server.is_to_be_told, true)) {
    server.next_missed = std::exchange(missed_, &entity);
    errands_pending_ |= kOther;
  }
}

Entity* CpuScheduler::take_first_missed() {
  DeadlineServer& server = server_of(*missed_);
  server.is_to_be_told = false;
  return std::exchange(missed_, std::exchange(server.next_missed, nullptr));
}

// The current thread has just become what it is.
void CpuScheduler::begin_turn(Entity& entity) {
  if (entity.urgency == Urgency::kDeadline) {
    entity.slice_left = Duration::zero();
    static_cast<void>(begin_job(server_of(entity), entity.slice_left, pace_.read_at()));
  } else {
    run_queue_.begin_turn(entity);
  }
}

}  // namespace tb::sched
