// Beginning threads: quickly where nothing is special, slowly else.
#include <expected>
#include <optional>

#include "arch/smp.h"
#include "runtime/admission.h"
#include "runtime/affinity.h"
#include "runtime/dispatch.h"
#include "runtime/first_frame.h"
#include "runtime/memory/stack_pool.h"
#include "runtime/preemption.h"
#include "runtime/program.h"
#include "runtime/thread.h"
#include "runtime/thread_group.h"
#include "runtime/thread_life.h"
#include "runtime/thread_table.h"

namespace tb {
namespace {

static_assert(SpawnOptions::kDefaultStackSize == StackPool::kDefaultSize);

std::expected<ThreadRecord*, Error> take_record_and_stack(std::size_t stack_size) {
  const PreemptionGuard guard;
  return this_cpu().spares.take(stack_size);
}

ThreadRecord* take_at_hand(std::size_t stack_size) {
  const PreemptionGuard guard;
  return this_cpu().spares.take_at_hand(stack_size);
}

std::expected<ThreadRecord*, Error> take_record() {
  const PreemptionGuard guard;
  return this_cpu().spares.take_record();
}

// A thread that was not started by the C library's own means has none of its variables, and nor
// have those that it spawns: main, until the library is up.
ThreadBlock block_for_new_thread() {
  return arch::thread_pointer_of(current_thread().context) != 0 ? thread_block()
                                                                : ThreadBlock{0, 1};
}

std::expected<void, Error> check(const SpawnOptions& options, const ThreadGroup* group) {
  if (const auto checked = check_scheduling(options.scheduling); !checked) {
    return checked;
  }
  if (group != nullptr) {
    if (const auto permitted = group->permit(options.scheduling); !permitted) {
      return permitted;
    }
  }
  if (!options.affinity) {
    return {};
  }
  if (options.cpu && !options.affinity->empty() && !options.affinity->contains(*options.cpu)) {
    return std::unexpected(CpuNotInAffinity{index_of(*options.cpu)});
  }
  return check_affinity(*options.affinity);
}

[[gnu::noinline, gnu::cold]] void let_run_everywhere(ThreadRecord& record) {
  restrict_to(record, CpuSet::everywhere());
}

// What the record's last thread has left.
[[gnu::always_inline]] inline void make_new(ThreadRecord& record) {
  if (record.state.get() == sched::ThreadState::kDead) {
    record.state.transition(sched::ThreadState::kDead, sched::ThreadState::kNew, kNoCpu);
  }
  record.cpu_time = Duration::zero();
  record.switches_in = 0;
  record.preemptions = 0;
  record.migrations = 0;
  record.release_stack = nullptr;
  if (record.policy != SchedulingPolicy::kNormal || record.nice != 0 ||
      record.urgency != sched::Urgency::kFair) [[unlikely]] {
    sched::set_ordinary(record);
  }
  record.slice_left = Duration::zero();
  record.burst = 0;
  record.average_burst = 0;
  if (ThreadDetails* const details = record.find_details()) {
    details->name[0] = '\0';
    details->library = {};
  }
  if (record.restricted) {
    let_run_everywhere(record);
  }
  if (record.pending_signals.load() != 0) {
    record.pending_signals = 0;
  }
  record.wakes = {};
  record.reasons_to_stay = 0;
  static_cast<void>(record.posts.take_wakes());
}

// Once, for the code's size.
[[gnu::noinline]] void make_new_seldom(ThreadRecord& record) { make_new(record); }

// Whatever of it is seldom: nothing else can fail from here on.
std::expected<void, Error> add_details(ThreadRecord& record, const SpawnOptions& options,
                                       const ThreadBlock& block) {
  const bool is_deadline = options.scheduling.policy == SchedulingPolicy::kDeadline;
  if (!options.affinity && options.name.empty() && block.size == 0 && !is_deadline) [[likely]] {
    return {};
  }
  const auto details = thread_table().details_of(record);
  if (!details) {
    return std::unexpected(details.error());
  }
  if (!options.name.empty()) {
    static_cast<void>(set_name(record, options.name));
  }
  if (options.affinity) {
    restrict_to(record, *options.affinity);
  }
  return {};
}

// Nothing to check but the CPU.
bool is_plain(const SpawnOptions& options) {
  const SchedulingParameters& scheduling = options.scheduling;
  return !options.affinity && scheduling.policy == SchedulingPolicy::kNormal &&
         scheduling.priority == Priority{} && scheduling.nice == 0;
}

// One that its process has to admit, if it has a group, or its CPU, if it is a Deadline thread;
// returns where it has to start, if it matters.
[[gnu::cold]] std::expected<std::optional<CpuId>, Error> admit(ThreadRecord& record,
                                                               const SpawnOptions& options,
                                                               ThreadGroup* group) {
  SchedulingParameters scheduling = options.scheduling;
  if (group != nullptr) {
    if (const auto admitted = group->admit(record, scheduling.nice); !admitted) {
      return std::unexpected(admitted.error());
    }
    scheduling = group->shifted(scheduling);
  }
  if (scheduling.policy != SchedulingPolicy::kDeadline) {
    sched::set_parameters(record, scheduling);
    return options.cpu;
  }
  const CpuSet affinity = options.affinity.value_or(CpuSet::everywhere());
  const auto cpu =
      admit_new(record, scheduling, options.cpu ? CpuSet::only(*options.cpu) : affinity);
  if (!cpu) {
    if (group != nullptr) {
      group->leave(record);
    }
    return std::unexpected(cpu.error());
  }
  return *cpu;
}

}  // namespace

std::expected<ThreadRecord*, Error> allocate_thread(const SchedulingParameters& scheduling) {
  const auto record = take_record();
  if (!record) {
    return record;
  }
  make_new_seldom(**record);
  sched::set_parameters(**record, scheduling);
  if (const auto details = thread_table().details_of(**record); !details) {
    free_record(**record);
    return std::unexpected(details.error());
  }
  if (ThreadGroup* const group = own_group(); group != nullptr) {
    const std::int8_t own_nice = current_thread().own_nice;
    if (const auto admitted = group->admit(**record, own_nice); !admitted) {
      free_record(**record);
      return std::unexpected(admitted.error());
    }
  }
  return record;
}

namespace {

[[gnu::noinline, clang::preserve_most]] void start_slowly(Cpu& here, ThreadRecord& record,
                                                          std::optional<CpuId> cpu) {
  act_on(here, here.scheduler.start(record, cpu));
}

[[gnu::always_inline]] inline void start_now(ThreadRecord& record, std::optional<CpuId> cpu) {
  const PreemptionGuard guard;
  Cpu& here = this_cpu();
  if (!here.scheduler.start_quickly(record, cpu)) [[unlikely]] {
    start_slowly(here, record, cpu);
  }
}

}  // namespace

void start_thread(ThreadRecord& record, std::optional<CpuId> cpu) { start_now(record, cpu); }

namespace {

// A plain one, without a process and without a C library, that finds a record with its stack at
// hand; none if it is not that, and nothing is done.
[[gnu::always_inline]] inline std::optional<ThreadId> spawn_quickly(const detail::Closure& closure,
                                                                    const SpawnOptions& options) {
  if (!is_plain(options) || options.cpu || !options.name.empty() || own_group() != nullptr ||
      arch::thread_pointer_of(current_thread().context) != 0) [[unlikely]] {
    return std::nullopt;
  }
  constexpr ThreadBlock kNoBlock = {0, 1};
  ThreadRecord* const record =
      take_at_hand(detail::stack_size(options.stack_size, closure, kNoBlock));
  if (record == nullptr) [[unlikely]] {
    return std::nullopt;
  }
  make_new(*record);
  detail::prepare(*record, closure, kNoBlock);
  const ThreadId id = record->id();
  start_now(*record, std::nullopt);
  return id;
}

[[gnu::noinline]] std::expected<Thread, Error> spawn_slowly(const detail::Closure& closure,
                                                            const SpawnOptions& options,
                                                            ThreadGroup* group) {
  if (options.cpu && index_of(*options.cpu) >= arch::cpu_count()) {
    return std::unexpected(InvalidCpu{index_of(*options.cpu), arch::cpu_count()});
  }
  const bool plain = group == nullptr && is_plain(options);
  if (!plain) {
    if (const auto checked = check(options, group); !checked) {
      return std::unexpected(checked.error());
    }
  }
  const ThreadBlock block = block_for_new_thread();
  const std::size_t size = detail::stack_size(options.stack_size, closure, block);
  const auto taken = take_record_and_stack(size);
  if (!taken) {
    return std::unexpected(taken.error());
  }
  ThreadRecord& record = **taken;
  make_new_seldom(record);
  if (const auto added = add_details(record, options, block); !added) {
    free_record(record);
    return std::unexpected(added.error());
  }
  std::optional<CpuId> first_cpu = options.cpu;
  const std::uint32_t changes_before = group != nullptr ? group->priority_changes() : 0;
  if (group != nullptr || options.scheduling.policy == SchedulingPolicy::kDeadline) [[unlikely]] {
    const auto cpu = admit(record, options, group);
    if (!cpu) {
      free_record(record);
      return std::unexpected(cpu.error());
    }
    first_cpu = *cpu;
  } else if (!plain) {
    sched::set_parameters(record, options.scheduling);
  }
  detail::prepare(record, closure, block);
  const ThreadId id = record.id();
  start_thread(record, first_cpu);
  if (group != nullptr) [[unlikely]] {
    group->settle(record, id, changes_before);
  }
  return Thread(id);
}

}  // namespace

namespace detail {

std::expected<Thread, Error> spawn_closure(const Closure& closure, const SpawnOptions& options,
                                           ThreadGroup* group) {
  if (group == nullptr) [[likely]] {
    if (const auto id = spawn_quickly(closure, options)) [[likely]] {
      return Thread(*id);
    }
    group = own_group();
  }
  return spawn_slowly(closure, options, group);
}

}  // namespace detail

}  // namespace tb
