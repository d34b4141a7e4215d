// The end of the call, and waiting for it.
#include "runtime/sync/once.h"

#include "runtime/sync/taking.h"

namespace tb {

using Word = detail::WaitWord;

void OnceFlag::end() {
  if (!word_.try_replace(kRuns, kDone)) {
    detail::change_and_finish(word_, [](Word::Locked& word) {
      constexpr detail::Generation kOnly = 0;
      word.set_value(kDone);
      return std::optional(kOnly);
    });
  }
}

detail::Turn OnceFlag::begin_wait(detail::Waiter& waiter) {
  return detail::begin_taking(word_, waiter, detail::Order::kByGeneration,
                              [](Word::Locked& word) { return word.value() == kDone; });
}

}  // namespace tb
