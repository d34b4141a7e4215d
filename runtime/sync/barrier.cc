// Arriving, and beginning anew.
#include "runtime/sync/barrier.h"

#include "runtime/sync/taking.h"

namespace tb::detail {
namespace {

// Who waits for the end of a phase belongs to it.
Generation generation(BarrierCore::Phase phase) { return static_cast<Generation>(phase); }

}  // namespace

BarrierCore::Arrival BarrierCore::arrive(std::uint32_t count, std::uint32_t dropped) {
  const PreemptionGuard guard;
  const WaitWord::Locked word(word_);
  expects(count >= 1 && count <= left_, "no more arrive at a barrier than are expected");
  left_ -= count;
  expected_ -= dropped;
  return {phase_, detail::stay_if(left_ == 0)};
}

void BarrierCore::begin_next() {
  change_and_finish(word_, [this](WaitWord::Locked&) {
    left_ = expected_;
    ++phase_;
    return std::optional(generation(phase_ - 1));
  });
  end_to_stay();
}

Turn BarrierCore::begin_wait(Phase phase, Waiter& waiter) {
  waiter.wish = generation(phase);
  return begin_taking(word_, waiter, Order::kByGeneration, [&](auto&) { return phase_ != phase; });
}

bool BarrierCore::wait_patiently(Phase phase, const Patience& patience) {
  Waiter waiter;
  waiter.wish = generation(phase);
  const auto has_come = [this, phase](const auto&) { return phase_ != phase; };
  return take_patiently(word_, waiter, Order::kByGeneration, patience, has_come) ==
             WaitEnd::kOver ||
         has_come_meanwhile(word_, has_come);
}

}  // namespace tb::detail
