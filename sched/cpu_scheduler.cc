// The decisions of one CPU's scheduler.
#include "sched/cpu_scheduler.h"

#include <algorithm>

namespace tb::sched {

CpuScheduler::CpuScheduler(CpuId id, std::span<CpuScheduler* const> peers, Entity& idle,
                           const Config& config)
    : id_(id), peers_(peers), idle_(&idle), current_(&idle), run_queue_(config.quantum) {
  idle.home = id;
  idle.state.transition(ThreadState::kNew, ThreadState::kReady);
  idle.state.transition(ThreadState::kReady, ThreadState::kRunning);
}

std::optional<CpuId> CpuScheduler::push_to_home(Entity& entity) {
  const CpuId home = entity.home.load();
  // The inbox may hand the thread on at once, so it must not be touched after the push.
  const InboxWas was = peers_[index_of(home)]->inbox_.push(entity);
  return was == InboxWas::kEmpty ? std::optional(home) : std::nullopt;
}

std::optional<CpuId> CpuScheduler::start(Entity& entity, CpuId where) {
  expects(index_of(where) < peers_.size(), "the thread's CPU exists");
  entity.home = where;
  if (where == id_) {
    entity.state.transition(ThreadState::kNew, ThreadState::kReady);
    run_queue_.enqueue(entity, EnqueueReason::kSpawned);
    return std::nullopt;
  }
  entity.state.transition(ThreadState::kNew, ThreadState::kWaking);
  return push_to_home(entity);
}

std::optional<CpuId> CpuScheduler::wake(Entity& entity, WakeKind kind) {
  if (entity.park_word.wake(kind) == WakeOutcome::kNoted) {
    return std::nullopt;
  }
  if (entity.home.load() == id_) {
    entity.state.transition(ThreadState::kParked, ThreadState::kReady);
    run_queue_.enqueue(entity, EnqueueReason::kWoken);
    return std::nullopt;
  }
  entity.state.transition(ThreadState::kParked, ThreadState::kWaking);
  return push_to_home(entity);
}

std::optional<CpuId> CpuScheduler::wake_from_interrupt(Entity& entity, WakeKind kind) {
  if (entity.park_word.wake(kind) == WakeOutcome::kNoted) {
    return std::nullopt;
  }
  entity.state.transition(ThreadState::kParked, ThreadState::kWaking);
  return push_to_home(entity);
}

void CpuScheduler::drain_inbox() {
  if (inbox_.empty()) {
    return;
  }
  Entity* entity = inbox_.take_all();
  while (entity != nullptr) {
    Entity* const next = entity->inbox_link;
    entity->state.transition(ThreadState::kWaking, ThreadState::kReady);
    run_queue_.enqueue(*entity, EnqueueReason::kWoken);
    ++counters_.inbox_arrivals;
    entity = next;
  }
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

Time CpuScheduler::preempt_at(Time now) const {
  if (run_queue_.empty() || is_idle()) {
    return kNever;
  }
  // The slice has gone on since the last reading of the clock.
  const Time slice_end = after(charged_until_, run_queue_.slice_left(*current_));
  return std::clamp(slice_end, now, after(now, kChargeInterval));
}

void CpuScheduler::set_aside(Leave reason) {
  Entity& leaving = *current_;
  switch (reason) {
    case Leave::kParked:
      leaving.state.transition(ThreadState::kRunning, ThreadState::kParking);
      return;
    case Leave::kExited:
      leaving.state.transition(ThreadState::kRunning, ThreadState::kExiting);
      return;
    case Leave::kMoved:
      leaving.state.transition(ThreadState::kRunning, ThreadState::kMoving);
      return;
    case Leave::kPreempted:
    case Leave::kYielded:
      leaving.state.transition(ThreadState::kRunning, ThreadState::kReady);
      if (!is_idle()) {
        run_queue_.enqueue(leaving, reason == Leave::kYielded ? EnqueueReason::kYielded
                                                              : EnqueueReason::kSliceOver);
      }
      return;
  }
}

void CpuScheduler::switch_to(Entity& next, Leave reason) {
  next.state.transition(ThreadState::kReady, ThreadState::kRunning);
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

bool CpuScheduler::is_wanted_elsewhere(const Entity& entity) const {
  const CpuId wanted = entity.wanted_home.load();
  if (wanted == kNoCpu) [[likely]] {
    return false;
  }
  return wanted != id_ && !entity.pinned;
}

// The next thread that may run here. Those before it that may not are put on the list; never the
// current one, which still stands on its stack: a wish that came too late for reschedule() to see
// is for the next look.
Entity* CpuScheduler::pick_and_part() {
  for (;;) {
    Entity* const picked = run_queue_.pick();
    if (picked == nullptr || picked == current_ || !is_wanted_elsewhere(*picked)) {
      return picked;
    }
    picked->inbox_link = movers_.ready;
    movers_.ready = picked;
  }
}

std::optional<CpuId> CpuScheduler::hand_over(Entity& entity) {
  const ThreadState from = entity.state.get();
  entity.state.transition(from, ThreadState::kWaking);
  // The wish may be another than the one that was seen, and may change again before it arrives: it
  // is looked at wherever the thread is about to run.
  const CpuId wanted = entity.wanted_home.load();
  entity.home = wanted != kNoCpu ? wanted : id_;
  return push_to_home(entity);
}

Decision CpuScheduler::reschedule(Leave reason, Time now) {
  drain_inbox();
  charge(now);
  const bool stays_ready = reason == Leave::kPreempted || reason == Leave::kYielded;
  const bool moves = stays_ready && is_wanted_elsewhere(*current_);
  const bool may_stay = stays_ready && !moves;
  const bool slice_left = !is_idle() && run_queue_.slice_left(*current_) > Duration::zero();
  const bool keeps_turn = reason == Leave::kPreempted && slice_left;
  if (may_stay && (run_queue_.empty() || keeps_turn)) {
    return {current_, preempt_at(now)};
  }
  if (moves) [[unlikely]] {
    movers_.leaving = true;
    set_aside(Leave::kMoved);
  } else {
    set_aside(reason);
  }
  Entity* const picked = pick_and_part();
  switch_to(picked != nullptr ? *picked : *idle_, reason);
  return {current_, preempt_at(now)};
}

ParkOutcome CpuScheduler::complete_park(Entity& entity) {
  // From the commit on the thread may be another CPU's, so its state is settled before.
  entity.state.transition(ThreadState::kParking, ThreadState::kParked);
  const ParkOutcome outcome = entity.park_word.commit();
  if (outcome == ParkOutcome::kWokenMeanwhile) {
    entity.state.transition(ThreadState::kParked, ThreadState::kReady);
    run_queue_.enqueue(entity, EnqueueReason::kWoken);
  }
  return outcome;
}

}  // namespace tb::sched
