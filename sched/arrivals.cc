// What others have pushed to a CPU: threads that are to run here, and requests for its threads.
#include <algorithm>
#include <utility>

#include "sched/cpu_scheduler.h"

namespace tb::sched {
namespace {

bool is_no_thread(const Entity& entity) {
  const ThreadState state = entity.state.get();
  return state == ThreadState::kDead || state == ThreadState::kNew;
}

}  // namespace

void CpuScheduler::drain_inbox() {
  const CpuInbox::Contents contents = inbox_.take_all();
  const CpuId inviter = take_invitation();
  if (contents.noted != nullptr) {
    look_at_wakes(entity_of(*contents.noted), Wakes::from_note(contents.note), inviter);
  }
  InboxLink* link = contents.first;
  while (link != nullptr) {
    InboxLink& taken = *link;
    // Once it is taken in, the link may be pushed again.
    link = CpuInbox::after(taken);
    if (is_arrival(taken)) {
      take_in(entity_of(taken));
    } else {
      look_at_posts(entity_of(taken));
    }
  }
}

void CpuScheduler::take_in(Entity& entity) {
  ++counters_.arrivals;
  entity.state.transition(ThreadState::kWaking, ThreadState::kReady, id_);
  entity.wakes.add(entity.posts.take_wakes());
  // What is posted for it from here on is told to this CPU, for its home stands in the thread.
  answer_requests(entity);
  look_at_loans(entity);
  if (!may_run_here(entity)) {
    tell(hand_over(entity, ThreadState::kReady));
  } else if (entity.is_suspended) {
    entity.state.transition(ThreadState::kReady, ThreadState::kSuspended, id_);
  } else {
    enqueue_seldom(entity, EnqueueReason::kWoken);
  }
}

void CpuScheduler::stop_timer(Entity& entity) {
  if (entity.has_timer()) {
    timers_.cancel(*std::exchange(entity.sleeper, nullptr));
  }
}

void CpuScheduler::post_and_tell(Entity& entity, Wakes wakes) {
  const auto cpu = post(entity, wakes);
  note_told(cpu);
  tell(cpu);
}

void CpuScheduler::look_at_posts(Entity& entity) {
  const Wakes wakes = entity.posts.take();
  // Before the requests, which may send it elsewhere, awake.
  note_wakes(entity, wakes);
  if (entity.state.is_owned_by(id_)) {
    look_at_requests(entity);
    if (entity.state.is_owned_by(id_)) {
      look_at_loans(entity);
    }
    if (wakes.any() && entity.state.is_parked_on(id_)) {
      tell(bring_woken(entity));
    }
  } else if (entity.home.load() == id_ && is_no_thread(entity)) {
    refuse_requests(entity);
  }
}

void CpuScheduler::look_at_wakes(Entity& entity, Wakes wakes, CpuId inviter) {
  note_wakes(entity, wakes);
  if (entity.state.is_parked_on(id_)) {
    const bool follows = inviter != kNoCpu && is_idle() && may_follow(entity, inviter);
    tell(follows ? send_after(entity, inviter) : bring_woken(entity));
  }
}

// For one of this CPU's threads, or after it.
void CpuScheduler::note_wakes(Entity& entity, Wakes wakes) {
  if (entity.state.is_owned_by(id_)) {
    entity.wakes.add(wakes);
  } else if (entity.home.load() != id_) {
    post_and_tell(entity, wakes);
  } else {
    // On its way here; or it is no thread any more.
    entity.posts.leave_for_arrival(wakes);
  }
}

// Whoever has a request for the record's next thread knows of its start, and so does who takes the
// request off the list: then the record is a thread's again, and the request goes to its home.
void CpuScheduler::refuse_requests(Entity& entity) {
  Request* request = entity.requests.take_all();
  while (request != nullptr) {
    Request& late = *request;
    request = late.next;
    if (is_no_thread(entity)) {
      late.result = RequestResult::kThreadNotFound;
      note_answered(late);
    } else {
      entity.requests.push(late);
      post_and_tell(entity, Wakes());
    }
  }
}

// The thread is this CPU's.
void CpuScheduler::look_at_requests(Entity& entity) {
  if (entity.requests.empty()) {
    return;
  }
  answer_requests(entity);
  const bool stays = may_run_here(entity);
  if (&entity == current_) {
    current_must_move_ = !stays;
    current_must_stand_still_ = entity.is_suspended;
    pace_.read_clock_soon();
  } else if (!stays) {
    send_where_it_may_run(entity);
  } else {
    suspend_or_resume(entity);
  }
}

void CpuScheduler::send_where_it_may_run(Entity& entity) {
  const ThreadState state = entity.state.get();
  if (state == ThreadState::kParked || state == ThreadState::kSuspended) {
    // It sleeps on there, after a look at what it waits for: its park ends for no reason.
    stop_timer(entity);
    tell(hand_over(entity, state));
  } else {
    take_off(entity);
    tell(hand_over(entity, ThreadState::kReady));
  }
}

// If anything was asked of it that has not been done. It does not run.
void CpuScheduler::suspend_or_resume(Entity& entity) {
  const bool stands_still = entity.state.get() == ThreadState::kSuspended;
  if (entity.is_suspended && !stands_still) {
    take_off(entity);
    stop_timer(entity);
    entity.state.transition(entity.state.get(), ThreadState::kSuspended, id_);
  } else if (!entity.is_suspended && stands_still) {
    entity.state.transition(ThreadState::kSuspended, ThreadState::kParked, id_);
    tell(bring_woken(entity));
  }
}

void CpuScheduler::answer_requests(Entity& entity) {
  Request* request = entity.requests.take_all();
  while (request != nullptr) {
    Request* const next = request->next;
    answer(*request, entity);
    note_answered(*request);
    request = next;
  }
}

void CpuScheduler::answer(Request& request, Entity& entity) {
  if (request.generation != entity.generation || &entity == idle_) {
    request.result = RequestResult::kThreadNotFound;
    return;
  }
  const bool is_for_others =
      request.kind == RequestKind::kSetAffinity || request.kind == RequestKind::kSetParameters;
  if (is_for_others && entity.policy == PolicyKind::kDeadline) {
    request.result = RequestResult::kIsAdmitted;
    return;
  }
  switch (request.kind) {
    case RequestKind::kSetAffinity:
      change_affinity(entity, request.affinity);
      return;
    case RequestKind::kGetAffinity:
      request.affinity = wanted_affinity_of(entity);
      return;
    case RequestKind::kSetParameters:
    case RequestKind::kAdmit:
    case RequestKind::kDismiss:
      change_parameters(request, entity);
      return;
    case RequestKind::kGetParameters:
      request.parameters = parameters_of(entity);
      request.affinity = wanted_affinity_of(entity);
      request.cpu = admitting_cpu(entity);
      return;
    case RequestKind::kGetStatistics:
      request.statistics = statistics_of(entity);
      return;
    case RequestKind::kSuspend:
      // Who ends runs nothing any more.
      if (&entity == current_ && current_ends_) {
        request.result = RequestResult::kThreadNotFound;
        return;
      }
      entity.is_suspended = true;
      return;
    case RequestKind::kResume:
      entity.is_suspended = false;
      return;
    case RequestKind::kVisit:
      request.visit(request, entity);
      return;
  }
}

// Both know whether it stands in the run queue: one that is just arriving does not yet.
void CpuScheduler::change_affinity(Entity& entity, const CpuSet& allowed) {
  const bool was_movable = entity.movable;
  set_affinity(entity, allowed);
  if (entity.run_queue_hook.linked && entity.movable != was_movable) {
    run_queue_.change_kind(entity);
  }
}

// The request gets what was there before.
void CpuScheduler::change_parameters(Request& request, Entity& entity) {
  const bool is_admitted = request.kind == RequestKind::kAdmit;
  // What was admitted would never be given back.
  if (is_admitted && &entity == current_ && current_ends_) {
    request.result = RequestResult::kThreadNotFound;
    return;
  }
  const SchedulingParameters before = parameters_of(entity);
  const CpuId cpu = admitting_cpu(entity);
  if (is_admitted && before == request.parameters && cpu == request.cpu) {
    entity.details.load()->wanted_affinity = request.affinity & machine_.all;
    return;
  }
  const bool was_queued = take_off(entity);
  if (is_admitted) {
    admit_new(entity, request.parameters, request.affinity, request.cpu);
  } else {
    const CpuSet wanted = wanted_affinity_of(entity);
    set_parameters(entity, request.parameters);
    if (cpu != kNoCpu) {
      set_affinity(entity, wanted);
    }
  }
  request.parameters = before;
  request.cpu = cpu;
  place_anew(entity, was_queued);
}

// Who goes by something else than before. Who is ready becomes the last of its new equals; who runs
// goes on, if nobody better is ready, with a whole slice.
void CpuScheduler::place_anew(Entity& entity, bool was_queued) {
  if (was_queued) {
    enqueue_seldom(entity, EnqueueReason::kSpawned);
  } else if (&entity == current_) {
    begin_turn(entity);
    note_urgency();
    pace_.read_clock_soon();
  }
}

// Of a thread of this CPU.
void CpuScheduler::look_at_loans(Entity& entity) {
  const Urgency due = urgency_due(entity);
  if (due == entity.urgency) [[likely]] {
    return;
  }
  const bool was_queued = take_off(entity);
  entity.urgency = due;
  entity.level = 0;
  entity.slice_left = std::min(entity.slice_left, Duration::zero());
  publish_urgency(entity);
  place_anew(entity, was_queued);
  if (was_queued && goes_elsewhere(entity)) {
    note_offer();
  } else if (entity.state.is_parked_on(id_)) {
    entity.wakes.add(Wakes(WakeKind::kOrdinary));
    tell(bring_woken(entity));
  }
  if (is_urgent(due) && !is_real_time(entity.policy)) {
    // It shall give back what a real-time thread waits for.
    entity.slice_left = kUnlimited;
  }
}

std::optional<CpuId> CpuScheduler::tell_of_loans(Entity& entity) {
  if (is_home_of(entity) && entity.state.is_owned_by(id_)) {
    look_at_loans(entity);
    return must_preempt();
  }
  const auto cpu = post(entity, Wakes());
  const CpuId home = entity.home.load();
  // Somebody waits for it who is more urgent than what its home may be running.
  const bool hurries = machine_.cpus[index_of(home)]->runs_.load() != Urgency::kNobody;
  const auto told = cpu || !hurries ? cpu : std::optional(home);
  note_told(told);
  return told;
}

void CpuScheduler::note_answered(Request& request) {
  request.next = errands_.answered;
  errands_.answered = &request;
  errands_pending_ |= kOther;
}

}  // namespace tb::sched
