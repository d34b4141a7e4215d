// A thread's affinity belongs to the CPU that has the thread; others ask for it or for a change,
// and park until they are answered.
#include "runtime/affinity.h"

#include "arch/smp.h"
#include "runtime/dispatch.h"
#include "runtime/park.h"
#include "runtime/preemption.h"
#include "runtime/thread.h"
#include "runtime/thread_table.h"

namespace tb {
namespace {

// Hangs the request on the thread and waits for the answer. It lies on the caller's stack.
sched::RequestResult ask(ThreadRecord& thread, sched::Request& request) {
  expects(arch::preemption_enabled() && !arch::in_interrupt(), "only a preemptible thread blocks");
  {
    const PreemptionGuard guard;
    thread.requests.push(request);
    Cpu& cpu = this_cpu();
    act_on(cpu, cpu.scheduler.tell_of_requests(thread));
  }
  // acquire: pairs with the release of whoever has answered.
  while (!request.answered.load(std::memory_order_acquire)) {
    park();
  }
  return request.result;
}

std::expected<CpuSet, Error> ask(ThreadId id, sched::RequestKind kind, const CpuSet& cpus) {
  ThreadRecord* const thread = thread_table().find(id.index);
  if (thread == nullptr || !thread->life.is(id.generation)) {
    return std::unexpected(ThreadNotFound{id});
  }
  sched::Request request{
      .kind = kind, .generation = id.generation, .requester = &current_thread(), .affinity = cpus};
  if (ask(*thread, request) == sched::RequestResult::kThreadNotFound) {
    return std::unexpected(ThreadNotFound{id});
  }
  return request.affinity;
}

}  // namespace

std::expected<void, Error> check_affinity(const CpuSet& cpus) {
  const std::uint32_t count = arch::cpu_count();
  if (cpus.empty()) {
    return std::unexpected(InvalidCpuSet{count});
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
  return this_cpu().scheduler.affinity_of(current_thread());
}

std::expected<void, Error> set_affinity(ThreadId id, const CpuSet& cpus) {
  if (const auto checked = check_affinity(cpus); !checked) {
    return checked;
  }
  if (ThreadRecord* const thread = thread_table().find(id.index); thread != nullptr) {
    if (const auto details = thread_table().details_of(*thread); !details) {
      return std::unexpected(details.error());
    }
  }
  const auto answer = ask(id, sched::RequestKind::kSetAffinity, cpus);
  return answer ? std::expected<void, Error>() : std::unexpected(answer.error());
}

std::expected<CpuSet, Error> affinity(ThreadId id) {
  return ask(id, sched::RequestKind::kGetAffinity, CpuSet());
}

}  // namespace tb
