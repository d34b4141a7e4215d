// On which CPU a thread runs next, and how it gets there.
#include <algorithm>
#include <array>

#include "sched/cpu_scheduler.h"

namespace tb::sched {

void CpuScheduler::set_affinity(Entity& entity, const CpuSet& allowed) const {
  const CpuSet cpus = allowed & machine_.all;
  const std::uint32_t count = cpus.size();
  expects(count > 0, "a CPU of the set exists");
  entity.movable = count > 1;
  entity.restricted = count < machine_.cpus.size();
  if (entity.restricted) {
    EntityDetails* const details = entity.details.load();
    expects(details != nullptr, "whoever restricts a thread has prepared it");
    details->affinity = cpus;
  }
}

// The caller owns the thread, and nobody stands on its stack.
std::optional<CpuId> CpuScheduler::push_arrival(Entity& entity, ThreadState from, CpuId where) {
  entity.state.transition(from, ThreadState::kWaking, id_);
  set_home(entity, where);
  // The inbox may hand the thread on at once, so it must not be touched after the push.
  const Tell told = machine_.cpus[index_of(where)]->inbox_.push(entity.arrival);
  return told == Tell::kOwner ? std::optional(where) : std::nullopt;
}

void CpuScheduler::set_home(Entity& entity, CpuId home) {
  if (entity.home.load(std::memory_order_relaxed) != home) {  // pairs with nothing: owners write it
    ++entity.migrations;
    entity.home.store(home);
  }
}

std::optional<CpuId> CpuScheduler::claim_idle_cpu(const Entity& entity) {
  return entity.movable && machine_.idle.any() ? machine_.idle.claim_any(affinity_of(entity), id_)
                                               : std::nullopt;
}

CpuScheduler::Place CpuScheduler::place_woken(const Entity& entity) {
  if (is_idle()) {
    return {id_, Load::kIdle};
  }
  if (const auto idle = claim_idle_cpu(entity)) {
    return {*idle, Load::kIdle};
  }
  // So it has to wait here. Before the last look at the idle ones: whoever is idle later sees it.
  if (entity.movable && make_loaded() == Loaded::kNew) {
    if (const auto idle = claim_idle_cpu(entity)) {
      return {*idle, Load::kIdle};
    }
  }
  return {id_, Load::kBusy};
}

CpuScheduler::Place CpuScheduler::place_new(const Entity& entity) {
  if (goes_elsewhere(entity)) {
    if (const Place place = place_urgent(entity); place.cpu != id_) {
      return place;
    }
  } else if (const auto idle = claim_idle_cpu(entity)) {
    return {*idle, Load::kIdle};
  }
  return {may_run_here(entity) ? id_ : next_in_turn(entity), Load::kBusy};
}

std::optional<CpuId> CpuScheduler::start(Entity& entity, std::optional<CpuId> where) {
  expects(!where || affinity_of(entity).contains(*where), "the thread may run on its first CPU");
  const Place place = where ? Place{*where, Load::kBusy} : place_new(entity);
  if (place.cpu != id_) {
    entity.home.store(place.cpu);
    return send(entity, ThreadState::kNew, place);
  }
  const bool movable = entity.movable;
  begin_here(entity);
  const auto told = shares_turns_with(entity) ? preempt_for_many() : preempt_for(entity);
  if (!told && goes_elsewhere(entity)) {
    offer_urgent();
  }
  if (movable) {
    look_for_idle_ones_if_newly_loaded();
  }
  return told;
}

// A new thread waits for its turn. But where it would go before the current one with the next look
// at the clock, it does so once there are many: while their stacks are in the cache.
std::optional<CpuId> CpuScheduler::preempt_for_many() {
  return pace_.take_many_starts() ? must_preempt() : std::nullopt;
}

std::optional<CpuId> CpuScheduler::wake(Entity& entity, WakeKind kind) {
  if (!is_home_of(entity) || !entity.state.is_owned_by(id_)) {
    invite(entity);
    const auto cpu = post_wake(entity, kind);
    note_told(cpu);
    return cpu;
  }
  entity.wakes.add(Wakes(kind));
  return entity.state.is_parked_on(id_) ? bring_woken(entity) : std::nullopt;
}

// The thread is parked here.
std::optional<CpuId> CpuScheduler::bring_woken(Entity& entity) {
  stop_timer(entity);
  if (goes_elsewhere(entity)) [[unlikely]] {
    return bring_urgent(entity);
  }
  // The usual case on a busy machine, and the only one where there is one CPU.
  if (!stays_here(entity)) [[unlikely]] {
    if (const Place place = place_woken(entity); place.cpu != id_) {
      return send(entity, ThreadState::kParked, place);
    }
  }
  return enqueue_woken_seldom(entity);
}

// Before a wake of a thread of another CPU.
void CpuScheduler::invite(const Entity& entity) {
  if (!takes_brief_turns() || !run_queue_.empty() || current_->urgency != Urgency::kFair) {
    return;
  }
  const CpuId home = entity.home.load();
  if (home != id_) {
    companion_.note_woken(home);
    // Relaxed: pairs with take_invitation(), which finds what may be out of date.
    machine_.cpus[index_of(home)]->invited_by_.store(id_, std::memory_order_relaxed);
  }
}

CpuId CpuScheduler::take_invitation() {
  // Relaxed: pairs with invite(), as the store.
  const CpuId inviter = invited_by_.load(std::memory_order_relaxed);
  if (inviter == kNoCpu) {
    return kNoCpu;
  }
  // Relaxed: pairs with invite().
  invited_by_.store(kNoCpu, std::memory_order_relaxed);
  return companion_.note_waker(inviter) ? inviter : kNoCpu;
}

// That CPU may compute by now.
bool CpuScheduler::may_follow(const Entity& entity, CpuId inviter) const {
  const CpuScheduler& host = *machine_.cpus[index_of(inviter)];
  return takes_brief_turns() && host.takes_brief_turns() && !is_urgent(host.runs_.load()) &&
         run_queue_.empty() && balancing_ == Balancing::kOn && entity.urgency == Urgency::kFair &&
         affinity_of(entity).contains(inviter);
}

bool CpuScheduler::would_follow_to(CpuId cpu) const {
  return !companion_.only_wakes(cpu) && may_follow(*current_, cpu);
}

// Nobody else looks for it there, so that CPU is told in any case.
std::optional<CpuId> CpuScheduler::send_after(Entity& entity, CpuId inviter) {
  stop_timer(entity);
  ++counters_.brought_together;
  auto told = send(entity, ThreadState::kParked, {inviter, Load::kIdle});
  if (!told) {
    told = inviter;
    note_told(told);
  }
  return told;
}

// Pushes it, and notes whom that has told.
std::optional<CpuId> CpuScheduler::send(Entity& entity, ThreadState from, Place place) {
  const bool movable = entity.movable;
  const bool hurries = is_urgent(entity.urgency);
  auto cpu = push_arrival(entity, from, place.cpu);
  // A busy CPU does not hurry to look at its inbox. But if somebody has become idle since, it shall
  // share at once; and a real-time thread waits for no timer.
  if (!cpu && place.load == Load::kBusy && (hurries || (movable && machine_.idle.any()))) {
    cpu = place.cpu;
  }
  note_told(cpu);
  return cpu;
}

// These touch nothing but what is shared, for interrupt handlers do so, too.
std::optional<CpuId> CpuScheduler::post_wake(Entity& entity, WakeKind kind) {
  const CpuId home = entity.home.load();
  const Wakes wakes(kind);
  const auto told = machine_.cpus[index_of(home)]->inbox_.push_note(entity.post, wakes.note());
  return told ? told_of_wake(entity, home, *told) : post(entity, wakes);
}

std::optional<CpuId> CpuScheduler::post(Entity& entity, Wakes wakes) {
  if (entity.posts.post(wakes) == Link::kIsUnderWay) {
    return std::nullopt;
  }
  const CpuId home = entity.home.load();
  const Tell told = machine_.cpus[index_of(home)]->inbox_.push(entity.post);
  if (!wakes.any()) {
    return told == Tell::kOwner ? std::optional(home) : std::nullopt;
  }
  return told_of_wake(entity, home, told);
}

// As in send(): somebody idle shall have the woken thread, and only its home can give it; and what
// goes before others waits for no timer, even if that is elsewhere.
std::optional<CpuId> CpuScheduler::told_of_wake(const Entity& entity, CpuId home, Tell told) const {
  const Urgency runs = machine_.cpus[index_of(home)]->runs_.load();
  const Urgency woken = entity.shown_urgency.load();
  const bool hurries = (machine_.idle.any() && !machine_.idle.contains(home)) ||
                       (runs != Urgency::kNobody && (is_urgent(woken) || goes_before(woken, runs)));
  return told == Tell::kOwner || hurries ? std::optional(home) : std::nullopt;
}

// Among the CPUs where it may run, so that threads which have to wait are spread over all.
CpuId CpuScheduler::next_in_turn(const Entity& entity) {
  const CpuId cpu = affinity_of(entity).first_from(turn_);
  turn_ = CpuId{(index_of(cpu) + 1) % CpuSet::kMaxCpus};
  return cpu;
}

std::optional<CpuId> CpuScheduler::wake_from_interrupt(Entity& entity, WakeKind kind) {
  return post_wake(entity, kind);
}

std::optional<CpuId> CpuScheduler::tell_of_requests(Entity& entity) {
  const auto cpu = post(entity, Wakes());
  note_told(cpu);
  return cpu;
}

// To where it may run: an idle CPU if there is one.
std::optional<CpuId> CpuScheduler::hand_over(Entity& entity, ThreadState from) {
  const auto idle = machine_.idle.claim_any(affinity_of(entity), id_);
  return send(entity, from,
              idle ? Place{*idle, Load::kIdle} : Place{next_in_turn(entity), Load::kBusy});
}

void CpuScheduler::note_told(std::optional<CpuId> cpu) {
  if (cpu) {
    backstop_.note(*cpu);
    pace_.read_clock_soon();
  }
}

void CpuScheduler::tell(std::optional<CpuId> cpu) {
  if (cpu) {
    errands_.tell.insert(*cpu);
    errands_pending_ |= kOther;
  }
}

void CpuScheduler::tell_lost_ones_again(Time now) {
  const auto has_not_come = [this](CpuId cpu) {
    return machine_.cpus[index_of(cpu)]->has_arrivals();
  };
  while (const auto cpu = backstop_.next(now, has_not_come)) {
    tell(cpu);
  }
}

Time CpuScheduler::must_look_again_at(Time now) {
  if (backstop_.due() != kNever) {
    tell_lost_ones_again(now);
  }
  return backstop_.due();
}

CpuScheduler::Loaded CpuScheduler::make_loaded() {
  if (is_shown_as_loaded()) [[likely]] {
    return Loaded::kAlready;
  }
  loaded_.store(true);
  return Loaded::kNew;
}

void CpuScheduler::look_for_idle_ones_if_newly_loaded() {
  if (make_loaded() == Loaded::kNew && machine_.idle.any()) {
    tell(id_);
  }
}

void CpuScheduler::no_longer_loaded() {
  if (is_shown_as_loaded()) {
    // Relaxed: pairs with the load in is_loaded(); who reads it too late only asks for nothing.
    loaded_.store(false, std::memory_order_relaxed);
  }
}

// The CPUs that get threads in one go: those that it has claimed, and how many each has got.
struct CpuScheduler::Takers {
  static constexpr std::size_t kMost = 32;

  struct Taker {
    CpuId cpu;
    std::uint32_t threads;
  };
  std::array<Taker, kMost> takers{};
  std::size_t count = 0;
};

std::optional<CpuId> CpuScheduler::find_taker(const Entity& entity, Takers& takers) {
  if (takers.count < Takers::kMost) {
    if (const auto cpu = machine_.idle.claim_any(affinity_of(entity), id_)) {
      takers.takers[takers.count++] = {*cpu, 1};
      return cpu;
    }
  }
  // No more idle ones. So that these do not come back for every single thread, each gets as many as
  // stay here; the one with the fewest first.
  Takers::Taker* fewest = nullptr;
  for (std::size_t i = 0; i < takers.count; ++i) {
    Takers::Taker& taker = takers.takers[i];
    if (affinity_of(entity).contains(taker.cpu) &&
        (fewest == nullptr || taker.threads < fewest->threads)) {
      fewest = &taker;
    }
  }
  // The one that runs here next counts as well, and is not among the movable ones.
  if (fewest == nullptr || fewest->threads > run_queue_.movable_count()) {
    return std::nullopt;
  }
  ++fewest->threads;
  return fewest->cpu;
}

// If the current thread leaves, this CPU keeps the one that runs next, movable or not.
void CpuScheduler::share(Keep keep) {
  Entity* const next = keep == Keep::kNext ? run_queue_.take_next() : nullptr;
  if (run_queue_.movable_count() > 0) {
    // Before the look at the idle ones: whoever is idle later sees it.
    static_cast<void>(make_loaded());
    if (machine_.idle.any()) {
      give_ready_threads_away();
    }
  } else {
    no_longer_loaded();
  }
  if (next != nullptr) {
    run_queue_.put_back(*next);
  }
}

void CpuScheduler::give_ready_threads_away() {
  constexpr int kMostLookedAt = 32;
  Takers takers;
  Entity* each = run_queue_.first_movable();
  for (int looked_at = 0; looked_at < kMostLookedAt && each != nullptr; ++looked_at) {
    Entity& entity = *each;
    each = run_queue_.movable_after(entity);
    if (const auto taker = find_taker(entity, takers)) {
      ++counters_.given_away;
      run_queue_.remove(entity);
      tell(send(entity, ThreadState::kReady, {*taker, Load::kIdle}));
    }
  }
  // In small portions, so that nobody waits for long; the rest with the next decision.
  if (takers.count > 0 && run_queue_.movable_count() > 0 && machine_.idle.any()) {
    tell(id_);
  }
}

// Asked with every interrupt of the timer.
bool CpuScheduler::must_even_out(Time now) {
  if (balancing_ == Balancing::kOff || run_queue_.movable_count() == 0 || waits_briefly() ||
      now < after(evened_out_at_, balance_interval_)) {
    return false;
  }
  evened_out_at_ = now;
  return true;
}

// Each time one other CPU is compared: none keeps a quarter more threads
// than another for long. A difference of one is none, or a thread would wander for ever.
void CpuScheduler::even_out() {
  constexpr std::uint32_t kMostAtOnce = 16;
  const auto cpus = static_cast<std::uint32_t>(machine_.cpus.size());
  compare_next_ = (compare_next_ + 1) % cpus;
  const CpuScheduler& other = *machine_.cpus[compare_next_];
  const std::uint32_t mine = run_queue_.count() + 1;
  const std::uint32_t its = other.threads();
  if (&other == this || mine < its + 2 || 4 * mine <= 5 * its) {
    return;
  }
  std::uint32_t surplus = std::min((mine - its) / 2, kMostAtOnce);
  Entity* each = run_queue_.first_movable();
  for (std::uint32_t looked_at = 0; looked_at < 2 * kMostAtOnce && each != nullptr && surplus > 0;
       ++looked_at) {
    Entity& entity = *each;
    each = run_queue_.movable_after(entity);
    // Real-time threads go by what runs elsewhere, not by how many wait there.
    if (!is_urgent(entity.urgency) && affinity_of(entity).contains(other.id_)) {
      --surplus;
      ++counters_.evened_out;
      run_queue_.remove(entity);
      tell(send(entity, ThreadState::kReady, {other.id_, Load::kBusy}));
    }
  }
}

void CpuScheduler::begin_idle() {
  no_longer_loaded();
  note_threads();
  inbox_.watch();
  if (balancing_ == Balancing::kOn) {
    machine_.idle.announce(id_);
    left_to_look_at_ = static_cast<std::uint32_t>(machine_.cpus.size());
  }
}

// Whatever runs next, no timer need be armed; so from here on this CPU has to be told.
void CpuScheduler::end_idle() {
  machine_.idle.withdraw(id_);
  inbox_.stop_watching();
}

std::optional<CpuId> CpuScheduler::next_to_ask() {
  const auto cpus = static_cast<std::uint32_t>(machine_.cpus.size());
  while (left_to_look_at_ > 0) {
    --left_to_look_at_;
    ask_next_ = (ask_next_ + 1) % cpus;
    const CpuScheduler& other = *machine_.cpus[ask_next_];
    if (&other != this && other.is_loaded()) {
      ++counters_.asked;
      return other.id_;
    }
  }
  return std::nullopt;
}

}  // namespace tb::sched
