// A process is asked for nothing: what it counts anybody may read; its threads are asked one by
// one.
#include "runtime/process/process_info.h"

#include <algorithm>

#include "arch/smp.h"
#include "runtime/application.h"
#include "runtime/process/control_turn.h"
#include "runtime/process/process_record.h"
#include "runtime/process/process_table.h"
#include "runtime/thread.h"

// Where the linker has put the image.
extern "C" {
extern const std::byte __executable_start[];
extern const std::byte etext[];
extern const std::byte _end[];
}

namespace tb {
namespace {

using detail::ProcessRecord;

struct MembersAtWork {
  bool any_runs = false;
  Duration cpu_time{};
};

// Of one that has ended meanwhile, nothing.
Duration cpu_time_of(ThreadId id) {
  if (id == this_thread::id()) {
    return this_thread::statistics().cpu_time;
  }
  const auto had = statistics(id);
  return had ? had->cpu_time : Duration::zero();
}

MembersAtWork look_at_members(const ProcessRecord& process) {
  MembersAtWork seen;
  detail::for_each_member(process, [&seen](const ThreadRecord& thread, ThreadId id) {
    const ThreadState state = thread.state.get();
    seen.any_runs |= state == ThreadState::kRunning || state == ThreadState::kReady ||
                     state == ThreadState::kWaking || state == ThreadState::kMoving;
    seen.cpu_time += cpu_time_of(id);
  });
  return seen;
}

std::uint32_t children_of(const ProcessRecord& process) {
  std::uint32_t count = 0;
  for (const ProcessRecord& child : detail::RecordsOfOthers()) {
    const bool is_child =
        child.parent.load() == &process && child.life.phase() != ProcessPhase::kFree;
    count += is_child ? 1 : 0;
  }
  return count;
}

ProcessMemory image_memory() {
  return {.code = static_cast<std::size_t>(etext - __executable_start),
          .data = static_cast<std::size_t>(_end - etext)};
}

ProcessMemory memory_of(const ProcessRecord& process) {
  ProcessMemory memory = image_memory();
  memory.stack = process.stacks.load();
  const std::size_t used = process.memory.used();
  memory.heap = used > memory.stack ? used - memory.stack : 0;
  return memory;
}

// What nobody else has.
ProcessInfo info_of_first() {
  const ProcessRecord& first = detail::first_process();
  ProcessInfo found{.id = kFirstProcess,
                    .parent = kFirstProcess,
                    .name = ThreadName("first"),
                    .user = kFirstUser,
                    .state = ProcessState::kRunning,
                    .children = children_of(first),
                    .main_thread = main_thread(),
                    .memory = image_memory()};
  detail::for_each_member(first, [&found](const ThreadRecord& thread, ThreadId) {
    ++found.threads;
    found.memory.stack += thread.stack.size;
  });
  found.threads -= arch::cpu_count();  // with which CPUs are idle
  Duration of_others(detail::ended_time_of_others.load());
  for (const ProcessRecord& other : detail::RecordsOfOthers()) {
    of_others += look_at_members(other).cpu_time;
  }
  found.cpu_time = cpu_time_of_all() - of_others;
  return found;
}

ProcessInfo info_of_record(const ProcessRecord& process, ProcessId id) {
  const MembersAtWork members = look_at_members(process);
  const ProcessRecord& parent = *process.parent.load();
  const ProcessState state = process.state();
  const bool waits = state == ProcessState::kRunning && !members.any_runs;
  return {.id = id,
          .parent = parent.is_first() ? kFirstProcess : parent.id(),
          .name = ThreadName(process.name.data()),
          .user = process.user->id,
          .permissions = process.permissions,
          .priority = process.priority.load(),
          .state = waits ? ProcessState::kWaiting : state,
          .is_detached = process.life.is_detached(),
          .threads = static_cast<std::uint32_t>(process.threads.used()),
          .children = children_of(process),
          .main_thread = detail::unpack(process.main_thread.load()),
          .cpu_time = members.cpu_time + Duration(process.ended_time.load()),
          .memory = memory_of(process),
          .limits = {.threads = process.threads.limit(), .memory = process.memory.limit()}};
}

}  // namespace

std::expected<ProcessInfo, Error> info(ProcessId id) {
  // Meanwhile the record becomes no other process's.
  const detail::ControlTurn turn;
  const auto process = detail::find_process(id);
  if (!process) {
    return std::unexpected(process.error());
  }
  return (*process)->is_first() ? info_of_first() : info_of_record(**process, id);
}

namespace detail {

std::optional<ProcessInfo> first_process_from(std::uint32_t index) {
  for (const ProcessRecord* process = record_from(index); process != nullptr;
       process = record_from(process->index + 1)) {
    const ProcessId id =
        process->is_first() ? kFirstProcess : ProcessId{process->index, process->life.generation()};
    if (const auto found = info(id)) {
      return *found;
    }
  }
  return std::nullopt;
}

}  // namespace detail

}  // namespace tb
