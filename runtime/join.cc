// Waiting for a thread's end, but not for ever.
#include <variant>

#include "arch/clock.h"
#include "runtime/dispatch.h"
#include "runtime/park.h"
#include "runtime/preemption.h"
#include "runtime/thread.h"
#include "runtime/thread_life.h"
#include "runtime/thread_table.h"

namespace tb {
namespace {

// The caller is its joiner. False if it gives up.
bool wait_for_end(ThreadRecord& thread, std::uint32_t generation, Time deadline) {
  bool is_late = must_end();
  while (!thread.life.has_ended(generation)) {
    if (is_late && thread.life.give_up_join(generation, current_thread().index)) {
      end_if_told();
      return false;
    }
    is_late = park_until(is_late ? kNever : deadline) == ParkEnd::kTimedOut || must_end();
  }
  return true;
}

}  // namespace

std::expected<void, Error> join_until(ThreadId id, Time deadline) {
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
      if (!wait_for_end(*thread, id.generation, deadline)) {
        return std::unexpected(TimedOut());
      }
      break;
    case JoinOutcome::kEnded:
      break;
  }
  const PreemptionGuard guard;
  this_cpu().spares.give_record(*thread);
  return {};
}

std::expected<void, Error> Thread::join_until(Time deadline) {
  const auto joined = tb::join_until(id_, deadline);
  joinable_ = !joined && std::holds_alternative<TimedOut>(joined.error());
  return joined;
}

std::expected<void, Error> Thread::join_for(Duration duration) {
  return join_until(after(arch::now(), duration));
}

}  // namespace tb
