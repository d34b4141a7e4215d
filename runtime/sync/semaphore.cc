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
  if (permits == 1) {
    release_one();
    return;
  }
  detail::finish_by_and_by([this, &permits](detail::Leaving& leaving) {
    permits = release_some(permits, leaving);
    return permits == 0;
  });
}

void Semaphore::release_one() {
  const PreemptionGuard guard;
  detail::Waiter* next = nullptr;
  {
    Word::Locked word(word_);
    next = word.first();
    if (next != nullptr) {
      word.remove(*next);
    } else {
      expects(word.value() / Word::kUnit < max(), "there are at most max() permits");
      word.set_value(word.value() + Word::kUnit);
    }
  }
  if (next != nullptr) {
    detail::finish(*next);
  }
}

// To some waiters, and the rest if nobody else waits; returns how many are left.
std::uint32_t Semaphore::release_some(std::uint32_t permits, detail::Leaving& leaving) {
  Word::Locked word(word_);
  leaving.take(word, [&permits](const detail::Waiter&) {
    const bool is_left = permits > 0;
    permits -= is_left ? 1 : 0;
    return is_left;
  });
  if (word.first() == nullptr) {
    expects(word.value() / Word::kUnit + permits <= max(), "there are at most max() permits");
    word.set_value(word.value() + std::uintptr_t{permits} * Word::kUnit);
    permits = 0;
  }
  return permits;
}

}  // namespace tb
