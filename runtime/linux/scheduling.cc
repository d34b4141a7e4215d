// Where and how threads run. A thread's own policies are Linux's, so what is asked for is had.
#include "runtime/linux/scheduling.h"

#include <algorithm>
#include <cstring>
#include <expected>
#include <limits>
#include <optional>
#include <variant>

#include <linux/sched.h>

#include "arch/cpu.h"
#include "runtime/dispatch.h"
#include "runtime/linux/structs.h"
#include "runtime/linux/threads.h"
#include "runtime/options.h"
#include "runtime/thread.h"
#include "runtime/thread_group.h"
#include "runtime/thread_table.h"

namespace tb::linux_abi {
namespace {

constexpr bool is_real_time(int policy) { return policy == SCHED_FIFO || policy == SCHED_RR; }

constexpr bool is_fair(int policy) {
  return policy == SCHED_NORMAL || policy == SCHED_BATCH || policy == SCHED_IDLE;
}

std::optional<ThreadId> find_thread_id(std::uint32_t number) {
  const ThreadRecord* const thread = find_thread(number);
  return thread != nullptr ? std::optional(ThreadId{thread->index, thread->life.generation()})
                           : std::nullopt;
}

// The calls know threads by their numbers, zero being the caller, and refuse negative ones.
std::expected<ThreadId, Errno> named_thread(const SystemCall& call, std::size_t position) {
  if (argument<int>(call, position) < 0) {
    return std::unexpected(Errno::kInvalid);
  }
  const auto id = find_thread_id(argument<std::uint32_t>(call, position));
  return id ? std::expected<ThreadId, Errno>(*id) : std::unexpected(Errno::kNoSuchThread);
}

// Without what a process's priority adds: what is got can be set again.
std::expected<SchedulingParameters, Errno> parameters_of(ThreadId id) {
  std::expected<SchedulingParameters, Error> known;
  blocking([&] { known = scheduling(id); });
  if (!known) {
    return std::unexpected(Errno::kNoSuchThread);
  }
  const ThreadRecord& thread = *thread_table().find(id.index);
  if (sched::has_nice(known->policy) && group_of(thread) != nullptr) {
    known->nice = thread.own_nice;
  }
  return *known;
}

// As on Linux, one that is out of range is the nearest that is not.
std::int8_t nearest_nice(int wanted) {
  return static_cast<std::int8_t>(std::clamp(wanted, sched::kStrongestNice, sched::kWeakestNice));
}

Errno errno_of(const Error& error) {
  const bool is_denied = std::holds_alternative<PriorityPermissionDenied>(error) ||
                         std::holds_alternative<RealTimePermissionDenied>(error) ||
                         std::holds_alternative<AccessDenied>(error);
  return is_denied                                       ? Errno::kNotPermitted
         : std::holds_alternative<NotAdmitted>(error)    ? Errno::kBusy
         : std::holds_alternative<OutOfMemory>(error)    ? Errno::kNoMemory
         : std::holds_alternative<ThreadNotFound>(error) ? Errno::kNoSuchThread
                                                         : Errno::kInvalid;
}

Result set_parameters(ThreadId id, const SchedulingParameters& parameters) {
  if (!check_scheduling(parameters)) {
    return Errno::kInvalid;
  }
  std::expected<void, Error> set;
  blocking([&] { set = set_scheduling(id, parameters); });
  return set ? Result(0) : Result(errno_of(set.error()));
}

// What a thread of that policy has if `wanted` is asked for.
std::int8_t nice_under(SchedulingPolicy policy, int wanted) {
  return static_cast<std::int8_t>(policy == SchedulingPolicy::kIdle ? sched::kWeakestNice
                                  : sched::has_nice(policy)         ? nearest_nice(wanted)
                                                                    : 0);
}

// A nice value is kept from one policy to the next where both have one.
Result set_policy(ThreadId id, SchedulingPolicy policy, int priority) {
  if (priority < 0 || priority > std::numeric_limits<std::uint8_t>::max()) {
    return Errno::kInvalid;
  }
  const auto before = parameters_of(id);
  if (!before) {
    return before.error();
  }
  const int kept = sched::has_nice(before->policy) ? before->nice : 0;
  return set_parameters(id, {.policy = policy,
                             .priority = Priority{static_cast<std::uint8_t>(priority)},
                             .nice = nice_under(policy, kept)});
}

// Only real-time threads have priorities.
Result limit_of_priority(int policy, Priority of_real_time_threads) {
  if (is_real_time(policy)) {
    return sched::number_of(of_real_time_threads);
  }
  return is_fair(policy) || policy == SCHED_DEADLINE ? Result(0) : Result(Errno::kInvalid);
}

}  // namespace

Result system_sched_yield(SystemCall&) {
  blocking([] { this_thread::yield(); });
  return 0;
}

Result system_getcpu(SystemCall& call) {
  if (auto* const cpu = pointer<std::uint32_t>(call, 0); cpu != nullptr) {
    *cpu = index_of(arch::current_cpu());
  }
  if (auto* const node = pointer<std::uint32_t>(call, 1); node != nullptr) {
    *node = 0;
  }
  return 0;
}

Result system_sched_getaffinity(SystemCall& call) {
  const auto id = find_thread_id(argument<std::uint32_t>(call, 0));
  if (!id) {
    return Errno::kNoSuchThread;
  }
  const auto size = argument<std::size_t>(call, 1);
  const std::size_t needed = align_up((cpu_count() + 7) / 8, sizeof(std::uint64_t));
  if (size < needed || size % sizeof(std::uint64_t) != 0) {
    return Errno::kInvalid;
  }
  std::expected<CpuSet, Error> allowed;
  blocking([&] { allowed = affinity(*id); });
  if (!allowed) {
    return Errno::kNoSuchThread;
  }
  auto* const words = pointer<std::uint64_t>(call, 2);
  for (std::uint32_t i = 0; i < needed / sizeof(std::uint64_t); ++i) {
    words[i] = allowed->word(i);
  }
  return needed;
}

Result system_sched_setaffinity(SystemCall& call) {
  const auto id = find_thread_id(argument<std::uint32_t>(call, 0));
  if (!id) {
    return Errno::kNoSuchThread;
  }
  const std::size_t cpus = std::min<std::size_t>(
      cpu_count(), std::min<std::size_t>(argument<std::size_t>(call, 1), CpuSet::kMaxCpus) * 8);
  const auto* const bytes = pointer<const std::uint8_t>(call, 2);
  CpuSet allowed;
  for (std::uint32_t cpu = 0; cpu < cpus; ++cpu) {
    if ((bytes[cpu / 8] >> cpu % 8 & 1) != 0) {
      allowed.insert(CpuId{cpu});
    }
  }
  if (allowed.empty()) {
    return Errno::kInvalid;
  }
  std::expected<void, Error> set;
  blocking([&] { set = set_affinity(*id, allowed); });
  return set ? Result(0) : Result(errno_of(set.error()));
}

Result system_sched_getscheduler(SystemCall& call) {
  const auto id = named_thread(call, 0);
  if (!id) {
    return id.error();
  }
  const auto known = parameters_of(*id);
  return known ? Result(static_cast<std::uint64_t>(known->policy)) : Result(known.error());
}

Result system_sched_setscheduler(SystemCall& call) {
  const auto id = named_thread(call, 0);
  const auto policy = argument<int>(call, 1);
  const auto* const priority = pointer<const int>(call, 2);
  if (!id) {
    return id.error();
  }
  if (priority == nullptr || !(is_real_time(policy) || is_fair(policy))) {
    return Errno::kInvalid;
  }
  return set_policy(*id, static_cast<SchedulingPolicy>(policy), *priority);
}

Result system_sched_getparam(SystemCall& call) {
  const auto id = named_thread(call, 0);
  auto* const priority = pointer<int>(call, 1);
  if (!id || priority == nullptr) {
    return id ? Errno::kInvalid : id.error();
  }
  const auto known = parameters_of(*id);
  if (!known) {
    return known.error();
  }
  *priority = static_cast<int>(sched::number_of(known->priority));
  return 0;
}

Result system_sched_setparam(SystemCall& call) {
  const auto id = named_thread(call, 0);
  const auto* const priority = pointer<const int>(call, 1);
  if (!id || priority == nullptr) {
    return id ? Errno::kInvalid : id.error();
  }
  const auto known = parameters_of(*id);
  return known ? set_policy(*id, known->policy, *priority) : Result(known.error());
}

// The one way to Deadline threads. None of its flags is had; times are in nanoseconds.
Result system_sched_setattr(SystemCall& call) {
  const auto id = named_thread(call, 0);
  const auto* const wanted = pointer<const SchedulingAttributes>(call, 1);
  if (!id || wanted == nullptr) {
    return id ? Errno::kInvalid : id.error();
  }
  const bool is_known = is_real_time(static_cast<int>(wanted->policy)) ||
                        is_fair(static_cast<int>(wanted->policy)) ||
                        wanted->policy == SCHED_DEADLINE;
  if (argument<std::uint32_t>(call, 2) != 0 || wanted->flags != 0 || !is_known ||
      wanted->priority > std::numeric_limits<std::uint8_t>::max()) {
    return Errno::kInvalid;
  }
  const auto policy = static_cast<SchedulingPolicy>(wanted->policy);
  const auto time = [](std::uint64_t count) { return Duration(static_cast<std::int64_t>(count)); };
  SchedulingParameters parameters{.policy = policy,
                                  .priority = Priority{static_cast<std::uint8_t>(wanted->priority)},
                                  .nice = nice_under(policy, wanted->nice)};
  if (policy == SchedulingPolicy::kDeadline) {
    // As on Linux, without a period that is the deadline.
    parameters.task = {time(wanted->runtime), time(wanted->deadline),
                       time(wanted->period != 0 ? wanted->period : wanted->deadline)};
  }
  return set_parameters(*id, parameters);
}

Result system_sched_getattr(SystemCall& call) {
  const auto id = named_thread(call, 0);
  auto* const told = pointer<SchedulingAttributes>(call, 1);
  if (!id || told == nullptr || argument<std::uint32_t>(call, 2) < sizeof(SchedulingAttributes) ||
      argument<std::uint32_t>(call, 3) != 0) {
    return id ? Errno::kInvalid : id.error();
  }
  const auto known = parameters_of(*id);
  if (!known) {
    return known.error();
  }
  const auto count = [](Duration time) { return static_cast<std::uint64_t>(time.count()); };
  const SchedulingAttributes all{.size = sizeof(SchedulingAttributes),
                                 .policy = static_cast<std::uint32_t>(known->policy),
                                 .flags = 0,
                                 .nice = known->nice,
                                 .priority = sched::number_of(known->priority),
                                 .runtime = count(known->task.runtime),
                                 .deadline = count(known->task.deadline),
                                 .period = count(known->task.period)};
  *told = all;
  return 0;
}

Result system_sched_get_priority_max(SystemCall& call) {
  return limit_of_priority(argument<int>(call, 0), sched::kHighestPriority);
}

Result system_sched_get_priority_min(SystemCall& call) {
  return limit_of_priority(argument<int>(call, 0), sched::kLowestPriority);
}

// As on Linux, none is that of a thread without an end of its slice.
Result system_sched_rr_get_interval(SystemCall& call) {
  const auto id = named_thread(call, 0);
  if (!id) {
    return id.error();
  }
  const auto known = parameters_of(*id);
  if (!known) {
    return known.error();
  }
  const Duration chosen = options().scheduler.fair.quantum;
  const Duration slice =
      sched::quantum(*known, chosen > Duration::zero() ? chosen : sched::kNormalQuantum);
  *pointer<__kernel_timespec>(call, 1) =
      to_timespec(slice == sched::kUnlimited ? Duration::zero() : slice);
  return 0;
}

namespace {

// Nice values are had by thread; there are no groups of processes and no users.
std::expected<SchedulingParameters, Errno> nice_of(const SystemCall& call, ThreadId& id) {
  constexpr int kOfAProcess = 0;
  if (argument<int>(call, 0) != kOfAProcess) {
    return std::unexpected(Errno::kInvalid);
  }
  const auto named = named_thread(call, 1);
  if (!named) {
    return std::unexpected(named.error());
  }
  id = *named;
  return parameters_of(id);
}

}  // namespace

// The trap gives it as 20 less.
Result system_getpriority(SystemCall& call) {
  constexpr int kMiddle = 20;
  ThreadId id;
  const auto known = nice_of(call, id);
  return known ? Result(static_cast<std::uint64_t>(kMiddle - known->nice)) : Result(known.error());
}

Result system_setpriority(SystemCall& call) {
  ThreadId id;
  auto known = nice_of(call, id);
  if (!known) {
    return known.error();
  }
  // The others have none that could change.
  if (!sched::has_nice(known->policy)) {
    return 0;
  }
  known->nice = nearest_nice(argument<int>(call, 2));
  return set_parameters(id, *known);
}

}  // namespace tb::linux_abi
