// A mutex that is not just free.
#include "runtime/sync/mutex.h"

#include <chrono>

#include "arch/clock.h"
#include "base/format.h"
#include "runtime/dispatch.h"
#include "runtime/panic.h"
#include "runtime/park.h"
#include "runtime/sync/deadlock.h"
#include "runtime/sync/lending.h"
#include "runtime/sync/taking.h"
#include "runtime/sync/watching.h"
#include "runtime/thread.h"

namespace tb {
namespace {

using Word = detail::WaitWord;

// Who has been the next for so long is given the mutex; then the one behind is the next. So those
// who want it all the time have it about as long each.
constexpr Duration kTenancy = std::chrono::microseconds(200);

// How often somebody looks who does not want to park, and the pauses between two looks: each look
// takes the word from the cache of who has the mutex, which is to have it for many turns meanwhile;
// the more so if others wait, for each turn takes longer then.
constexpr int kLooks = 12;
constexpr Duration kShortestPause = std::chrono::microseconds(2);
constexpr Duration kLongestPause = std::chrono::microseconds(8);

bool take_it(Word::Locked& word, std::uintptr_t self) {
  const bool is_free = word.value() == 0;
  if (is_free) {
    word.set_value(self);
  }
  return is_free;
}

bool must_be_given(const detail::Waiter& first) {
  return first.urgency < sched::Urgency::kFair || arch::now() - first.since >= kTenancy;
}

// The one behind is the next from now on.
void remove_first(Word::Locked& word) {
  word.remove(*word.first());
  if (word.first() != nullptr) {
    word.first()->since = arch::now();
  }
}

// Whom to wake where the mutex is free for whoever comes first; null if that one is awake already.
ThreadRecord* next_to_try(detail::MutexLook& look) {
  detail::Lender* const first = look.first();
  if (detail::owner_of(look.word().value()) != nullptr || first == nullptr || first->is_awake) {
    return nullptr;
  }
  first->is_awake = true;
  return first->thread;
}

void queue_by_urgency(Word::Locked& word, detail::Waiter& waiter) {
  detail::enqueue(word, waiter, detail::Order::kByUrgency);
}

[[noreturn]] void panic_about(const DeadlockDetected& deadlock) {
  std::array<char, 160> text;
  const Error error = deadlock;
  panic(format_into(text, "deadlock: {}", error));
}

}  // namespace

bool Mutex::is_mine() {
  const PreemptionGuard guard;
  return word_.value() == self();
}

Mutex::Look Mutex::look_at_it() {
  std::uintptr_t owner = word_.load();
  if (owner == kFree) {
    return word_.try_replace(kFree, self()) ? Look::kTaken : Look::kOwnerRuns;
  }
  if (!Word::is_value(owner)) {
    const PreemptionGuard guard;
    detail::MutexLook look(word_);
    if (take_it(look.word(), self())) {
      return Look::kTaken;
    }
    owner = look.word().value();
  }
  if (owner == self()) {
    return Look::kOwnerWaits;
  }
  switch (detail::owner_of(owner)->state.get()) {
    case sched::ThreadState::kRunning:
      return Look::kOwnerRuns;
    case sched::ThreadState::kReady:
      return Look::kOwnerIsReady;
    default:
      return Look::kOwnerWaits;
  }
}

// While its owner runs elsewhere it will soon be free.
Mutex::Look Mutex::watch_it() {
  Duration pause = kShortestPause;
  Look seen = look_at_it();
  for (int i = 0; i < kLooks && seen == Look::kOwnerRuns && arch::polling_pays(); ++i) {
    detail::pause_for(Word::is_value(word_.load()) ? pause : kLongestPause);
    pause = std::min(2 * pause, kLongestPause);
    seen = look_at_it();
  }
  return seen;
}

// An owner that has lost its CPU at the end of its slice soon goes on if others let it: better than
// that all of them queue, for whoever queues once does so again and again (M. Blasgen et al., 1979,
// "The convoy phenomenon").
bool Mutex::take_without_queue() {
  Look seen = watch_it();
  if (seen == Look::kOwnerIsReady && current_thread().urgency == sched::Urgency::kFair) {
    this_thread::yield();
    seen = watch_it();
  }
  return seen == Look::kTaken;
}

// Preemption is off. Whoever has it already would wait for ever.
bool Mutex::take_or_queue(detail::Lender& waiter) {
  waiter.since = waiter.began = arch::now();
  detail::MutexLook look(word_);
  expects(look.word().value() != self(), "a thread locks no mutex that it has already");
  if (take_it(look.word(), self())) {
    return true;
  }
  queue_by_urgency(look.word(), waiter);
  detail::begin_to_wait(waiter);
  return false;
}

detail::Turn Mutex::begin_lock(detail::Lender& waiter) {
  const bool has_it = take_without_queue();
  Cpu& cpu = hold_cpu_to_block();
  if (has_it || take_or_queue(waiter)) {
    detail::note_over(waiter);
    return detail::Turn();
  }
  if (const auto deadlock = detail::find_deadlock(waiter)) [[unlikely]] {
    panic_about(*deadlock);
  }
  return begin_wait_on(cpu);
}

// Who waits for it may be ended by force.
void Mutex::lock_contended() {
  detail::end_to_stay();
  wait_for_it();
  detail::begin_to_stay();
}

void Mutex::wait_for_it() {
  detail::Lender waiter(word_);
  detail::take(begin_lock(waiter));
  while (!end_lock(waiter)) {
    if (detail::is_told_to_end()) {
      let_go_of_the_cpu();
      static_cast<void>(wait_queued(waiter, {}));
      return;
    }
    detail::take(detail::wait_on());
  }
}

// Who was woken because the mutex was free may find that somebody else was faster.
bool Mutex::end_lock(detail::Lender& waiter) {
  if (!detail::end_wait(waiter)) {
    if (!try_once_more(waiter)) {
      return false;
    }
    let_go_of_the_cpu();
  }
  if (current_thread().waiting.load() != nullptr) {
    detail::end_to_wait();
  }
  return true;
}

// Who is scheduled by another urgency than before finds its place by that.
bool Mutex::try_once_more(detail::Lender& waiter) {
  const PreemptionGuard guard;
  detail::MutexLook look(word_);
  Word::Locked& word = look.word();
  waiter.is_awake = false;
  if (!Word::Locked::is_queued(waiter)) {
    return false;
  }
  const bool has_it = take_it(word, self());
  if (has_it && &waiter == word.first()) {
    remove_first(word);
  } else if (has_it) {
    word.remove(waiter);
  } else if (waiter.urgency != current_thread().urgency) {
    look.take_back(waiter);
    word.remove(waiter);
    queue_by_urgency(word, waiter);
  }
  return has_it;
}

bool Mutex::try_lock_contended() {
  const PreemptionGuard guard;
  detail::MutexLook look(word_);
  const bool has_it = take_it(look.word(), self());
  if (!has_it) {
    detail::end_to_stay();
  }
  return has_it;
}

std::expected<void, Error> Mutex::lock_checked() {
  expects(arch::preemption_enabled() && !arch::in_interrupt(), "only a preemptible thread blocks");
  detail::end_to_stay();
  if (is_mine()) {
    return std::unexpected(DeadlockDetected{.length = 1, .first = {this_thread::id()}});
  }
  detail::Lender waiter(word_);
  {
    const PreemptionGuard guard;
    if (take_or_queue(waiter)) {
      detail::begin_to_stay();
      return {};
    }
  }
  const auto deadlock = detail::find_deadlock(waiter);
  // Who closes a circle has no patience.
  if (detail::stay_if(wait_queued(waiter, {.deadline = deadlock ? Time{} : kNever}))) {
    return {};
  }
  return std::unexpected(*deadlock);
}

bool Mutex::lock_patiently(const detail::Patience& patience) {
  detail::Lender waiter(word_);
  waiter.gives_up = true;
  {
    const PreemptionGuard guard;
    if (take_or_queue(waiter)) {
      detail::begin_to_stay();
      return true;
    }
  }
  return detail::stay_if(wait_queued(waiter, patience));
}

// False if it has given up.
bool Mutex::wait_queued(detail::Lender& waiter, const detail::Patience& patience) {
  const auto retry = [&](auto&) { return try_once_more(waiter); };
  const auto mend = [&] {
    detail::end_to_wait();
    pass_on(waiter);
  };
  const bool has_it = detail::wait(word_, waiter, patience, retry, mend) == detail::WaitEnd::kOver;
  if (has_it) {
    detail::end_to_wait();
  }
  return has_it;
}

// Somebody has gone without it, who may have been woken for it, or lent its urgency.
void Mutex::pass_on(detail::Lender& gone) {
  const PreemptionGuard guard;
  ThreadRecord* next = nullptr;
  {
    detail::MutexLook look(word_);
    look.take_back(gone);
    next = next_to_try(look);
  }
  if (next != nullptr) {
    wake_soon(*next);
  }
}

void Mutex::unlock_contended() {
  const PreemptionGuard guard;
  detail::Lender* heir = nullptr;
  ThreadRecord* woken = nullptr;
  {
    detail::MutexLook look(word_);
    Word::Locked& word = look.word();
    expects(word.value() == self(), "a mutex is unlocked by the thread that has it");
    detail::Lender* const first = look.first();
    if (first != nullptr && must_be_given(*first)) {
      heir = first;
      remove_first(word);
      word.set_value(reinterpret_cast<std::uintptr_t>(first->thread));
    } else {
      word.set_value(kFree);
      woken = next_to_try(look);
    }
  }
  if (heir != nullptr) {
    detail::finish(*heir);
  } else if (woken != nullptr) {
    wake_soon(*woken);
  }
}

}  // namespace tb
