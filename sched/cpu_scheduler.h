// The scheduler of one CPU: time and events in, decisions out. It never reads a clock, sends an
// interrupt, switches a stack or allocates; runtime/ acts on what it returns.
//
// All functions are for the owner CPU with preemption off, unless they say otherwise.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "base/cache_line.h"
#include "base/cpu_id.h"
#include "base/time.h"
#include "sched/entity.h"
#include "sched/inbox.h"
#include "sched/policy.h"
#include "sched/round_robin.h"

namespace tb::sched {

// Why the current thread leaves the CPU, or asks whether it should.
enum class Leave {
  kPreempted,  // an interrupt asks: the slice may be over, or something was pushed on the inbox
  kYielded,
  kParked,
  kExited,
  kMoved,  // to another CPU; the scheduler's word, not a caller's
};

struct Decision {
  Entity* next;     // may be the thread that runs already
  Time preempt_at;  // when the timer has to ask again; kNever if nobody else wants the CPU
};

// Threads that another CPU is to have, which a decision has parted from those that stay.
struct Movers {
  bool leaving;   // the one that leaves the CPU with this decision, once its stack is left
  Entity* ready;  // the others, linked by their inbox links
};

struct Config {
  Duration quantum = RoundRobin<Entity>::kDefaultQuantum;
};

struct SchedulerCounters {
  std::uint64_t switches = 0;     // to another thread, the idle thread included
  std::uint64_t preemptions = 0;  // switches that the leaving thread did not ask for
  std::uint64_t inbox_arrivals = 0;
};

class CpuScheduler {
 public:
  using EntityInbox = Inbox<Entity, &Entity::inbox_link>;

  // While somebody else is ready, running threads are charged at least this often, so that nobody
  // hides more than this between two readings of the clock.
  static constexpr Duration kChargeInterval = std::chrono::milliseconds(1);

  // `idle` runs when nothing else is ready and is what this CPU runs now; `peers` holds the
  // scheduler of every CPU by its index and is constant after start.
  CpuScheduler(CpuId id, std::span<CpuScheduler* const> peers, Entity& idle,
               const Config& config = {});
  CpuScheduler(const CpuScheduler&) = delete;
  CpuScheduler& operator=(const CpuScheduler&) = delete;

  // Gives a new thread its home `where`. Returns the CPU that must be told, if any.
  std::optional<CpuId> start(Entity& entity, CpuId where);

  // Notes a wake of `entity`, and brings it to its home's run queue if this wake won it. Returns
  // the CPU that must be told, if any.
  std::optional<CpuId> wake(Entity& entity, WakeKind kind = WakeKind::kOrdinary);

  // The same from an interrupt handler, which may have interrupted this very object: touches
  // nothing but inboxes. May be called on any CPU's scheduler in any context.
  std::optional<CpuId> wake_from_interrupt(Entity& entity, WakeKind kind = WakeKind::kOrdinary);

  // Sets the current thread aside for the reason given and decides who runs now. The time may be a
  // cached one for kYielded. A returned thread counts as running from here on.
  Decision reschedule(Leave reason, Time now);

  // The second half of a park, called once the thread's stack is left: makes it wakeable, or
  // enqueues it here if a wake came first. Then preempt_at() may be earlier than before.
  ParkOutcome complete_park(Entity& entity);

  // Whether the last decision has threads to hand over; they are taken before the next.
  bool has_movers() const { return movers_.leaving || movers_.ready != nullptr; }
  Movers take_movers() { return std::exchange(movers_, {}); }

  // Sends one of them to the CPU where it is wanted by now, which may be this one again. Returns
  // the CPU that must be told, if any.
  std::optional<CpuId> hand_over(Entity& entity);

  // Whether a thread of this CPU has to go to another before it runs again.
  bool is_wanted_elsewhere(const Entity& entity) const;

  // The second half of an exit: nobody stands on the thread's stack any more.
  void complete_exit(Entity& entity) {
    entity.state.transition(ThreadState::kExiting, ThreadState::kDead);
  }

  // Charges the time since the last reading to the current thread.
  void charge(Time now);

  // When the timer has to ask again if the current thread goes on; kNever if nobody else is ready.
  Time preempt_at(Time now) const;

  // Moves what others have pushed to the run queue.
  void drain_inbox();

  // Whether an idle CPU has to go through reschedule().
  bool has_work() const { return !run_queue_.empty() || !inbox_.empty(); }

  // CPU time of all threads but the idle one, as far as it has been charged. From anywhere.
  Duration busy_time() const {
    // Relaxed: a figure by itself; pairs with the store in charge().
    return Duration(busy_time_.load(std::memory_order_relaxed));
  }

  Entity& current() const { return *current_; }
  bool is_idle() const { return current_ == idle_; }
  CpuId id() const { return id_; }
  const SchedulerCounters& counters() const { return counters_; }

 private:
  std::optional<CpuId> push_to_home(Entity& entity);
  Entity* pick_and_part();
  void set_aside(Leave reason);
  void switch_to(Entity& next, Leave reason);

  // Shared.
  EntityInbox inbox_;
  std::atomic<Duration::rep> busy_time_{0};  // written by the owner CPU only

  // Constant after start.
  alignas(kCacheLineSize) const CpuId id_;
  const std::span<CpuScheduler* const> peers_;
  Entity* const idle_;

  // Owner CPU only.
  Entity* current_;
  RoundRobin<Entity> run_queue_;
  Time charged_until_{};
  Movers movers_{};
  SchedulerCounters counters_;
};

static_assert(Policy<RoundRobin<Entity>, Entity>);

}  // namespace tb::sched
