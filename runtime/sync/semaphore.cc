// The ways of a semaphore that are not one exchange of its word.
#include "runtime/sync/semaphore.h"

#include "runtime/sync/taking.h"

namespace tb {
namespace {

using Word = detail::WaitWord;

bool take_one(Word::Locked& word) {
  const bool is_there = word.value() >= Word::kUnit;
  if (is_there) {
    word.set_value(word.value() - Word::kUnit);
  }
  return is_there;
}

}  // namespace

detail::Turn Semaphore::begin_acquire(detail::Waiter& waiter) {
  return detail::begin_taking(word_, waiter, detail::Order::kByUrgency, take_one);
}

bool Semaphore::try_acquire() {
  // Where somebody is looking at the word, there may be some for all.
  std::uintptr_t before = word_.load();
  while (before >= Word::kUnit) {
    if (take_free_one()) {
      return true;
    }
    const PreemptionGuard guard;
    const Word::Locked locked(word_);
    before = locked.value();
  }
  return false;
}

bool Semaphore::acquire_patiently(const detail::Patience& patience) {
  detail::Waiter waiter;
  return take_free_one() || detail::take_patiently(word_, waiter, detail::Order::kByUrgency,
                                                   patience, take_one) == detail::WaitEnd::kOver;
}

void Semaphore::release(std::uint32_t permits) {
  expects(permits >= 1 && permits <= max(), "a release gives 1 to max() permits");
  const std::uintptr_t before = word_.load();
  const std::uintptr_t more = std::uintptr_t{permits} * Word::kUnit;
  const bool is_free = before % Word::kUnit == 0;
  if (is_free && before / Word::kUnit + permits <= max() &&
      word_.try_replace(before, before + more)) {
    return;
  }
  while (permits > 0) {
    permits = release_some(permits);
  }
}

// One waiter's, or all that nobody waits for; so preemption is never off for long.
std::uint32_t Semaphore::release_some(std::uint32_t permits) {
  const PreemptionGuard guard;
  detail::Waiter* next = nullptr;
  {
    Word::Locked locked(word_);
    next = locked.first();
    if (next != nullptr) {
      locked.remove(*next);
    } else {
      expects(locked.value() / Word::kUnit + permits <= max(), "there are at most max() permits");
      locked.set_value(locked.value() + std::uintptr_t{permits} * Word::kUnit);
    }
  }
  if (next == nullptr) {
    return 0;
  }
  detail::finish(*next);
  return permits - 1;
}

}  // namespace tb
