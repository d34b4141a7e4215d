// Fifo and RoundRobin threads across CPUs: of N CPUs the N most urgent threads that are ready run,
// as far as their affinity allows, apart from an interrupt and a hand-over.
//
// Each CPU publishes how urgent is what it runs, and what waits there and could run elsewhere. Two
// steps keep the promise. Who has such a thread waiting gives it to the CPU that runs the least
// urgent thread, if that is less urgent; else it announces itself. Who begins to run something of
// another urgency looks who is announced, and interrupts the one with the most urgent thread, if
// that goes before it, which then gives it away. A CPU announces itself and then looks at what
// others run; the other publishes what it runs and then looks who is announced. All four are
// sequentially consistent, so one of the two sees the other.
#include "sched/cpu_scheduler.h"

namespace tb::sched {

// The one that runs the least urgent thread of those where `entity` may run; this one unless
// another is better than `here`.
CpuId CpuScheduler::least_urgent_cpu(const Entity& entity, Urgency here) const {
  const CpuSet& allowed = affinity_of(entity);
  CpuId best = id_;
  Urgency least = here;
  for (const CpuScheduler* const cpu : machine_.cpus) {
    const Urgency runs = cpu->runs_.load();
    if (cpu != this && goes_before(least, runs) && allowed.contains(cpu->id_)) {
      best = cpu->id_;
      least = runs;
    }
  }
  return best;
}

// Where a Fifo or RoundRobin thread that has become ready here, and may run elsewhere, is to run.
CpuScheduler::Place CpuScheduler::place_urgent(const Entity& entity) {
  if (is_idle()) {
    return {id_, Load::kIdle};
  }
  if (const auto idle = claim_idle_cpu(entity)) {
    return {*idle, Load::kIdle};
  }
  // If it does not go before what runs here, whoever runs what it goes before is better.
  const Urgency here =
      goes_before(entity.urgency, current_->urgency) ? current_->urgency : entity.urgency;
  return {least_urgent_cpu(entity, here), Load::kBusy};
}

// The thread is parked here.
std::optional<CpuId> CpuScheduler::bring_urgent(Entity& entity) {
  const Place place = place_urgent(entity);
  if (place.cpu != id_) {
    return send(entity, ThreadState::kParked, place);
  }
  const auto told = enqueue_woken_seldom(entity);
  if (!told) {
    offer_urgent();
  }
  return told;
}

// Gives away who waits here and could run elsewhere, and says so of whom nobody takes.
void CpuScheduler::offer_urgent() {
  constexpr int kMostLookedAt = 8;
  announce_urgent();
  // Who comes to an idle CPU runs there.
  if (is_idle()) {
    return;
  }
  Entity* each = run_queue_.first_urgent_movable();
  for (int looked_at = 0; looked_at < kMostLookedAt && each != nullptr; ++looked_at) {
    Entity& entity = *each;
    each = run_queue_.urgent_movable_after(entity);
    const CpuId cpu = least_urgent_cpu(entity, entity.urgency);
    if (cpu != id_) {
      ++counters_.given_away;
      run_queue_.remove(entity);
      tell(send(entity, ThreadState::kReady, {cpu, Load::kBusy}));
      announce_urgent();
    }
  }
}

// One of them may stand on its stack still: it is given away once that is left.
void CpuScheduler::offer_urgent_later() {
  announce_urgent();
  if (run_queue_.first_urgent_movable() != nullptr) [[unlikely]] {
    note_offer();
  }
}

// Before the look at what others run, see above.
void CpuScheduler::announce_urgent() {
  const Entity* const waits = run_queue_.first_urgent_movable();
  const Urgency now = waits != nullptr ? waits->urgency : Urgency::kNobody;
  // Relaxed: nobody else writes it; pairs with nothing.
  const Urgency before = waits_.load(std::memory_order_relaxed);
  if (now == before) [[likely]] {
    return;
  }
  waits_.store(now);
  if (before == Urgency::kNobody) {
    machine_.urgent.announce(id_);
  } else if (now == Urgency::kNobody) {
    machine_.urgent.withdraw(id_);
  }
}

// The CPU where the most urgent one waits, if that goes before what runs here, shall give it away.
void CpuScheduler::ask_for_urgent() {
  const CpuScheduler* best = nullptr;
  Urgency most = current_->urgency;
  for (const CpuScheduler* const cpu : machine_.cpus) {
    const Urgency waits = cpu->waits_.load();
    if (cpu != this && goes_before(waits, most)) {
      best = cpu;
      most = waits;
    }
  }
  if (best != nullptr) {
    tell(best->id_);
  }
}

}  // namespace tb::sched
