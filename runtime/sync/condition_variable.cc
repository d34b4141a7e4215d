// The ring of those who wait to be notified.
#include "runtime/sync/condition_variable.h"

#include "runtime/sync/taking.h"

namespace tb {

using Word = detail::WaitWord;

namespace {

// The value counts how often all were notified.
detail::Generation generation_of(const Word::Locked& word) {
  return static_cast<detail::Generation>(word.value() / Word::kUnit);
}

}  // namespace

void ConditionVariable::begin(detail::Waiter& waiter) {
  detail::begin_to_stay();
  const PreemptionGuard guard;
  Word::Locked word(word_);
  waiter.wish = generation_of(word);
  detail::enqueue(word, waiter, detail::Order::kByGeneration);
}

detail::WaitEnd ConditionVariable::finish(detail::Waiter& waiter,
                                          const detail::Patience& patience) {
  detail::end_to_stay();
  return detail::wait(word_, waiter, patience, detail::never, detail::nothing_to_mend);
}

detail::Turn ConditionVariable::begin_wait(const detail::Waiter& waiter) {
  detail::end_to_stay();
  return detail::begin_wait(waiter);
}

// Who waits has entered the ring before it gave the lock back, which the caller has had since.
bool ConditionVariable::nobody_waits() const { return word_.load() % Word::kUnit == 0; }

void ConditionVariable::notify_one() {
  if (nobody_waits()) {
    return;
  }
  // Those of earlier generations go anyway, and are not the one.
  bool is_done = false;
  while (!is_done) {
    const PreemptionGuard guard;
    detail::Waiter* next = nullptr;
    {
      Word::Locked word(word_);
      next = word.first();
      is_done = next == nullptr || next->wish == generation_of(word);
      if (next != nullptr) {
        word.remove(*next);
      }
    }
    if (next != nullptr) {
      detail::finish(*next);
    }
  }
}

void ConditionVariable::notify_all() {
  if (nobody_waits()) {
    return;
  }
  detail::change_and_finish(word_, [](Word::Locked& word) {
    const detail::Generation going = generation_of(word);
    word.set_value((std::uintptr_t{going} + 1) * Word::kUnit);
    return std::optional(going);
  });
}

}  // namespace tb
