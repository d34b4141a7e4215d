// Something that has happened or has not: once it is set, all go on who wait for it.
#pragma once

#include "base/time.h"
#include "runtime/deadline.h"
#include "runtime/sync/stop_token.h"
#include "runtime/sync/wait.h"

namespace tb {

class Event {
 public:
  constexpr Event() : word_(0) {}

  // From here on nobody waits, until clear(). Does not block; not from interrupts.
  void set();

  // From here on all wait. Does not block; not from interrupts.
  void clear();

  bool is_set();

  // Waits until it is set. Blocks; from threads only, as all below.
  void wait() {
    if (!is_set_in(word_.load())) {
      detail::Waiter waiter;
      detail::finish_wait(begin_wait(waiter), word_, waiter);
    }
  }

  // The same for at least so long, or until then; false if it was not set by then.
  bool wait_for(Duration duration) { return wait_until(detail::deadline_after(duration)); }
  bool wait_until(Deadline deadline) { return wait_patiently({.deadline = deadline}); }

  // The same until a stop is requested; false if that came first.
  template <StoppableToken Token>
  bool wait(const Token& token) {
    return detail::wait_with(
        token, [this](const detail::Patience& patience) { return wait_patiently(patience); });
  }

 private:
  using Word = detail::WaitWord;

  // The value: whether it is set, and how often it was while somebody waited.
  static constexpr std::uintptr_t kSet = Word::kUnit;
  static constexpr std::uintptr_t kGeneration = 2 * Word::kUnit;
  static bool is_set_in(std::uintptr_t value) {
    return (value & kSet) != 0 && value % Word::kUnit == 0;
  }
  static detail::Generation generation_in(std::uintptr_t value) {
    return static_cast<detail::Generation>(value / kGeneration);
  }
  static bool go_on_or_note(Word::Locked& word, detail::Waiter& waiter);

  detail::Turn begin_wait(detail::Waiter& waiter);
  bool wait_patiently(const detail::Patience& patience);

  Word word_;  // shared
};

}  // namespace tb
