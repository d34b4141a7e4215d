// Waiting for a synchronisation object, the same for all of them: the thread stands in the ring of
// the object's word until somebody takes it out, who says so and wakes it; or until it takes itself
// out, because its time has come or it was asked to stop. Whoever takes it out, by the word's lock,
// has won: there is one end of a wait.
//
// For the headers beside this one; applications use what those offer.
#pragma once

#include <cstdint>

#include "arch/cpu.h"
#include "base/time.h"
#include "runtime/no_termination.h"
#include "runtime/patience.h"
#include "runtime/sync/stop_token.h"
#include "runtime/sync/wait_word.h"
#include "runtime/thread_life.h"
#include "runtime/turn.h"
#include "sched/scheduling.h"

namespace tb {

struct ThreadRecord;

namespace detail {

// Of those who wait where all go at once.
using Generation = std::uint32_t;

// How far a wait is.
enum class WaitPhase : std::uint8_t {
  kAsleep,   // the thread is parked, or about to park
  kWatches,  // it looks whether its wait is over, and need not be woken
  kOver,
};

// A thread that waits; lies on its stack. Its own before it stands in a ring; then guarded by the
// word's lock, but for the last.
struct Waiter {
  WaitHook<Waiter> hook;
  ThreadRecord* thread = nullptr;
  sched::Urgency urgency{};  // of the thread when it began to wait
  std::uint32_t wish = 0;    // what it waits for, where there is a choice
  bool is_awake = false;     // it was woken to try once more, and has not yet
  Time since{};              // when it began to wait, or to be the next

  // Shared: over once it has been taken out by somebody else, who does not touch it any more.
  // release: pairs with the acquire of the waiter, for what the other has done before.
  Atomic<WaitPhase> phase{WaitPhase::kAsleep};
};

using WaitWord = tb::WaitWord<Waiter, &Waiter::hook, &arch::relax>;

// --- As long as it takes

// The caller's turn is over if its wait is not. Preemption is off then until end_wait(), which says
// whether the wait is over; if it is not, preemption stays off. So no interrupt finds an
// application between these calls that stands in a ring.
Turn begin_wait(const Waiter& waiter);
bool end_wait(const Waiter& waiter);

// What comes after begin_wait(), or what else has begun a wait. Of a thread that was told to end by
// force, `end_or_wait()` is called for the rest, with preemption off: it ends the thread, or waits.
template <class EndOrWait>
[[gnu::always_inline]] inline void finish_wait(const Turn& turn, const Waiter& waiter,
                                               EndOrWait end_or_wait) {
  take(turn);
  while (!end_wait(waiter)) [[unlikely]] {
    if (is_told_to_end()) {
      end_or_wait();
      return;
    }
    take(wait_on());
  }
}

// That for a waiter whom nobody misses in the ring.
void end_or_wait(WaitWord& word, Waiter& waiter);

[[gnu::always_inline]] inline void finish_wait(const Turn& turn, WaitWord& word, Waiter& waiter) {
  finish_wait(turn, waiter, [&] { end_or_wait(word, waiter); });
}

// --- With less patience: see runtime/patience.h

// So long from now.
Time deadline_after(Duration duration);

// A call of `wait` with the patience to wait until a stop is requested.
template <StoppableToken Token, class Wait>
auto wait_with(const Token& token, Wait wait) {
  end_if_told();
  const NoTermination stays;  // as long as the callback is on its stack
  StopFlag flag;
  const auto raise = [&flag] { flag.raise(); };
  const typename StopCallbackOf<Token, decltype(raise)>::type callback(token, raise);
  return wait(Patience{.stop = &flag});
}

}  // namespace detail
}  // namespace tb
