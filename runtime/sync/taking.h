// What synchronisation objects are made of: standing in a ring unless one has what one wants,
// letting others out. For the sources beside this; wait.h has what goes on in their headers.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "runtime/preemption.h"
#include "runtime/sync/wait.h"
#include "runtime/turn_steps.h"

namespace tb::detail {

enum class Order : std::uint8_t {
  kByUrgency,     // behind those that are as urgent
  kByGeneration,  // the same among those of its generation, which is its wish
};

// Puts the calling thread into the ring. Preemption is off.
[[gnu::always_inline]] inline void enqueue(WaitWord::Locked& word, Waiter& waiter, Order order) {
  ThreadRecord& self = current_thread();
  waiter.thread = &self;
  waiter.urgency = self.urgency;
  word.insert(waiter, [order](const Waiter& a, const Waiter& b) {
    return a.urgency < b.urgency && (order == Order::kByUrgency || a.wish == b.wish);
  });
}

inline bool is_over(const Waiter& waiter) {
  // acquire: pairs with the release in finish().
  return waiter.phase.load(std::memory_order_acquire) == WaitPhase::kOver;
}

// For a waiter that the caller has just taken out of the ring; the word is locked no more.
// Preemption is off.
[[gnu::always_inline]] inline void finish(Waiter& waiter) {
  ThreadRecord& thread = *waiter.thread;
  // release: pairs with the waiter's acquire. Its stack may be gone from here on.
  waiter.phase.store(WaitPhase::kOver, std::memory_order_release);
  wake_soon(thread);
}

// The same for one that may be watching, and is not woken then. Who sleeps watches no more.
[[gnu::always_inline]] inline void finish_watched(Waiter& waiter) {
  // Relaxed: pairs with nothing, it tells what the waiter does and nothing else.
  if (waiter.phase.load(std::memory_order_relaxed) == WaitPhase::kAsleep) {
    finish(waiter);
    return;
  }
  ThreadRecord& thread = *waiter.thread;
  // release: pairs with the waiter's acquire. Its stack may be gone from here on.
  if (waiter.phase.exchange(WaitPhase::kOver, std::memory_order_release) == WaitPhase::kAsleep) {
    wake_soon(thread);
  }
}

// Takes it out; false if somebody else has, and is about to say so. Preemption is on.
bool leave_ring(WaitWord& word, Waiter& waiter);

// Until the next wake: how the wait ended, if it has. Preemption is on.
std::optional<WaitEnd> wait_a_while(WaitWord& word, Waiter& waiter, const Patience& patience,
                                    bool& is_late);

// All of it; who is woken before its wait is over has what it wants if `retry(waiter)` takes it.
// Whoever leaves the ring by itself may have stood in the way of others: `mend()` sees to that.
// Does not return if the thread is to end.
template <class Retry, class Mend>
WaitEnd wait(WaitWord& word, Waiter& waiter, const Patience& patience, Retry retry, Mend mend) {
  bool is_late = false;
  for (;;) {
    if (const auto end = wait_a_while(word, waiter, patience, is_late)) {
      if (*end != WaitEnd::kOver) {
        mend();
      }
      if (*end == WaitEnd::kToldToEnd) {
        end_without_return();
      }
      return *end;
    }
    if (retry(waiter)) {
      return WaitEnd::kOver;
    }
  }
}

inline bool never(const Waiter&) { return false; }
inline void nothing_to_mend() {}

// --- What most objects do: `take(locked)` takes what the caller wants and returns true, or false
// if it cannot be had; then the caller stands in the ring, and whoever takes it out has given it.

// Preemption is off.
template <class Take>
[[gnu::always_inline]] inline bool take_or_enqueue(WaitWord& word, Waiter& waiter, Order order,
                                                   Take take) {
  WaitWord::Locked locked(word);
  if (take(locked)) {
    return true;
  }
  enqueue(locked, waiter, order);
  return false;
}

// For a waiter of the calling thread that never stood in a ring, and need not.
inline void note_over(Waiter& waiter) {
  // Relaxed: pairs with nothing, it is this thread's own.
  waiter.phase.store(WaitPhase::kOver, std::memory_order_relaxed);
}

// The first half of a wait for as long as it takes, of which finish_wait() is the second.
template <class Take>
[[gnu::always_inline]] inline Turn begin_taking(WaitWord& word, Waiter& waiter, Order order,
                                                Take take) {
  Cpu& cpu = hold_cpu_to_block();
  if (take_or_enqueue(word, waiter, order, take)) {
    note_over(waiter);
    return Turn();
  }
  return begin_wait_on(cpu);
}

// The same with less patience.
template <class Take, class Mend = decltype(&nothing_to_mend)>
WaitEnd take_patiently(WaitWord& word, Waiter& waiter, Order order, const Patience& patience,
                       Take take, Mend mend = &nothing_to_mend) {
  {
    const PreemptionGuard guard;
    if (take_or_enqueue(word, waiter, order, take)) {
      return WaitEnd::kOver;
    }
  }
  return wait(word, waiter, patience, never, mend);
}

// --- Where all go at once who wait, they have a generation, so that those who come meanwhile wait
// for the next time.

// Whether it is of that generation or one before.
inline bool is_of(const Waiter& waiter, Generation generation) {
  return static_cast<std::int32_t>(waiter.wish - generation) <= 0;
}

// Some waiters on their way out: few, so that preemption is never off for long.
class Leaving {
 public:
  static constexpr std::size_t kMost = 16;
  bool is_full() const { return count_ == waiters_.size(); }

  // One that the caller has taken out.
  void add(Waiter& waiter) { waiters_[count_++] = &waiter; }

  // Takes the first ones out, as far as there is room and they `may_go`; true if there was room for
  // all of them.
  template <class MayGo>
  bool take(WaitWord::Locked& word, MayGo may_go) {
    Waiter* next = word.first();
    while (next != nullptr && !is_full() && may_go(*next)) {
      word.remove(*next);
      add(*next);
      next = word.first();
    }
    return next == nullptr || !is_full();
  }

  Waiter* hold_last_back() { return waiters_[--count_]; }

  // Once the word is not locked any more.
  void finish_all() {
    for (std::size_t i = 0; i < count_; ++i) {
      finish(*waiters_[i]);
    }
  }

 private:
  std::array<Waiter*, kMost> waiters_;
  std::size_t count_ = 0;
};

// `take(leaving)` takes some out, by the word's lock, and returns true if those were the last; else
// there was no room for more, and it is called again. Preemption is on. The object may be gone once
// the last one is told: till then one of those who have been taken out is kept waiting, for all
// others may leave by themselves and think that nobody touches it any more.
template <class Take>
void finish_by_and_by(Take take) {
  Waiter* held = nullptr;
  bool is_done = false;
  while (!is_done) {
    const PreemptionGuard guard;
    Leaving leaving;
    is_done = take(leaving);
    if (held != nullptr) {
      finish(*held);
    }
    held = is_done ? nullptr : leaving.hold_last_back();
    leaving.finish_all();
  }
}

// Lets all go of the generation that `change(locked)` returns, and of those before, if any.
template <class Change>
void change_and_finish(WaitWord& word, Change change) {
  std::optional<Generation> going;
  bool is_changed = false;
  finish_by_and_by([&](Leaving& leaving) {
    WaitWord::Locked locked(word);
    if (!is_changed) {
      going = change(locked);
      is_changed = true;
    }
    return !going ||
           leaving.take(locked, [&going](const Waiter& waiter) { return is_of(waiter, *going); });
  });
}

// Who waits until `has_come(locked)` is true, and leaves too late, may not have been let go yet: of
// many each has its turn.
template <class HasCome>
bool has_come_meanwhile(WaitWord& word, HasCome has_come) {
  const PreemptionGuard guard;
  WaitWord::Locked locked(word);
  return has_come(locked);
}

}  // namespace tb::detail
