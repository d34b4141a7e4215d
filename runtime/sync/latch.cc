// Counting down, and waiting for zero.
#include "runtime/sync/latch.h"

#include "runtime/sync/taking.h"

namespace tb {
namespace {

using Word = detail::WaitWord;

bool is_zero(const Word::Locked& word) { return word.value() == 0; }

}  // namespace

bool Latch::reaches_zero(std::uint32_t by) {
  const std::uintptr_t units = std::uintptr_t{by} * Word::kUnit;
  bool is_zero = false;
  detail::change_and_finish(word_, [units, &is_zero](Word::Locked& word) {
    constexpr detail::Generation kOnly = 0;
    expects(units <= word.value(), "a latch is counted down by no more than is left");
    word.set_value(word.value() - units);
    is_zero = word.value() == 0;
    return is_zero ? std::optional(kOnly) : std::nullopt;
  });
  return is_zero;
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
  return try_wait() ||
         detail::take_patiently(word_, waiter, detail::Order::kByGeneration, patience, is_zero) ==
             detail::WaitEnd::kOver ||
         try_wait();
}

}  // namespace tb
