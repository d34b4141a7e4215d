// Waiting for a thread's end, as long as one likes, and letting go of a thread.
#include <optional>
#include <variant>

#include "arch/clock.h"
#include "runtime/dispatch.h"
#include "runtime/park.h"
#include "runtime/patience.h"
#include "runtime/preemption.h"
#include "runtime/thread.h"
#include "runtime/thread_life.h"
#include "runtime/thread_table.h"

namespace tb {
namespace {

// The caller is its joiner. Why it gave up, if it did.
std::optional<detail::WaitEnd> wait_for_end(ThreadRecord& thread, std::uint32_t generation,
                                            const detail::Patience& patience) {
  bool is_late = false;
  while (!thread.life.has_ended(generation)) {
    const auto reason = detail::reason_to_leave(patience, is_late);
    if (reason && thread.life.give_up_join(generation, current_thread().index)) {
      return reason;
    }
    // Who is about to be told of the end need not be patient.
    is_late = park_until(reason ? kNever : patience.deadline) == ParkEnd::kTimedOut;
  }
  return std::nullopt;
}

}  // namespace

void free_record(ThreadRecord& record) {
  const PreemptionGuard guard;
  this_cpu().spares.give_record(record);
}

namespace detail {

Error error_of(Joining joining, ThreadId id) {
  switch (joining) {
    case Joining::kTaken:
      return NotJoinable{id};
    case Joining::kJoinsItself:
      return JoinsItself{id};
    default:
      return ThreadNotFound{id};
  }
}

std::expected<void, Error> join_patiently(ThreadId id, const Patience& patience) {
  expects(arch::preemption_enabled() && !arch::in_interrupt(), "only a preemptible thread blocks");
  ThreadRecord* const thread = thread_table().find(id.index);
  const ThreadRecord& self = current_thread();
  if (id == self.id()) {
    return std::unexpected(JoinsItself{id});
  }
  if (thread == nullptr || thread == &self) {
    return std::unexpected(ThreadNotFound{id});
  }
  switch (thread->life.join(id.generation, self.index)) {
    case JoinOutcome::kNotFound:
      return std::unexpected(ThreadNotFound{id});
    case JoinOutcome::kTaken:
      return std::unexpected(NotJoinable{id});
    case JoinOutcome::kWait:
      if (const auto reason = wait_for_end(*thread, id.generation, patience)) {
        return std::unexpected(give_up(*reason));
      }
      break;
    case JoinOutcome::kEnded:
      break;
  }
  free_record(*thread);
  return {};
}

std::expected<void, Error> join_patiently(Thread& thread, const Patience& patience) {
  const auto joined = join_patiently(thread.id_, patience);
  thread.joinable_ = !joined && (std::holds_alternative<TimedOut>(joined.error()) ||
                                 std::holds_alternative<StopRequested>(joined.error()));
  return joined;
}

}  // namespace detail

std::expected<void, Error> detach(ThreadId id) {
  ThreadRecord* const thread = thread_table().find(id.index);
  switch (thread != nullptr ? thread->life.detach(id.generation) : JoinOutcome::kNotFound) {
    case JoinOutcome::kNotFound:
      return std::unexpected(ThreadNotFound{id});
    case JoinOutcome::kTaken:
      return std::unexpected(NotJoinable{id});
    case JoinOutcome::kWait:
      break;
    case JoinOutcome::kEnded:
      free_record(*thread);
      break;
  }
  return {};
}

std::expected<void, Error> join_until(ThreadId id, Deadline deadline) {
  return detail::join_patiently(id, {.deadline = deadline});
}

std::expected<void, Error> Thread::join_until(Deadline deadline) {
  return detail::join_patiently(*this, {.deadline = deadline});
}

std::expected<void, Error> Thread::join_for(Duration duration) {
  return join_until(after(arch::now(), duration));
}

}  // namespace tb
