// How long somebody waits who does not wait as long as it takes: until a time, or until it is told
// to stop. For the runtime's own; applications say it by a time or a token.
#pragma once

#include <cstdint>
#include <optional>

#include "base/atomic.h"
#include "base/time.h"
#include "runtime/error.h"

namespace tb {

struct ThreadRecord;

namespace detail {

// Tells a thread that waits that it is to stop; lies on its stack.
class StopFlag {
 public:
  StopFlag();  // the calling thread's

  // From any thread.
  void raise();
  bool is_raised() const { return is_raised_.load(); }

 private:
  ThreadRecord& thread_;
  Atomic<bool> is_raised_{false};  // shared
};

struct Patience {
  Time deadline = kNever;
  const StopFlag* stop = nullptr;
};

// Of who waits so that a stop may end it: what tells of it lies on the stack, and must not be
// dropped.
inline constexpr std::uint32_t kReasonsOfStopWait = 1;

enum class WaitEnd : std::uint8_t {
  kOver,
  kTimedOut,
  kStopped,
  kToldToEnd,  // by force: so ends the thread
};

// Why the caller waits no longer, if so; it is late once its deadline has passed.
std::optional<WaitEnd> reason_to_leave(const Patience& patience, bool is_late);

// That as an error. Does not return if the caller is to end; preemption is on.
Error give_up(WaitEnd reason);

}  // namespace detail
}  // namespace tb
