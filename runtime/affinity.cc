// A thread's affinity belongs to the CPU that has the thread; others ask for it or for a change,
// and park until they are answered.
#include "runtime/affinity.h"

#include "arch/smp.h"
#include "runtime/admission.h"
#include "runtime/ask.h"
#include "runtime/dispatch.h"
#include "runtime/options.h"
#include "runtime/preemption.h"
#include "runtime/thread.h"
#include "runtime/thread_group.h"
#include "runtime/thread_table.h"

namespace tb {

// Cold: seldom called, and five times as large if it is to be fast.
[[gnu::cold]] std::expected<void, Error> check_affinity(const CpuSet& cpus) {
  const std::uint32_t count = arch::cpu_count();
  if (cpus.empty()) {
    return std::unexpected(InvalidCpuSet{count});
  }
  const bool is_everywhere = (cpus & CpuSet::first(count)) == CpuSet::first(count);
  if (!is_everywhere && options().affinity == AffinityOption::kOff) {
    return std::unexpected(AffinityIsOff{});
  }
  if (cpus == CpuSet::everywhere() || count == CpuSet::kMaxCpus) {
    return {};
  }
  // Around the end the search comes back to those that exist.
  const CpuId beyond = cpus.first_from(CpuId{count});
  if (index_of(beyond) >= count) {
    return std::unexpected(InvalidCpu{index_of(beyond), count});
  }
  return {};
}

void restrict_to(ThreadRecord& thread, const CpuSet& cpus) {
  const PreemptionGuard guard;
  this_cpu().scheduler.set_affinity(thread, cpus);
}

CpuSet own_affinity() {
  const PreemptionGuard guard;
  return this_cpu().scheduler.wanted_affinity_of(current_thread());
}

std::expected<void, Error> set_affinity(ThreadId id, const CpuSet& cpus) {
  if (const auto checked = check_affinity(cpus); !checked) {
    return checked;
  }
  if (const auto permitted = check_control(id); !permitted) {
    return permitted;
  }
  // Who may run everywhere needs none.
  ThreadRecord* const thread =
      cpus != CpuSet::everywhere() ? thread_table().find(id.index) : nullptr;
  if (thread != nullptr) {
    if (const auto details = thread_table().details_of(*thread); !details) {
      return std::unexpected(details.error());
    }
  }
  sched::Request request{.kind = sched::RequestKind::kSetAffinity, .affinity = cpus};
  const auto done = ask(id, request);
  return done && request.result == sched::RequestResult::kIsAdmitted ? admit_elsewhere(id, cpus)
                                                                     : done;
}

std::expected<CpuSet, Error> affinity(ThreadId id) {
  sched::Request request{.kind = sched::RequestKind::kGetAffinity};
  if (const auto answered = ask(id, request); !answered) {
    return std::unexpected(answered.error());
  }
  return request.affinity;
}

}  // namespace tb
