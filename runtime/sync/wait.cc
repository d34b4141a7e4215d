// Standing in a ring, and leaving it.
#include "runtime/sync/wait.h"

#include "arch/clock.h"
#include "runtime/dispatch.h"
#include "runtime/park.h"
#include "runtime/sync/taking.h"

namespace tb::detail {

StopFlag::StopFlag() : thread_(current_thread()) {}

void StopFlag::raise() {
  is_raised_ = true;
  wake(thread_);
}

Time deadline_after(Duration duration) { return after(arch::now(), duration); }

Turn begin_wait(const Waiter& waiter) {
  Cpu& cpu = hold_cpu_to_block();
  return is_over(waiter) ? Turn() : begin_wait_on(cpu);
}

bool end_wait(const Waiter& waiter) {
  detail::end_wait();
  return is_over(waiter);
}

bool leave_ring(WaitWord& word, Waiter& waiter) {
  const PreemptionGuard guard;
  WaitWord::Locked locked(word);
  if (!WaitWord::Locked::is_queued(waiter)) {
    return false;
  }
  locked.remove(waiter);
  return true;
}

std::optional<WaitEnd> wait_a_while(WaitWord& word, Waiter& waiter, const Patience& patience,
                                    bool& is_late) {
  if (is_over(waiter)) {
    return WaitEnd::kOver;
  }
  const bool stops = patience.stop != nullptr && patience.stop->is_raised();
  const bool leaves = stops || is_late;
  if (leaves && leave_ring(word, waiter)) {
    return stops ? WaitEnd::kStopped : WaitEnd::kTimedOut;
  }
  // Who is no longer in the ring need not be patient.
  is_late = park_until(leaves ? kNever : patience.deadline) == ParkEnd::kTimedOut;
  return std::nullopt;
}

}  // namespace tb::detail
