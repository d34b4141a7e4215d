// Making processes, and waiting for their ends.
#include "runtime/process/process.h"

#include <optional>

#include "arch/clock.h"
#include "arch/machine.h"
#include "runtime/park.h"
#include "runtime/patience.h"
#include "runtime/process/control_turn.h"
#include "runtime/process/process_control.h"
#include "runtime/process/process_exit.h"
#include "runtime/process/process_record.h"
#include "runtime/process/process_table.h"
#include "runtime/thread_life.h"

namespace tb {
namespace {

using detail::ProcessRecord;

// Of a child that has terminated, once.
std::optional<EndedProcess> take_end(ProcessRecord& child, std::uint32_t generation) {
  if (child.life.phase() != ProcessPhase::kTerminated) {
    return std::nullopt;
  }
  const std::uint64_t exit = child.exit.load();
  const EndedProcess ended{
      .id = {child.index, generation},
      .end = voice_of(exit) == ExitVoice::kNobody ? ProcessEnd::kTerminated : ProcessEnd::kExited,
      .value = value_of(exit)};
  if (!child.life.happen(generation, ProcessEvent::kWaitedFor).has_happened) {
    return std::nullopt;
  }
  detail::free_process(child);
  return ended;
}

using Look = std::expected<std::optional<EndedProcess>, Error>;

Look look_at(const ProcessRecord& parent, ProcessId id) {
  const auto child = detail::find_process(id);
  if (!child) {
    return std::unexpected(child.error());
  }
  if ((*child)->parent.load() != &parent || (*child)->life.is_detached()) {
    return std::unexpected(NotAChild{id});
  }
  const auto ended = take_end(**child, id.generation);
  // Somebody else may have taken it meanwhile.
  return ended || (*child)->life.is(id.generation) ? Look(ended)
                                                   : std::unexpected(ProcessNotFound{id});
}

Look look_at_all(const ProcessRecord& parent) {
  bool has_children = false;
  for (ProcessRecord& child : detail::RecordsOfOthers()) {
    const std::uint32_t generation = child.life.generation();
    if (!child.life.is(generation) || child.parent.load() != &parent || child.life.is_detached()) {
      continue;
    }
    if (const auto ended = take_end(child, generation)) {
      return ended;
    }
    has_children |= child.life.is(generation);
  }
  return has_children ? Look(std::nullopt) : std::unexpected(NoChildren{});
}

// Until `look` has seen an end, or nothing to wait for.
template <class LookFor>
std::expected<EndedProcess, Error> wait_until_seen(const detail::Patience& patience, LookFor look) {
  expects(arch::preemption_enabled() && !arch::in_interrupt(), "only a preemptible thread blocks");
  ProcessRecord& parent = detail::own_process();
  std::optional<detail::WaitEnd> reason;
  bool is_late = false;
  while (!reason) {
    // Whatever ends from here on wakes the caller.
    const detail::ProcessWaiter waiter(parent);
    if (const Look seen = look(parent); !seen || *seen) {
      return seen ? std::expected<EndedProcess, Error>(**seen) : std::unexpected(seen.error());
    }
    reason = detail::reason_to_leave(patience, is_late);
    if (!reason) {
      is_late = park_until(patience.deadline) == ParkEnd::kTimedOut;
    }
  }
  return std::unexpected(detail::give_up(*reason));
}

// Its main thread could not be made.
void forget(ProcessRecord& record, std::uint32_t generation) {
  const auto left = record.life.happen(generation, ProcessEvent::kLastThreadLeft);
  const auto gone = left.is_free ? left : record.life.happen(generation, ProcessEvent::kWaitedFor);
  if (gone.is_free) {
    detail::free_process(record);
  }
}

UserId user_of(const ProcessRecord& process) {
  return process.user != nullptr ? process.user->id : kFirstUser;
}

// A record of a process that lives, though without threads.
std::expected<ProcessRecord*, Error> begin_process(ProcessRecord& parent,
                                                   const ProcessOptions& options) {
  const auto user = detail::find_user(options.user.value_or(user_of(parent)));
  if (!user) {
    return std::unexpected(user.error());
  }
  const detail::ControlTurn turn;
  const auto record = detail::take_record();
  if (!record) {
    return record;
  }
  if (!(*user)->processes.take(1)) {
    detail::give_record(**record);
    return std::unexpected(UserProcessLimitReached{(*user)->id, (*user)->processes.limit()});
  }
  (*record)->begin(parent, **user, options);
  return record;
}

}  // namespace

namespace detail {

void note_return(int value) {
  static_cast<void>(note_exit(own_process().exit, ExitVoice::kMainFunction, value));
}

std::expected<Process, Error> spawn_process_of(const Closure& closure,
                                               const ProcessOptions& options) {
  ProcessRecord& parent = own_process();
  if (const auto permitted = parent.permit_child(options); !permitted) {
    return std::unexpected(permitted.error());
  }
  const auto begun = begin_process(parent, options);
  if (!begun) {
    return std::unexpected(begun.error());
  }
  ProcessRecord& record = **begun;
  const ProcessId id = record.id();
  // Whoever ends the parent from here on finds the child.
  if (parent.life.phase() == ProcessPhase::kEnding) {
    forget(record, id.generation);
    return std::unexpected(InvalidProcessState{parent.id(), ProcessState::kEnding});
  }
  auto main_thread = spawn_closure(closure, options.main_thread, &record);
  if (main_thread) {
    static_cast<void>(main_thread->detach());
    return Process(id);
  }
  if (std::holds_alternative<InvalidProcessState>(main_thread.error())) {
    // It was told to end before it had begun, and has ended.
    return Process(id);
  }
  forget(record, id.generation);
  return std::unexpected(main_thread.error());
}

}  // namespace detail

namespace detail {

std::expected<EndedProcess, Error> wait_patiently(ProcessId id, const Patience& patience) {
  return wait_until_seen(patience,
                         [id](const ProcessRecord& parent) { return look_at(parent, id); });
}

std::expected<EndedProcess, Error> wait_patiently(Process& process, const Patience& patience) {
  const auto ended = wait_patiently(process.id_, patience);
  process.is_waited_for_ = ended || (!std::holds_alternative<TimedOut>(ended.error()) &&
                                     !std::holds_alternative<StopRequested>(ended.error()));
  return ended;
}

std::expected<EndedProcess, Error> wait_any_patiently(const Patience& patience) {
  return wait_until_seen(patience, look_at_all);
}

}  // namespace detail

std::expected<EndedProcess, Error> wait_until(ProcessId id, Deadline deadline) {
  return detail::wait_patiently(id, {.deadline = deadline});
}

std::expected<EndedProcess, Error> wait(ProcessId id) { return detail::wait_patiently(id, {}); }

std::expected<EndedProcess, Error> wait_for(ProcessId id, Duration duration) {
  return wait_until(id, after(arch::now(), duration));
}

std::expected<EndedProcess, Error> wait_any_until(Deadline deadline) {
  return detail::wait_any_patiently({.deadline = deadline});
}

std::expected<EndedProcess, Error> wait_any_for(Duration duration) {
  return wait_any_until(after(arch::now(), duration));
}

std::expected<EndedProcess, Error> wait_any() { return detail::wait_any_patiently({}); }

std::expected<void, Error> detach(ProcessId id) {
  const auto child = detail::find_process(id);
  if (!child) {
    return std::unexpected(child.error());
  }
  if ((*child)->parent.load() != &detail::own_process() || (*child)->life.is_detached()) {
    return std::unexpected(NotAChild{id});
  }
  const auto detached = (*child)->life.detach(id.generation);
  if (detached.is_free) {
    detail::free_process(**child);
  }
  // Others may wait for it.
  detail::own_process().tell_waiters();
  return detached.is_found ? std::expected<void, Error>() : std::unexpected(ProcessNotFound{id});
}

Process& Process::operator=(Process&& other) noexcept {
  if (this != &other) {
    const Process old(std::move(*this));
    id_ = std::exchange(other.id_, {});
    is_waited_for_ = std::exchange(other.is_waited_for_, true);
  }
  return *this;
}

Process::~Process() {
  if (!is_waited_for_) {
    static_cast<void>(tb::wait(id_));
  }
}

std::expected<EndedProcess, Error> Process::wait() { return wait_until(kNever); }

std::expected<EndedProcess, Error> Process::wait_for(Duration duration) {
  return wait_until(after(arch::now(), duration));
}

std::expected<EndedProcess, Error> Process::wait_until(Deadline deadline) {
  return detail::wait_patiently(*this, {.deadline = deadline});
}

std::expected<void, Error> Process::detach() {
  is_waited_for_ = true;
  return tb::detach(id_);
}

namespace this_process {

ProcessId id() {
  const detail::ProcessRecord& own = detail::own_process();
  return own.is_first() ? kFirstProcess : own.id();
}

void exit(int value) {
  detail::ProcessRecord& own = detail::own_process();
  if (own.is_first()) {
    arch::shutdown(value);
  }
  static_cast<void>(note_exit(own.exit, ExitVoice::kExit, value));
  {
    const detail::ControlTurn turn;
    static_cast<void>(own.life.happen(own.life.generation(), ProcessEvent::kToldToEnd));
    detail::tell_members_to_end(own);
  }
  detail::end_caller();
}

}  // namespace this_process

}  // namespace tb
