// Setting, clearing and waiting.
#include "runtime/sync/event.h"

#include "runtime/sync/taking.h"

namespace tb {

bool Event::go_on_or_note(Word::Locked& word, detail::Waiter& waiter) {
  waiter.wish = generation_in(word.value());
  return is_set_in(word.value());
}

bool Event::is_set() {
  const PreemptionGuard guard;
  return is_set_in(word_.value());
}

detail::Turn Event::begin_wait(detail::Waiter& waiter) {
  return detail::begin_taking(
      word_, waiter, detail::Order::kByGeneration,
      [&waiter](Word::Locked& word) { return go_on_or_note(word, waiter); });
}

bool Event::wait_patiently(const detail::Patience& patience) {
  detail::Waiter waiter;
  const auto take = [&waiter](Word::Locked& word) { return go_on_or_note(word, waiter); };
  return is_set() ||
         detail::take_patiently(word_, waiter, detail::Order::kByGeneration, patience, take) ==
             detail::WaitEnd::kOver ||
         detail::has_come_meanwhile(word_, [&waiter](const Word::Locked& word) {
           return generation_in(word.value()) != waiter.wish;
         });
}

void Event::set() {
  const std::uintptr_t before = word_.load();
  if (before % Word::kUnit == 0 && word_.try_replace(before, before | kSet)) {
    return;
  }
  detail::change_and_finish(word_, [](Word::Locked& word) {
    const detail::Generation going = generation_in(word.value());
    word.set_value((std::uintptr_t{going} + 1) * kGeneration | kSet);
    return std::optional(going);
  });
}

void Event::clear() {
  const PreemptionGuard guard;
  Word::Locked word(word_);
  word.set_value(word.value() & ~kSet);
}

}  // namespace tb
