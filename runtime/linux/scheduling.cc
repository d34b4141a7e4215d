// Where and how threads run. There is one policy so far, that of ordinary threads.
#include "runtime/linux/scheduling.h"

#include <algorithm>
#include <cstring>
#include <expected>
#include <optional>

#include <linux/sched.h>

#include "arch/cpu.h"
#include "runtime/dispatch.h"
#include "runtime/linux/structs.h"
#include "runtime/linux/threads.h"
#include "runtime/options.h"
#include "runtime/thread.h"

namespace tb::linux_abi {
namespace {

constexpr int kLowestRealTime = 1;
constexpr int kHighestRealTime = 99;

bool is_real_time(int policy) { return policy == SCHED_FIFO || policy == SCHED_RR; }

bool is_fair(int policy) {
  return policy == SCHED_NORMAL || policy == SCHED_BATCH || policy == SCHED_IDLE;
}

// Whether the policy and priority go together; and nobody may have another policy than the one.
Result check(int policy, const int* priority) {
  if (priority == nullptr) {
    return Errno::kInvalid;
  }
  if (is_real_time(policy)) {
    const bool possible = *priority >= kLowestRealTime && *priority <= kHighestRealTime;
    return possible ? Errno::kNotPermitted : Errno::kInvalid;
  }
  if (!is_fair(policy) || *priority != 0) {
    return Errno::kInvalid;
  }
  return policy == SCHED_NORMAL ? Result(0) : Result(Errno::kNotPermitted);
}

std::optional<ThreadId> find_thread_id(std::uint32_t number) {
  const ThreadRecord* const thread = find_thread(number);
  return thread != nullptr ? std::optional(ThreadId{thread->index, thread->life.generation()})
                           : std::nullopt;
}

Result of_existing_thread(const SystemCall& call, Result result) {
  if (argument<int>(call, 0) < 0) {
    return Errno::kInvalid;
  }
  return find_thread(argument<std::uint32_t>(call, 0)) != nullptr ? result
                                                                  : Result(Errno::kNoSuchThread);
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
  return set ? Result(0) : Result(Errno::kNoSuchThread);
}

Result system_sched_getscheduler(SystemCall& call) {
  return of_existing_thread(call, SCHED_NORMAL);
}

Result system_sched_setscheduler(SystemCall& call) {
  return of_existing_thread(call, check(argument<int>(call, 1), pointer<const int>(call, 2)));
}

Result system_sched_getparam(SystemCall& call) {
  auto* const priority = pointer<int>(call, 1);
  if (priority == nullptr) {
    return Errno::kInvalid;
  }
  *priority = 0;
  return of_existing_thread(call, 0);
}

Result system_sched_setparam(SystemCall& call) {
  return of_existing_thread(call, check(SCHED_NORMAL, pointer<const int>(call, 1)));
}

Result system_sched_get_priority_max(SystemCall& call) {
  const auto policy = argument<int>(call, 0);
  if (is_real_time(policy)) {
    return kHighestRealTime;
  }
  return is_fair(policy) ? Result(0) : Result(Errno::kInvalid);
}

Result system_sched_get_priority_min(SystemCall& call) {
  const auto policy = argument<int>(call, 0);
  if (is_real_time(policy)) {
    return kLowestRealTime;
  }
  return is_fair(policy) ? Result(0) : Result(Errno::kInvalid);
}

Result system_sched_rr_get_interval(SystemCall& call) {
  *pointer<__kernel_timespec>(call, 1) = to_timespec(options().quantum);
  return of_existing_thread(call, 0);
}

// Everybody's is the middle one, which the trap gives as 20.
Result system_getpriority(SystemCall&) {
  constexpr int kMiddle = 20;
  return kMiddle;
}

}  // namespace tb::linux_abi
