// Counting down, and waiting for zero.
#include "runtime/sync/latch.h"

#include "runtime/sync/taking.h"

namespace tb {
namespace {

using Word = detail::WaitWord;

bool is_zero(const Word::Locked& word) { return word.value() == 0; }

}  // namespace

void Latch::count_down(std::uint32_t by) {
  const std::uintptr_t units = std::uintptr_t{by} * Word::kUnit;
  detail::change_and_finish(word_, [units](Word::Locked& word) {
    expects(units <= word.value(), "a latch is counted down by no more than is left");
    word.set_value(word.value() - units);
    constexpr detail::Generation kOnly = 0;
    return word.value() == 0 ? std::optional(kOnly) : std::nullopt;
  });
}

bool Latch::try_wait() {
  const PreemptionGuard guard;
  return word_.value() == 0;
}

detail::Turn Latch::begin_wait(detail::Waiter& waiter) {
  return detail::begin_taking(word_, waiter, detail::Order::kByGeneration, is_zero);
}

bool Latch::wait_patiently(const detail::Patience& patience) {
  detail::Waiter waiter;
  return try_wait() || detail::take_patiently(word_, waiter, detail::Order::kByGeneration, patience,
                                              is_zero) == detail::WaitEnd::kOver;
}

}  // namespace tb
