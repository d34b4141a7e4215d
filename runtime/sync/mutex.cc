// A mutex that is not just free.
#include "runtime/sync/mutex.h"

#include <chrono>

#include "arch/clock.h"
#include "runtime/dispatch.h"
#include "runtime/park.h"
#include "runtime/sync/taking.h"

namespace tb {
namespace {

using Word = detail::WaitWord;

// Who has been the next for so long is given the mutex; then the one behind is the next. So those
// who want it all the time have it about as long each.
constexpr Duration kTenancy = std::chrono::microseconds(200);

// How often somebody looks who does not want to park, and the pauses between two looks: each look
// takes the word from the cache of who has the mutex.
constexpr int kLooks = 16;
constexpr int kLongestPause = 256;

bool take_it(Word::Locked& word, std::uintptr_t self) {
  const bool is_free = word.value() == 0;
  if (is_free) {
    word.set_value(self);
  }
  return is_free;
}

// The same for one that waits if it cannot have it: whoever has it already would wait for ever.
bool take_or_wait(Word::Locked& word, std::uintptr_t self) {
  expects(word.value() != self, "a thread locks no mutex that it has already");
  return take_it(word, self);
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

}  // namespace

bool Mutex::is_mine() {
  const PreemptionGuard guard;
  return word_.value() == self();
}

// While its owner runs elsewhere it will soon be free. Where somebody waits, one waits.
bool Mutex::spin_for_it() {
  if (!arch::polling_pays()) {
    return false;
  }
  int pause = 1;
  for (int look = 0; look < kLooks; ++look) {
    const std::uintptr_t owner = word_.load();
    if (owner == kFree) {
      if (word_.try_replace(kFree, self())) {
        return true;
      }
    } else if (owner == self() || owner % Word::kUnit != 0 ||
               reinterpret_cast<const ThreadRecord*>(owner)->state.get() !=
                   sched::ThreadState::kRunning) {
      return false;
    }
    for (int i = 0; i < pause; ++i) {
      arch::relax();
    }
    pause = std::min(8 * pause, kLongestPause);
  }
  return false;
}

detail::Turn Mutex::begin_lock(detail::Waiter& waiter) {
  if (spin_for_it()) {
    detail::note_over(waiter);
    static_cast<void>(hold_cpu_to_block());
    return detail::Turn();
  }
  waiter.since = arch::now();
  return detail::begin_taking(word_, waiter, detail::Order::kByUrgency,
                              [](Word::Locked& word) { return take_or_wait(word, self()); });
}

void Mutex::lock_contended() {
  detail::Waiter waiter;
  detail::take(begin_lock(waiter));
  while (!end_lock(waiter)) {
    detail::take(detail::begin_wait());
  }
}

// Who was woken because the mutex was free may find that somebody else was faster.
bool Mutex::end_lock(detail::Waiter& waiter) {
  return detail::end_wait(waiter) || try_once_more(waiter);
}

bool Mutex::try_once_more(detail::Waiter& waiter) {
  const PreemptionGuard guard;
  Word::Locked word(word_);
  waiter.is_awake = false;
  if (!Word::Locked::is_queued(waiter) || !take_it(word, self())) {
    return false;
  }
  if (&waiter == word.first()) {
    remove_first(word);
  } else {
    word.remove(waiter);
  }
  return true;
}

bool Mutex::try_lock_contended() {
  const PreemptionGuard guard;
  Word::Locked word(word_);
  return take_it(word, self());
}

bool Mutex::lock_patiently(const detail::Patience& patience) {
  detail::Waiter waiter;
  waiter.since = arch::now();
  const detail::WaitEnd end = detail::take_patiently(
      word_, waiter, detail::Order::kByUrgency, patience,
      [](Word::Locked& word) { return take_or_wait(word, self()); },
      [this](detail::Waiter& woken) { return try_once_more(woken); });
  if (end != detail::WaitEnd::kOver) {
    pass_on();
  }
  return end == detail::WaitEnd::kOver;
}

// Somebody who was woken has gone without it.
void Mutex::pass_on() {
  const PreemptionGuard guard;
  ThreadRecord* next = nullptr;
  {
    const Word::Locked word(word_);
    if (word.value() == kFree && word.first() != nullptr && !word.first()->is_awake) {
      word.first()->is_awake = true;
      next = word.first()->thread;
    }
  }
  if (next != nullptr) {
    wake_soon(*next);
  }
}

void Mutex::unlock_contended() {
  const PreemptionGuard guard;
  detail::Waiter* heir = nullptr;
  ThreadRecord* woken = nullptr;
  {
    Word::Locked word(word_);
    expects(word.value() == self(), "a mutex is unlocked by the thread that has it");
    detail::Waiter* const first = word.first();
    if (first != nullptr && must_be_given(*first)) {
      heir = first;
      remove_first(word);
      word.set_value(reinterpret_cast<std::uintptr_t>(first->thread));
    } else {
      word.set_value(kFree);
      if (first != nullptr && !first->is_awake) {
        first->is_awake = true;
        woken = first->thread;
      }
    }
  }
  if (heir != nullptr) {
    detail::finish(*heir);
  } else if (woken != nullptr) {
    wake_soon(*woken);
  }
}

}  // namespace tb
