// The scheduler of one CPU: time and events in, decisions out. It never reads a clock, sends an
// interrupt, switches a stack or allocates; runtime/ acts on what it returns.
//
// All functions are for the owner CPU with preemption off, unless they say otherwise. What returns
// a CPU to be told asks the runtime to interrupt it.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>

#include "base/cache_line.h"
#include "base/cpu_id.h"
#include "base/cpu_set.h"
#include "base/time.h"
#include "sched/backstop.h"
#include "sched/entity.h"
#include "sched/idle_set.h"
#include "sched/inbox.h"
#include "sched/policy.h"
#include "sched/round_robin.h"
#include "sched/run_queue.h"
#include "sched/timer_queue.h"

namespace tb::sched {

class CpuScheduler;

// What the schedulers of all CPUs share.
struct Machine {
  std::span<CpuScheduler* const> cpus;  // by their index; constant after start
  IdleSet<> idle;                       // shared
};

// Why the current thread leaves the CPU, or asks whether it should.
enum class Leave {
  kPreempted,  // an interrupt asks: the slice may be over, or something stands in the inbox
  kYielded,
  kParked,
  kExited,
  kMoved,  // to another CPU; the scheduler's word, not a caller's
};

struct Decision {
  Entity* next;   // may be the thread that runs already
  Time timer_at;  // when the timer has to ask again; kNever if nobody needs it
};

// What else came up with a decision or with the end of a switch, for the runtime to see to.
struct Errands {
  bool leaving_moves = false;   // the thread that leaves goes to another CPU once its stack is left
  Request* answered = nullptr;  // whose requesters are to be woken
  CpuSet tell;                  // CPUs to interrupt
};

struct Config {
  Duration quantum = RoundRobin<Entity>::kDefaultQuantum;
};

struct SchedulerCounters {
  std::uint64_t switches = 0;     // to another thread, the idle thread included
  std::uint64_t preemptions = 0;  // switches that the leaving thread did not ask for
  std::uint64_t arrivals = 0;     // threads that came by the inbox
  std::uint64_t given_away = 0;   // ready threads that went to a CPU without work
  std::uint64_t asked = 0;        // times it asked another CPU for work
};

class CpuScheduler {
 public:
  // While somebody else is ready, running threads are charged at least this often, so that nobody
  // hides more than this between two readings of the clock.
  static constexpr Duration kChargeInterval = std::chrono::milliseconds(1);

  // `idle` runs when nothing else is ready and is what this CPU runs now.
  CpuScheduler(CpuId id, Machine& machine, Entity& idle, const Config& config = {});
  CpuScheduler(const CpuScheduler&) = delete;
  CpuScheduler& operator=(const CpuScheduler&) = delete;

  // For a new thread that nobody else knows yet: where it may run. Some of the CPUs exist.
  void set_affinity(Entity& entity, const CpuSet& allowed) const;

  // Queues a new thread on `where`, which it may run on; else on an idle CPU, or on the next in
  // turn if none is. Returns the CPU that must be told, if any.
  std::optional<CpuId> start(Entity& entity, std::optional<CpuId> where = std::nullopt);

  // Notes a wake of `entity`, and brings it to a run queue if this wake won it. Returns the CPU
  // that must be told, if any.
  std::optional<CpuId> wake(Entity& entity, WakeKind kind = WakeKind::kOrdinary);

  // The same from an interrupt handler, which may have interrupted this very object: touches
  // nothing but what is shared. May be called on any CPU's scheduler in any context.
  std::optional<CpuId> wake_from_interrupt(Entity& entity, WakeKind kind = WakeKind::kOrdinary);

  // Sees to it that the owner of `entity` looks at its requests. Returns the CPU that must be told,
  // if any.
  std::optional<CpuId> tell_of_requests(Entity& entity);

  // The current thread is about to park and shall be woken at that time, unless somebody is faster.
  void wake_current_at(Time deadline);

  // A sleeper whose time has come; the caller wakes it, and asks again until there is none.
  Entity* take_due_sleeper(Time now);

  // Sets the current thread aside for the reason given and decides who runs now. The time may be a
  // cached one for kYielded. A returned thread counts as running from here on.
  Decision reschedule(Leave reason, Time now);

  // The second half of a park, called once the thread's stack is left: makes it wakeable, or brings
  // it to a run queue if a wake came first. Then the timer may be needed earlier than before.
  ParkOutcome complete_park(Entity& entity);

  // The second half of a move, likewise: sends the thread to where it may run.
  void complete_move(Entity& entity);

  // The second half of an exit, likewise: nobody stands on the thread's stack any more.
  void complete_exit(Entity& entity);

  // What came up since the last call; to be asked after each of the functions above.
  bool has_errands() const { return has_errands_; }
  Errands take_errands();

  // Charges the time since the last reading to the current thread.
  void charge(Time now);

  // When the timer has to ask again if the current thread goes on; kNever if nobody needs it. From
  // here on others count on it.
  Time timer_at(Time now);

  // From the timer's interrupt: a decision follows soon.
  void note_timer_interrupt() { inbox_.stop_watching(); }

  // The idle thread finds nothing to run: from here on others may give this CPU something.
  void begin_idle();

  // The next CPU that seems to have more than it can run and shall be interrupted to share it, if
  // any; each once after begin_idle().
  std::optional<CpuId> next_to_ask();

  // Whether the idle thread has to go through reschedule().
  bool has_work() const { return !run_queue_.empty() || !inbox_.empty(); }

  // A word that is zero while there are no arrivals; for a CPU that can sleep on it.
  const void* arrivals_word() const { return inbox_.word(); }

  // Before a sleep that only an interrupt ends; the idle thread looks once more for arrivals.
  void stop_watching() { inbox_.stop_watching(); }

  // Whether a decision needs the true time, to see how long those that were told have taken.
  bool waits_for_told_ones() const { return backstop_.due() != kNever; }

  // When the sleep has to end, to see whether those that were told have come; kNever if they have.
  Time must_look_again_at(Time now);

  // The idle thread has something to do, or looks whether it has. Whatever runs next, no timer need
  // be armed; so from here on this CPU has to be told, and a decision follows.
  void end_idle() {
    machine_.idle.withdraw(id_);
    inbox_.stop_watching();
  }

  // CPU time of all threads but the idle one, as far as it has been charged. From anywhere.
  Duration busy_time() const {
    // Relaxed: a figure by itself; pairs with the store in charge().
    return Duration(busy_time_.load(std::memory_order_relaxed));
  }

  // Whether others can take something off this CPU, as far as they know. From anywhere.
  bool is_loaded() const { return loaded_.load() || !inbox_.empty(); }

  // Whether others have sent it something that it has not taken in yet. From anywhere.
  bool has_arrivals() const { return !inbox_.empty(); }

  Entity& current() const { return *current_; }
  bool is_idle() const { return current_ == idle_; }
  CpuId id() const { return id_; }
  std::uint32_t movable_threads() const { return run_queue_.movable_count(); }
  const SchedulerCounters& counters() const { return counters_; }

 private:
  struct Takers;
  enum class Loaded { kNew, kAlready };
  enum class Keep { kNone, kNext };
  enum class Load { kIdle, kBusy };
  struct Place {
    CpuId cpu;
    Load load;
  };

  // arrivals.cc
  void drain_inbox();
  void take_in(Entity& entity);
  void look_at_requests(Entity& entity);
  void answer_for_own(Entity& entity);
  void answer_for_parked(Entity& entity);
  void answer_requests(Entity& entity);
  void answer(Request& request, Entity& entity) const;
  void note_answered(Request& request);
  void park_again(Entity& entity);
  void cancel_timer(Entity& entity);

  // placement.cc
  Place place(const Entity& entity, CpuId home);
  static void set_home(Entity& entity, CpuId home);
  std::optional<CpuId> claim_idle_cpu(const Entity& entity, CpuId home);
  std::optional<CpuId> push(InboxLink& link, CpuId where);
  std::optional<CpuId> push_arrival(Entity& entity, ThreadState from, CpuId where);
  CpuId next_in_turn(const Entity& entity);
  std::optional<CpuId> bring_woken(Entity& entity);
  void enqueue_woken(Entity& entity);
  std::optional<CpuId> send(Entity& entity, ThreadState from, Place place);
  std::optional<CpuId> push_to(Entity& entity, ThreadState from, Place place);
  std::optional<CpuId> hand_over(Entity& entity, ThreadState from);
  void note_told(std::optional<CpuId> cpu);
  void tell(std::optional<CpuId> cpu);
  void tell_lost_ones_again(Time now);
  // Relaxed: nobody else writes it; pairs with nothing.
  bool is_shown_as_loaded() const { return loaded_.load(std::memory_order_relaxed); }
  Loaded make_loaded();
  void look_for_idle_ones_if_newly_loaded();
  void no_longer_loaded();
  [[gnu::noinline]] void share(Keep keep);
  void give_ready_threads_away();
  std::optional<CpuId> find_taker(const Entity& entity, Takers& takers);

  void set_aside(Leave reason);
  void switch_to(Entity& next, Leave reason);

  // Shared.
  Inbox<InboxLink, &InboxLink::next> inbox_;
  Atomic<bool> loaded_{false};               // has movable ready threads; written by the owner CPU
  std::atomic<Duration::rep> busy_time_{0};  // written by the owner CPU only

  // Constant after start.
  alignas(kCacheLineSize) const CpuId id_;
  Machine& machine_;
  Entity* const idle_;

  // Owner CPU only.
  Entity* current_;
  RunQueue<RoundRobin<Entity>> run_queue_;
  bool current_must_move_ = false;
  bool has_errands_ = false;
  Time charged_until_{};
  TimerQueue<Entity> timers_;
  Backstop backstop_;
  Errands errands_;
  CpuId turn_;              // the next for a thread that has to wait wherever it goes
  std::uint32_t ask_next_;  // where the search for work goes on, around all CPUs
  std::uint32_t left_to_look_at_ = 0;
  SchedulerCounters counters_;
};

static_assert(Policy<RoundRobin<Entity>, Entity>);

}  // namespace tb::sched
