// The books of all CPUs under one lock.
#include "runtime/admission.h"

#include <chrono>
#include <mutex>

#include "arch/clock.h"
#include "arch/smp.h"
#include "base/atomic.h"
#include "runtime/affinity.h"
#include "runtime/ask.h"
#include "runtime/cpu.h"
#include "runtime/options.h"
#include "runtime/park.h"
#include "runtime/preemption.h"
#include "runtime/thread.h"
#include "runtime/thread_table.h"

namespace tb {
namespace {

// For a millisecond at most, seldom, and by threads of any policy: so who has to wait sleeps, and
// lets even the least urgent one finish.
class AdmissionLock {
 public:
  void lock() {
    // acquire: pairs with the release in unlock().
    while (held_.exchange(true, std::memory_order_acquire)) {
      static_cast<void>(park_until(after(arch::now(), std::chrono::microseconds(100))));
    }
  }
  // release: pairs with the acquire in lock().
  void unlock() { held_.store(false, std::memory_order_release); }

 private:
  Atomic<bool> held_{false};  // shared
};

constinit AdmissionLock lock;

sched::AdmissionBook& book_of(CpuId cpu) { return cpu_at(cpu).admissions; }

// The first CPU of the set that can, which has then promised.
std::expected<CpuId, Error> find_cpu(const sched::PeriodicTask& task, const CpuSet& affinity) {
  NotAdmitted refusal{.cpu = 0, .free = 0, .is_known = true};
  for (std::uint32_t number = 0; number < arch::cpu_count(); ++number) {
    const CpuId cpu{number};
    if (!affinity.contains(cpu)) {
      continue;
    }
    const sched::Admission admission =
        book_of(cpu).promise(task, options().scheduler.real_time_share);
    if (admission.verdict == sched::Verdict::kFits) {
      return cpu;
    }
    refusal.is_known &= admission.verdict != sched::Verdict::kTooManySteps;
    if (sched::parts_of(admission.free) >= refusal.free) {
      refusal.cpu = number;
      refusal.free = sched::parts_of(admission.free);
    }
  }
  return std::unexpected(refusal);
}

struct Standing {
  SchedulingParameters parameters;
  CpuSet affinity;  // where it may run, or be admitted
  CpuId cpu;        // kNoCpu if it is no Deadline thread
};

std::expected<Standing, Error> standing_of(ThreadId id) {
  sched::Request request{.kind = sched::RequestKind::kGetParameters};
  if (const auto answered = ask(id, request); !answered) {
    return std::unexpected(answered.error());
  }
  return Standing{request.parameters, request.affinity, request.cpu};
}

std::expected<void, Error> become(ThreadId id, const SchedulingParameters& parameters,
                                  const CpuSet& affinity, CpuId cpu) {
  sched::Request request{.kind = sched::RequestKind::kAdmit,
                         .affinity = affinity,
                         .parameters = parameters,
                         .cpu = cpu};
  return ask(id, request);
}

// Under the lock.
std::expected<void, Error> move_to(ThreadId id, const Standing& before, const Standing& wanted) {
  const bool had_cpu = before.cpu != kNoCpu;
  if (had_cpu) {
    book_of(before.cpu).release(before.parameters.task);
  }
  const auto cpu = find_cpu(wanted.parameters.task, wanted.affinity);
  if (!cpu) {
    if (had_cpu) {
      book_of(before.cpu).restore(before.parameters.task);
    }
    return std::unexpected(cpu.error());
  }
  const auto done = become(id, wanted.parameters, wanted.affinity, *cpu);
  // A Deadline thread cannot have ended, for that needs the lock.
  if (!done) {
    book_of(*cpu).release(wanted.parameters.task);
  }
  return done;
}

}  // namespace

std::expected<void, Error> admit(ThreadId id, const SchedulingParameters& parameters,
                                 const std::optional<CpuSet>& affinity) {
  ThreadRecord* const thread = thread_table().find(id.index);
  if (thread == nullptr) {
    return std::unexpected(ThreadNotFound{id});
  }
  if (const auto details = thread_table().details_of(*thread); !details) {
    return std::unexpected(details.error());
  }
  const std::lock_guard guard(lock);
  const auto before = standing_of(id);
  if (!before) {
    return std::unexpected(before.error());
  }
  return move_to(id, *before, {parameters, affinity.value_or(before->affinity), kNoCpu});
}

std::expected<void, Error> admit_elsewhere(ThreadId id, const CpuSet& affinity) {
  const std::lock_guard guard(lock);
  const auto before = standing_of(id);
  if (!before) {
    return std::unexpected(before.error());
  }
  if (before->cpu == kNoCpu) {  // not any more
    return set_affinity(id, affinity);
  }
  if (affinity.contains(before->cpu)) {
    return become(id, before->parameters, affinity, before->cpu);
  }
  return move_to(id, *before, {before->parameters, affinity, kNoCpu});
}

std::expected<void, Error> dismiss(ThreadId id, const SchedulingParameters& parameters) {
  const std::lock_guard guard(lock);
  sched::Request request{.kind = sched::RequestKind::kDismiss, .parameters = parameters};
  const auto done = ask(id, request);
  if (done && request.cpu != kNoCpu) {
    book_of(request.cpu).release(request.parameters.task);
  }
  return done;
}

std::expected<CpuId, Error> admit_new(ThreadRecord& record, const SchedulingParameters& parameters,
                                      const CpuSet& affinity) {
  const std::lock_guard guard(lock);
  const auto cpu = find_cpu(parameters.task, affinity);
  if (cpu) {
    const PreemptionGuard here;
    this_cpu().scheduler.admit_new(record, parameters, affinity, *cpu);
  }
  return cpu;
}

}  // namespace tb
