// When patience is at its end.
#include "runtime/patience.h"

#include "runtime/dispatch.h"
#include "runtime/park.h"
#include "runtime/thread_life.h"

namespace tb::detail {

StopFlag::StopFlag() : thread_(current_thread()) {}

void StopFlag::raise() {
  is_raised_ = true;
  wake(thread_);
}

std::optional<WaitEnd> reason_to_leave(const Patience& patience, bool is_late) {
  if (patience.stop != nullptr && (patience.stop->is_raised() || must_end(kReasonsOfStopWait))) {
    return WaitEnd::kStopped;
  }
  if (must_end()) {
    return WaitEnd::kToldToEnd;
  }
  return is_late ? std::optional(WaitEnd::kTimedOut) : std::nullopt;
}

Error give_up(WaitEnd reason) {
  if (reason == WaitEnd::kToldToEnd) {
    end_without_return();
  }
  return reason == WaitEnd::kStopped ? Error(StopRequested()) : Error(TimedOut());
}

}  // namespace tb::detail
