// Standing in a ring, and leaving it.
#include "runtime/sync/wait.h"

#include "arch/clock.h"
#include "runtime/dispatch.h"
#include "runtime/forced_end.h"
#include "runtime/park.h"
#include "runtime/sync/taking.h"

namespace tb::detail {

Time deadline_after(Duration duration) { return after(arch::now(), duration); }

Turn begin_wait(const Waiter& waiter) {
  Cpu& cpu = hold_cpu_to_block();
  return is_over(waiter) ? Turn() : begin_wait_on(cpu);
}

bool end_wait(const Waiter& waiter) {
  complete_switch();
  look_again_if_told();
  static_cast<void>(this_cpu().scheduler.take_wakes());
  if (!is_over(waiter)) {
    return false;
  }
  let_go_of_the_cpu();
  return true;
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
  const std::optional<WaitEnd> reason = reason_to_leave(patience, is_late);
  if (reason && leave_ring(word, waiter)) {
    return reason;
  }
  // Who is no longer in the ring need not be patient.
  is_late = park_until(reason ? kNever : patience.deadline) == ParkEnd::kTimedOut;
  return std::nullopt;
}

void end_or_wait(WaitWord& word, Waiter& waiter) {
  let_go_of_the_cpu();
  static_cast<void>(wait(word, waiter, {}, never, nothing_to_mend));
}

}  // namespace tb::detail
