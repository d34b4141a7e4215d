// The end of the call, and waiting for it.
#include "runtime/sync/once.h"

#include "runtime/sync/taking.h"

namespace tb {

using Word = detail::WaitWord;

void OnceFlag::end(std::uintptr_t state) {
  if (!word_.try_replace(kRuns, state)) {
    detail::change_and_finish(word_, [state](Word::Locked& word) {
      constexpr detail::Generation kOnly = 0;
      word.set_value(state);
      return std::optional(kOnly);
    });
  }
  detail::end_to_stay();
}

bool OnceFlag::look(Word::Locked& word, detail::Waiter& waiter) {
  if (word.value() == kNot) {
    word.set_value(kRuns);
    waiter.wish = kCalls;
    return true;
  }
  return word.value() == kDone;
}

// Who finds that there is no call wishes to call, and begins.
detail::Turn OnceFlag::begin_wait(detail::Waiter& waiter) {
  return detail::begin_taking(word_, waiter, detail::Order::kByGeneration,
                              [&waiter](Word::Locked& word) { return look(word, waiter); });
}

// Of a call that has thrown the waiters are let go, and find out anew.
OnceFlag::Next OnceFlag::begin() {
  bool calls = word_.try_replace(kNot, kRuns);
  while (!calls) {
    detail::Waiter waiter;
    detail::finish_wait(begin_wait(waiter), word_, waiter);
    if (is_done_for_all()) {
      return Next::kNothing;
    }
    calls = waiter.wish == kCalls;
  }
  detail::begin_to_stay();
  return Next::kCall;
}

OnceFlag::Next OnceFlag::begin_patiently(const detail::Patience& patience) {
  bool calls = word_.try_replace(kNot, kRuns);
  while (!calls) {
    detail::Waiter waiter;
    const auto end =
        detail::take_patiently(word_, waiter, detail::Order::kByGeneration, patience,
                               [&waiter](Word::Locked& word) { return look(word, waiter); });
    if (is_done_for_all()) {
      return Next::kNothing;
    }
    if (end != detail::WaitEnd::kOver) {
      return Next::kGiveUp;
    }
    calls = waiter.wish == kCalls;
  }
  detail::begin_to_stay();
  return Next::kCall;
}

bool OnceFlag::is_done_for_all() {
  const PreemptionGuard guard;
  return word_.value() == kDone;
}

}  // namespace tb
