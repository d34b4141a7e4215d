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
#include <utility>

#include "base/cache_line.h"
#include "base/cpu_id.h"
#include "base/cpu_set.h"
#include "base/time.h"
#include "sched/backstop.h"
#include "sched/classes.h"
#include "sched/companion.h"
#include "sched/config.h"
#include "sched/decision.h"
#include "sched/entity.h"
#include "sched/inbox.h"
#include "sched/policy.h"
#include "sched/run_queue.h"
#include "sched/shared_cpu_set.h"
#include "sched/timer_queue.h"
#include "sched/turn_pace.h"

namespace tb::sched {

class CpuScheduler;

// What the schedulers of all CPUs share.
struct Machine {
  std::span<CpuScheduler* const> cpus;  // by their index; constant after start
  CpuSet all;                           // of them; constant after start
  SharedCpuSet<> idle;                  // shared
  SharedCpuSet<> urgent;  // shared: those with a real-time thread that waits and may run elsewhere
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

  // For a new thread that nobody else knows yet: where it may run. Some of the CPUs exist. If there
  // are others, it has its details.
  void set_affinity(Entity& entity, const CpuSet& allowed) const;

  // The same for one that is to be a Deadline thread of that CPU, which has admitted it; it has its
  // details.
  void admit_new(Entity& entity, const SchedulingParameters& parameters, const CpuSet& allowed,
                 CpuId cpu) const;

  // Where a thread of this CPU may run, of all CPUs.
  const CpuSet& affinity_of(const Entity& entity) const {
    // Relaxed: pairs with nothing, who restricts a thread has seen them.
    return entity.restricted ? entity.details.load(std::memory_order_relaxed)->affinity
                             : machine_.all;
  }
  // The same, but of a Deadline thread where it may be admitted.
  const CpuSet& wanted_affinity_of(const Entity& entity) const {
    // Relaxed: pairs with nothing, as above.
    return entity.policy == PolicyKind::kDeadline
               ? entity.details.load(std::memory_order_relaxed)->wanted_affinity
               : affinity_of(entity);
  }
  // Of a Deadline thread; else kNoCpu.
  CpuId admitting_cpu(const Entity& entity) const {
    return entity.policy == PolicyKind::kDeadline ? affinity_of(entity).first_from(CpuId{0})
                                                  : kNoCpu;
  }
  bool may_run_here(const Entity& entity) const {
    return !entity.restricted || affinity_of(entity).contains(id_);
  }

  // Queues a new thread on `where`, which it may run on; else on an idle CPU, or here if none is.
  // Returns the CPU that must be told, if any.
  std::optional<CpuId> start(Entity& entity, std::optional<CpuId> where = std::nullopt);

  // The usual case of that for a thread that may begin here: no timer has to be armed, and nobody
  // has to be told. False if it is not that; then nothing is done.
  [[gnu::always_inline]] bool start_quickly(Entity& entity, std::optional<CpuId> where);

  // Notes a wake of `entity`, and brings it to a run queue if it is parked here; or sees to it that
  // its home does so. Returns the CPU that must be told, if any.
  std::optional<CpuId> wake(Entity& entity, WakeKind kind = WakeKind::kOrdinary);

  // The usual case of that: the thread is here, no timer has to be armed or taken out, and no other
  // CPU has to be told. If it is not that, nothing is done.
  enum class QuickWake { kNot, kDone, kPreempts };
  [[gnu::always_inline]] QuickWake wake_quickly(Entity& entity, WakeKind kind);

  // The same, but an ordinary thread does not preempt another one.
  [[gnu::always_inline]] QuickWake wake_quickly_soon(Entity& entity, WakeKind kind);

  // The same from an interrupt handler, which may have interrupted this very object: touches
  // nothing but what is shared. May be called on any CPU's scheduler in any context.
  std::optional<CpuId> wake_from_interrupt(Entity& entity, WakeKind kind = WakeKind::kOrdinary);

  // Sees to it that the owner of `entity` looks at its requests. Returns the CPU that must be told,
  // if any.
  std::optional<CpuId> tell_of_requests(Entity& entity);

  // What is lent to `entity` has changed: it goes by that from here on, or its owner sees to it. If
  // it is parked its park ends, so that it can lend in its turn. Returns the CPU that must be told,
  // if any. If it is the current one, the time has been charged.
  std::optional<CpuId> tell_of_loans(Entity& entity);

  // The current thread is about to wait for the end of that one: if it is ready here and has never
  // run, it is the next, for the rest of the current one's slice.
  [[gnu::always_inline]] void let_go_first(Entity& entity);

  // The current thread takes note of all wakes so far; true if there was one since the last call.
  // The waker's writes before its wake are visible afterwards.
  bool take_wakes() {
    note_own_wakes();
    return current_->wakes.take();
  }
  bool take_lasting_wakes() {
    note_own_wakes();
    return current_->wakes.take_lasting();
  }

  // The same for one that is about to park, and goes on at once if they return true: as if it had
  // parked and been woken. The last one is true as well if it was told to end.
  bool take_wakes_for_park() { return take_wakes() && park_at_once(); }
  bool take_lasting_wakes_for_park() { return take_lasting_wakes() && park_at_once(); }
  [[gnu::always_inline]] bool take_wakes_or_end_for_park() {
    note_own_wakes();
    return current_->wakes.take_or_end() && park_at_once();
  }

  // For a park that only lasting wakes end: forgets the others, and whether it may begin without a
  // look at why not.
  bool may_park_for_lasting_wakes() {
    note_own_wakes();
    return current_->wakes.forget_ordinary();
  }

  // The current thread is about to park and shall be woken at that time, unless somebody is faster.
  // `sleeper` lasts until it is back.
  void wake_current_at(Sleeper& sleeper, Time deadline);

  // One whose time has come; the caller wakes it, and asks again until there is none. Deadline
  // threads whose next period has come become ready meanwhile.
  Entity* take_due_sleeper(Time now);

  // This CPU, if somebody who is ready goes before the current thread.
  std::optional<CpuId> must_preempt() const {
    return !is_idle() && run_queue_.front_preempts(*current_) ? std::optional(id_) : std::nullopt;
  }

  // Sets the current thread aside for the reason given and decides who runs now. A returned thread
  // counts as running from here on. Until the switch to it no other function is called. If the
  // thread ends and somebody waits for that, who is parked here, that is its heir: the next, on
  // what is left of its slice.
  Decision reschedule(Leave reason, Time now, Entity* heir = nullptr);

  // The usual case of that for a thread that yields or parks: somebody else is ready, no timer has
  // to be armed, and nothing has come up that needs the true time. Null if it is not that; then
  // nothing is done, and reschedule() decides.
  [[gnu::always_inline]] Entity* leave_quickly(Leave reason);

  // The same for one that parks as in let_go_first(), and that goes first here.
  [[gnu::always_inline]] Entity* leave_quickly_for(Entity& entity);

  // The same for one that ends while `joiner` waits for that: if it is parked here, it is the next,
  // for the rest of the current one's slice. Null if it is not, or if that has to be decided.
  [[gnu::always_inline]] Entity* leave_quickly_to(Entity& joiner);

  // The second half of a move, of errands: sends the thread to where it may run.
  void complete_move(Entity& entity);

  // The second half of an exit, likewise: nobody stands on the thread's stack any more.
  void complete_exit(Entity& entity) {
    entity.state.transition(ThreadState::kExiting, ThreadState::kDead, id_);
    // Later ones are refused by whoever looks at what is posted.
    if (!entity.requests.empty()) [[unlikely]] {
      refuse_requests(entity);
    }
  }

  // What came up since the last call; to be asked after each of the functions above.
  bool has_errands() const { return errands_pending_ != 0; }
  Errands take_errands();

  // Who has left its stack for good since the last call, if anybody; the first of the errands.
  Entity* take_exited() {
    errands_pending_ &= ~kExited;
    return std::exchange(exited_, nullptr);
  }

  // A Deadline thread that has missed its deadline since the last call, if anybody has: its handler
  // is to be told, before anything else is seen to.
  bool has_missed() const { return missed_ != nullptr; }
  Entity* take_missed() { return has_missed() ? take_first_missed() : nullptr; }

  // Charges the time since the last reading to the current thread.
  void charge(Time now);

  // When the timer has to ask again if the current thread goes on; kNever if nobody needs it. From
  // here on others count on it.
  Time timer_at(Time now);

  // From the timer's interrupt: a decision follows soon.
  void note_timer_interrupt() {
    inbox_.stop_watching();
    timer_fired_ = true;
  }

  // The idle thread finds nothing to run: from here on others may give this CPU something.
  void begin_idle();

  // The next CPU that seems to have more than it can run and shall be interrupted to share it, if
  // any; each once after begin_idle().
  std::optional<CpuId> next_to_ask();

  // Whether the idle thread has to go through reschedule().
  bool has_work() const { return !run_queue_.empty() || !inbox_.empty() || !beginning_.empty(); }

  // A word that is zero while there are no arrivals; for a CPU that can sleep on it.
  const void* arrivals_word() const { return inbox_.word(); }

  // Before a sleep that only an interrupt ends; the idle thread looks once more for arrivals.
  void stop_watching() { inbox_.stop_watching(); }

  // Whether somebody waits behind the current thread though no timer is armed for the next charge.
  bool lacks_timer() const { return !run_queue_.empty() && !is_idle() && !inbox_.is_watching(); }

  // When the sleep has to end, to see whether those that were told have come; kNever if they have.
  Time must_look_again_at(Time now);

  // CPU time of all threads but the idle one, as far as it has been charged. From anywhere.
  Duration busy_time() const {
    // Relaxed: a figure by itself; pairs with the store in charge().
    return Duration(busy_time_.load(std::memory_order_relaxed));
  }

  // Whether others can take something off this CPU, as far as they know: ready threads, or what it
  // does not look at because it runs one. From anywhere.
  bool is_loaded() const { return loaded_.load() || (!inbox_.empty() && threads() > 0); }

  // Whether the current thread would go to that CPU if it parked and was woken from there; a guess.
  bool would_follow_to(CpuId cpu) const;

  // The current thread has waited from `begin` to `end` for one of another CPU, and watched it.
  void note_wait(Time begin, Time end);

  // Whether its threads wait again and again after less than it takes to wake another CPU's, as far
  // as the clock was read. From anywhere, as a guess.
  bool takes_brief_turns() const {
    // Relaxed: pairs with the store in show_pace(), for which any recent value will do.
    return takes_brief_turns_.load(std::memory_order_relaxed);
  }

  // Whether others have sent it something that it has not taken in yet. From anywhere.
  bool has_arrivals() const { return !inbox_.empty(); }

  Entity& current() const { return *current_; }
  bool is_idle() const { return current_ == idle_; }
  CpuId id() const { return id_; }
  std::uint32_t movable_threads() const { return run_queue_.movable_count(); }
  const SchedulerCounters& counters() const { return counters_; }

 private:
  using CpuInbox = Inbox<InboxLink, &InboxLink::next>;
  static constexpr std::uint32_t kExited = 1;
  static constexpr std::uint32_t kOther = 2;
  struct Takers;
  enum class Loaded { kNew, kAlready };
  enum class Keep { kNone, kNext };
  enum class Load { kIdle, kBusy };
  struct Place {
    CpuId cpu;
    Load load;
  };

  void look_around(Time now, Leave reason);
  void share_before(Leave reason, Keep keep);
  void bring_heir(Entity& heir, const Entity& leaving);

  // arrivals.cc
  void drain_inbox();
  void take_in(Entity& entity);
  void look_at_posts(Entity& entity);
  void look_at_wakes(Entity& entity, Wakes wakes, CpuId inviter);
  void note_wakes(Entity& entity, Wakes wakes);
  void look_at_requests(Entity& entity);
  void send_where_it_may_run(Entity& entity);
  void post_and_tell(Entity& entity, Wakes wakes);
  void answer_requests(Entity& entity);
  void answer(Request& request, Entity& entity);
  void change_affinity(Entity& entity, const CpuSet& allowed);
  void change_parameters(Request& request, Entity& entity);
  void place_anew(Entity& entity, bool was_queued);
  void look_at_loans(Entity& entity);
  void suspend_or_resume(Entity& entity);
  void begin_turn(Entity& entity);
  void note_answered(Request& request);
  void refuse_requests(Entity& entity);
  void stop_timer(Entity& entity);

  // quick_turns.h
  [[gnu::always_inline]] void note_own_wakes();
  bool park_at_once();
  void enqueue(Entity& entity, EnqueueReason reason);
  void begin_here(Entity& entity);
  std::optional<CpuId> enqueue_woken(Entity& entity);
  // Whether nothing speaks against a quick turn but that maybe nobody is ready.
  [[gnu::always_inline]] bool is_calm(Leave reason);
  void set_aside(Leave reason);
  Entity* leave_to_next(Leave reason);
  Entity* yield_quickly();
  void run(Entity& next, ThreadState from);

  // serving.cc
  [[clang::preserve_most]] void enqueue_seldom(Entity& entity, EnqueueReason reason);
  std::optional<CpuId> enqueue_woken_seldom(Entity& entity);
  bool take_off(Entity& entity);
  void begin_arrived(Time now);
  void make_ready_or_wait(Entity& entity, Begin begin);
  void begin_next_period(Entity& entity, Time now);
  Leave leave_job(Entity& leaving, Leave reason, Time now);
  void wait_for_next_period(Entity& entity);
  void note_miss(Entity& entity, Time now);
  Entity* take_first_missed();

  // real_time_placement.cc
  Place place_urgent(const Entity& entity);
  std::optional<CpuId> bring_urgent(Entity& entity);
  CpuId least_urgent_cpu(const Entity& entity, Urgency here) const;
  void offer_urgent();
  void offer_urgent_later();
  void note_offer() {
    must_offer_ = true;
    errands_pending_ |= kOther;
  }
  void announce_urgent();
  void ask_for_urgent();
  bool goes_elsewhere(const Entity& entity) const {
    return !entity.takes_usual_turns() && is_urgent(entity.urgency) && entity.movable;
  }

  // placement.cc
  void end_idle();
  Place place_woken(const Entity& entity);
  Place place_new(const Entity& entity);
  std::optional<CpuId> preempt_for_many();
  static void set_home(Entity& entity, CpuId home);
  std::optional<CpuId> claim_idle_cpu(const Entity& entity);
  std::optional<CpuId> post(Entity& entity, Wakes wakes);
  std::optional<CpuId> post_wake(Entity& entity, WakeKind kind);
  std::optional<CpuId> told_of_wake(const Entity& entity, CpuId home, Tell told) const;
  std::optional<CpuId> push_arrival(Entity& entity, ThreadState from, CpuId where);
  CpuId next_in_turn(const Entity& entity);
  std::optional<CpuId> bring_woken(Entity& entity);
  void invite(const Entity& entity);
  CpuId take_invitation();
  bool may_follow(const Entity& entity, CpuId inviter) const;
  std::optional<CpuId> send_after(Entity& entity, CpuId inviter);
  std::optional<CpuId> send(Entity& entity, ThreadState from, Place place);
  std::optional<CpuId> hand_over(Entity& entity, ThreadState from);
  void note_told(std::optional<CpuId> cpu);
  void tell(std::optional<CpuId> cpu);
  void tell_lost_ones_again(Time now);
  // Relaxed: nobody else writes it; pairs with nothing.
  bool is_shown_as_loaded() const { return loaded_.load(std::memory_order_relaxed); }
  Loaded make_loaded();
  void look_for_idle_ones_if_newly_loaded();
  void no_longer_loaded();
  [[gnu::noinline, clang::preserve_most]] void share(Keep keep);
  void give_ready_threads_away();
  bool must_even_out(Time now);
  void even_out();
  std::optional<CpuId> find_taker(const Entity& entity, Takers& takers);

  // What another CPU has is better not looked at more closely: that would take it from its cache.
  bool is_home_of(const Entity& entity) const {
    // Relaxed: pairs with nothing. Of those that this CPU owns it is true, as it has seen itself.
    return entity.home.load(std::memory_order_relaxed) == id_;
  }
  // Normal and Batch threads hand on what is left of their turns; others go strictly by priority.
  bool shares_turns_with(const Entity& entity) const {
    return entity.urgency == Urgency::kFair && current_->urgency == Urgency::kFair;
  }
  bool is_fresh_here(const Entity& entity) const {
    return entity.state.is_ready_on(id_) && entity.switches_in == 0 && shares_turns_with(entity);
  }
  // So that it is looked at what is ready: whoever has just become so goes before the current one.
  [[gnu::always_inline]] std::optional<CpuId> preempt_for(const Entity& woken) const {
    const bool preempts = !(woken.is_hot() && current_->is_hot()) && preempts_others(woken);
    return preempts ? std::optional(id_) : std::nullopt;
  }
  // The same, unless both are hot. Of a Deadline thread its deadline is not known yet.
  [[gnu::noinline, clang::preserve_most]] bool preempts_others(const Entity& woken) const {
    return !is_idle() &&
           (woken.urgency == Urgency::kDeadline || run_queue_.preempts(woken, *current_));
  }
  bool nobody_else_wants(const Entity& woken) const {
    return !machine_.idle.any() && (!woken.movable || is_shown_as_loaded());
  }
  // Who is ready alone begins sooner behind the current thread than on another CPU.
  bool waits_briefly() const {
    return takes_brief_turns() && run_queue_.count() <= 1 && current_->urgency == Urgency::kFair;
  }
  bool stays_here(const Entity& woken) const {
    return nobody_else_wants(woken) ||
           (waits_briefly() && run_queue_.empty() && woken.urgency == Urgency::kFair);
  }
  // Others may want one of those that are ready here, or do not know yet that there are any.
  bool must_share() const {
    return run_queue_.movable_count() > 0 && (!is_shown_as_loaded() || machine_.idle.any());
  }
  void requeue(Entity& leaving, Leave reason);
  Entity* yield_seldom();
  void switch_to(Entity& next, Leave reason);
  void note_reading(Time now, Leave reason);
  void show_pace();
  [[clang::preserve_most]] void note_urgency();
  void show_urgency();
  void note_share();
  std::uint32_t threads() const {
    // Relaxed: pairs with the store in note_threads(), for which any recent value will do.
    return threads_.load(std::memory_order_relaxed);
  }
  void note_threads() {
    // Relaxed: pairs with the load in threads().
    threads_.store(run_queue_.count() + (is_idle() ? 0 : 1), std::memory_order_relaxed);
  }

  // Shared.
  alignas(kCacheLineSize) CpuInbox inbox_;
  Atomic<bool> loaded_{false};               // has movable ready threads; written by the owner CPU
  std::atomic<Duration::rep> busy_time_{0};  // written by the owner CPU only
  std::atomic<std::uint32_t> threads_{0};    // running or ready; written by the owner CPU only
  Atomic<Urgency> runs_{Urgency::kNobody};   // the current thread's; written by the owner CPU
  // Of those that wait here and may run elsewhere; written by the owner CPU.
  Atomic<Urgency> waits_{Urgency::kNobody};
  std::atomic<bool> takes_brief_turns_{false};  // written by the owner CPU only
  // A CPU that takes brief turns, and would run the thread that it has just woken here; a guess.
  std::atomic<CpuId> invited_by_{kNoCpu};

  // Constant after start.
  alignas(kCacheLineSize) const CpuId id_;
  Machine& machine_;
  Entity* const idle_;
  const Balancing balancing_;
  const Duration balance_interval_;

  // Owner CPU only.
  Entity* current_;
  RunQueue<Classes<Entity>> run_queue_;
  // Deadline threads that have become ready since the last decision, which knows the time.
  IntrusiveList<Entity, &Entity::run_queue_hook> beginning_;
  TurnPace pace_;
  Companion companion_;
  bool current_must_move_ = false;
  bool current_must_stand_still_ = false;
  bool current_ends_ = false;
  bool must_offer_ = false;
  bool is_over_share_ = false;         // so it takes no real-time threads
  Entity* missed_ = nullptr;           // linked by next_missed
  std::uint32_t errands_pending_ = 0;  // kExited: `exited_`; kOther: all else
  Entity* exited_ = nullptr;
  Time charged_until_{};
  TimerQueue<Sleeper> timers_;
  Backstop backstop_;
  Errands errands_;
  bool timer_fired_ = false;
  Time evened_out_at_{};
  std::uint32_t compare_next_ = 0;  // with whom it evens out next, around all CPUs
  CpuId turn_;                      // the next for a thread that has to wait wherever it goes
  std::uint32_t ask_next_;          // where the search for work goes on, around all CPUs
  std::uint32_t left_to_look_at_ = 0;
  SchedulerCounters counters_;
};

static_assert(Policy<Classes<Entity>, Entity>);

}  // namespace tb::sched

#include "sched/quick_turns.h"  // IWYU pragma: export
