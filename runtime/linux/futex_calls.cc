// The many forms of the futex call, brought down to three functions.
#include <linux/futex.h>

#include "runtime/dispatch.h"
#include "runtime/linux/clocks.h"
#include "runtime/linux/futex.h"
#include "runtime/linux/signals.h"
#include "runtime/linux/structs.h"
#include "runtime/linux/threads.h"
#include "runtime/thread.h"

namespace tb::linux_abi {
namespace {

constexpr int kRealtime = 0;
constexpr int kMonotonic = 1;

// A plain wait's time-out counts from now, a bit set's is a moment of the clock named.
std::expected<Time, Errno> deadline_of(const SystemCall& call, int operation) {
  const auto* const timeout = pointer<const __kernel_timespec>(call, 3);
  if (timeout == nullptr) {
    return kNever;
  }
  const auto duration = from_timespec(*timeout);
  if (!duration) {
    return std::unexpected(duration.error());
  }
  if ((operation & FUTEX_CMD_MASK) == FUTEX_WAIT) {
    return after(now(), *duration);
  }
  return when_clock_shows((operation & FUTEX_CLOCK_REALTIME) != 0 ? kRealtime : kMonotonic,
                          *duration);
}

Result wait(const SystemCall& call, int operation, std::uint32_t bits) {
  const auto deadline = deadline_of(call, operation);
  if (!deadline) {
    return deadline.error();
  }
  if (bits == 0) {
    return Errno::kInvalid;
  }
  for (;;) {
    const auto waited = futex_wait(pointer<std::uint32_t>(call, 0),
                                   argument<std::uint32_t>(call, 2), bits, *deadline);
    if (waited) {
      return 0;
    }
    if (waited.error() != Errno::kInterrupted || *deadline != kNever || !signals_restart_calls()) {
      return waited.error();
    }
    deliver_signals();
  }
}

Result requeue(const SystemCall& call, const std::uint32_t* expected) {
  if (call.arguments[4] % sizeof(std::uint32_t) != 0 || argument<int>(call, 2) < 0 ||
      argument<int>(call, 3) < 0) {
    return Errno::kInvalid;
  }
  const auto done =
      futex_requeue(pointer<std::uint32_t>(call, 0), argument<std::uint32_t>(call, 2),
                    pointer<std::uint32_t>(call, 4), argument<std::uint32_t>(call, 3), expected);
  return done ? Result(*done) : Result(done.error());
}

}  // namespace

Result system_futex(SystemCall& call) {
  const auto operation = argument<int>(call, 1);
  const int command = operation & FUTEX_CMD_MASK;
  const auto count = argument<std::uint32_t>(call, 2);
  const auto last = argument<std::uint32_t>(call, 5);
  if (call.arguments[0] % sizeof(std::uint32_t) != 0) {
    return Errno::kInvalid;
  }
  if ((operation & FUTEX_CLOCK_REALTIME) != 0 && command != FUTEX_WAIT &&
      command != FUTEX_WAIT_BITSET) {
    return Errno::kNotSupported;
  }
  switch (command) {
    case FUTEX_WAIT:
      return wait(call, operation, kAnyBit);
    case FUTEX_WAIT_BITSET:
      return wait(call, operation, last);
    case FUTEX_WAKE:
      return futex_wake(pointer<std::uint32_t>(call, 0), count);
    case FUTEX_WAKE_BITSET:
      return last == 0 ? Result(Errno::kInvalid)
                       : Result(futex_wake(pointer<std::uint32_t>(call, 0), count, last));
    case FUTEX_REQUEUE:
      return requeue(call, nullptr);
    case FUTEX_CMP_REQUEUE:
      return requeue(call, &last);
    default:
      return Errno::kNotSupported;  // locks that hand their priority on, among others
  }
}

}  // namespace tb::linux_abi
