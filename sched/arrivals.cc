// What others have pushed to a CPU: threads that are to run here, and requests for its threads.
#include "sched/cpu_scheduler.h"

namespace tb::sched {

void CpuScheduler::drain_inbox() {
  InboxLink* link = inbox_.take_all();
  while (link != nullptr) {
    InboxLink& taken = *link;
    // Once it is taken in, the link may be pushed again.
    link = taken.next;
    if (taken.kind == InboxLink::Kind::kArrival) {
      take_in(*taken.entity);
    } else {
      look_at_requests(*taken.entity);
    }
  }
}

// The home stands in the thread already; so a request that is not seen here will be told to this
// CPU.
void CpuScheduler::take_in(Entity& entity) {
  ++counters_.arrivals;
  entity.state.transition(ThreadState::kWaking, ThreadState::kReady, id_);
  // Relaxed: pairs with nothing, it is this CPU that wrote it last.
  if (entity.has_timer.load(std::memory_order_relaxed)) {
    cancel_timer(entity);
  }
  answer_requests(entity);
  if (entity.affinity.contains(id_)) {
    run_queue_.enqueue(entity, EnqueueReason::kWoken);
  } else {
    tell(hand_over(entity, ThreadState::kReady));
  }
}

void CpuScheduler::cancel_timer(Entity& entity) {
  timers_.cancel(entity);
  // Relaxed: pairs with the load in bring_woken(), but what gives the thread to another CPU, inbox
  // or park word, orders it.
  entity.has_timer.store(false, std::memory_order_relaxed);
}

void CpuScheduler::look_at_requests(Entity& entity) {
  // Before the requests are read: a later one is told anew. Read as well as written: whoever has
  // not told, for somebody had, may have parked the thread again before, which is seen here then.
  static_cast<void>(entity.request_told.exchange(false));
  if (entity.state.is_owned_by(id_)) {
    answer_for_own(entity);
  } else if (entity.park_word.claim()) {
    answer_for_parked(entity);
  } else if (entity.home.load() != id_) {
    tell(tell_of_requests(entity));
  }
  // Else it is on its way here, and looked at as it arrives; or it is no thread any more.
}

// It runs here, or stands in the run queue.
void CpuScheduler::answer_for_own(Entity& entity) {
  const bool runs = &entity == current_;
  if (!runs && entity.movable) {
    run_queue_.forget_movable(entity);
  }
  answer_requests(entity);
  if (!runs && entity.movable) {
    run_queue_.note_movable(entity);
  }
  const bool stays = entity.affinity.contains(id_);
  if (runs) {
    current_must_move_ = !stays;
  } else if (!stays) {
    run_queue_.remove(entity);
    tell(hand_over(entity, ThreadState::kReady));
  }
}

// This CPU has claimed the thread, whose home it need not be any more.
void CpuScheduler::answer_for_parked(Entity& entity) {
  if (entity.home.load() != id_) {
    park_again(entity);
    tell(tell_of_requests(entity));
    return;
  }
  answer_requests(entity);
  if (entity.affinity.contains(id_)) {
    park_again(entity);
  } else if (entity.has_timer.load(std::memory_order_relaxed)) {  // pairs with nothing: its own
    // Its timer stands in this CPU's queue, so it has to come back and sleep anew elsewhere: its
    // park ends for no reason.
    cancel_timer(entity);
    tell(hand_over(entity, ThreadState::kParked));
  } else {
    set_home(entity, entity.affinity.first_from(id_));
    park_again(entity);
  }
}

void CpuScheduler::park_again(Entity& entity) {
  if (entity.park_word.commit() == ParkOutcome::kWokenMeanwhile) {
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

void CpuScheduler::answer(Request& request, Entity& entity) const {
  if (request.generation != entity.generation) {
    request.result = RequestResult::kThreadNotFound;
    return;
  }
  switch (request.kind) {
    case RequestKind::kSetAffinity:
      set_affinity(entity, request.affinity);
      return;
    case RequestKind::kGetAffinity:
      request.affinity = entity.affinity;
      return;
  }
}

void CpuScheduler::note_answered(Request& request) {
  request.next = errands_.answered;
  errands_.answered = &request;
  has_errands_ = true;
}

}  // namespace tb::sched
