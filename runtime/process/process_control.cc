// First the process's phase is changed, then its threads are told: see the protocol in
// process_record.h.
#include "runtime/process/process_control.h"

#include "runtime/control/suspend.h"
#include "runtime/control/terminate.h"
#include "runtime/dispatch.h"
#include "runtime/process/control_turn.h"
#include "runtime/process/process_record.h"
#include "runtime/process/process_table.h"
#include "runtime/thread.h"
#include "runtime/thread_life.h"

namespace tb {
namespace {

using detail::ProcessRecord;

// The record, if the caller may control the process.
std::expected<ProcessRecord*, Error> to_control(ProcessId id) {
  const auto process = detail::find_process(id);
  if (!process) {
    return process;
  }
  if ((*process)->is_first()) {
    return std::unexpected(AccessDenied{id});
  }
  const ProcessRecord& own = detail::own_process();
  if (const auto permitted = own.permit_control(*process); !permitted) {
    return std::unexpected(permitted.error());
  }
  return process;
}

std::expected<void, Error> change_phase(ProcessRecord& process, ProcessId id, ProcessEvent event) {
  const auto changed = process.life.happen(id.generation, event);
  if (changed.has_happened) {
    return {};
  }
  return changed.is_found ? std::unexpected<Error>(InvalidProcessState{id, process.state()})
                          : std::unexpected<Error>(ProcessNotFound{id});
}

// Who is started from here on sees that the process is stopped, and stands still by itself.
void suspend_members(const ProcessRecord& process) {
  const ThreadId self = this_thread::id();
  detail::for_each_member(process, [self](const ThreadRecord&, ThreadId id) {
    if (id != self) {
      static_cast<void>(detail::suspend_anyhow(id));
    }
  });
}

// All that descend from one that is told to end, until there are no more of them: whoever makes a
// child looks at its own process's phase when others can see the child.
void mark_descendants(const ProcessRecord& ancestor) {
  bool is_complete = false;
  while (!is_complete) {
    is_complete = true;
    for (ProcessRecord& process : detail::RecordsOfOthers()) {
      const std::uint32_t generation = process.life.generation();
      if (!process.life.is(generation) || !process.descends_from(ancestor)) {
        continue;
      }
      const auto told = process.life.happen(generation, ProcessEvent::kToldToEnd);
      is_complete &= !told.has_happened || told.before == ProcessPhase::kEnding;
    }
  }
}

// Not before all are marked: the first one that has gone does not lead to its children any more.
// To tell those again that others have marked is nothing.
void tell_all_that_are_marked() {
  for (ProcessRecord& process : detail::RecordsOfOthers()) {
    if (process.life.phase() == ProcessPhase::kEnding) {
      detail::tell_members_to_end(process);
    }
  }
}

}  // namespace

namespace detail {

// One that is made just now is told by whoever makes it, see settle(). What the C library has made
// ends by itself, but goes on for that.
void tell_members_to_end(ProcessRecord& process) {
  const ThreadId self = this_thread::id();
  for_each_member(process, [self](const ThreadRecord&, ThreadId id) {
    if (id != self) {
      static_cast<void>(terminate_anyhow(id));
    }
  });
  process.tell_waiters();
}

void end_caller() {
  if (current_thread().release_stack != nullptr) {
    end_current_thread();
  }
  end_without_return();
}

}  // namespace detail

// The calling thread does not stand still in its turn.
std::expected<void, Error> stop(ProcessId id) {
  {
    const detail::ControlTurn turn;
    const auto process = to_control(id);
    if (!process) {
      return std::unexpected(process.error());
    }
    if (const auto changed = change_phase(**process, id, ProcessEvent::kStop); !changed) {
      return changed;
    }
    suspend_members(**process);
  }
  detail::own_process().wait_while_stopped();
  return {};
}

std::expected<void, Error> resume(ProcessId id) {
  const detail::ControlTurn turn;
  const auto process = to_control(id);
  if (!process) {
    return std::unexpected(process.error());
  }
  const auto changed = change_phase(**process, id, ProcessEvent::kContinue);
  if (changed) {
    detail::for_each_member(**process, [](const ThreadRecord&, ThreadId thread) {
      static_cast<void>(detail::resume_anyhow(thread));
    });
    (*process)->tell_waiters();
  }
  return changed;
}

std::expected<void, Error> terminate(ProcessId id) {
  {
    const detail::ControlTurn turn;
    const auto process = to_control(id);
    if (!process) {
      return std::unexpected(process.error());
    }
    if (const auto changed = change_phase(**process, id, ProcessEvent::kToldToEnd); !changed) {
      return changed;
    }
    mark_descendants(**process);
    tell_all_that_are_marked();
  }
  if (detail::own_process().life.phase() == ProcessPhase::kEnding) {
    detail::end_caller();
  }
  return {};
}

std::expected<void, Error> set_priority(ProcessId id, PriorityLevel priority) {
  const detail::ControlTurn turn;
  const auto process = to_control(id);
  if (!process) {
    return std::unexpected(process.error());
  }
  const ProcessRecord& own = detail::own_process();
  if (const auto permitted = own.permit_child({.priority = priority}); !permitted) {
    return permitted;
  }
  (*process)->set_priority(priority);
  detail::for_each_member(**process, [&process](const ThreadRecord& thread, ThreadId member) {
    (*process)->reschedule_member(thread, member);
  });
  return {};
}

std::expected<void, Error> set_user_limits(UserId user, const UserLimits& limits) {
  if (const ProcessRecord& own = detail::own_process(); !own.permissions.control_others) {
    return std::unexpected(AccessDenied{own.id()});
  }
  const auto found = detail::find_user(user);
  if (!found) {
    return std::unexpected(found.error());
  }
  (*found)->processes.set_limit(limits.processes);
  (*found)->threads.set_limit(limits.threads);
  (*found)->memory.set_limit(limits.memory);
  return {};
}

}  // namespace tb
