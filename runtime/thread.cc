// What one can ask of threads, and what a handle does.
#include "runtime/thread.h"

#include <algorithm>
#include <utility>

#include "arch/clock.h"
#include "arch/smp.h"
#include "runtime/ask.h"
#include "runtime/dispatch.h"
#include "runtime/park.h"
#include "runtime/preemption.h"
#include "runtime/thread_life.h"
#include "runtime/thread_table.h"

namespace tb {

std::expected<void, Error> set_name(ThreadRecord& record, std::string_view name) {
  const auto details = thread_table().details_of(record);
  if (!details) {
    return std::unexpected(details.error());
  }
  const std::size_t length = std::min(name.size(), kMaxThreadName);
  // Others ask its home for the name, which finds it whole.
  const PreemptionGuard guard;
  std::copy_n(name.begin(), length, (*details)->name.begin());
  (*details)->name[length] = '\0';
  return {};
}

std::expected<void, Error> wake(ThreadId id) {
  ThreadRecord* const thread = thread_table().find(id.index);
  if (thread == nullptr || !thread->life.is(id.generation)) {
    return std::unexpected(ThreadNotFound{id});
  }
  wake(*thread, sched::WakeKind::kLasting);
  return {};
}

Thread& Thread::operator=(Thread&& other) noexcept {
  if (this != &other) {
    Thread old(std::move(*this));
    id_ = std::exchange(other.id_, {});
    joinable_ = std::exchange(other.joinable_, false);
  }
  return *this;
}

void Thread::end_of_scope() {
  // A handle that its own thread destroys lets go of it.
  static_cast<void>(id_ == this_thread::id() ? detach() : join());
}

std::expected<void, Error> Thread::detach() {
  joinable_ = false;
  return tb::detach(id_);
}

std::expected<ThreadStatistics, Error> statistics(ThreadId id) {
  sched::Request request{.kind = sched::RequestKind::kGetStatistics};
  if (const auto answered = ask(id, request); !answered) {
    return std::unexpected(answered.error());
  }
  return request.statistics;
}

std::uint32_t cpu_count() { return arch::cpu_count(); }

Time now() { return arch::now(); }

Duration cpu_time_of_all() {
  {
    const PreemptionGuard guard;
    Cpu& cpu = this_cpu();
    advance_time(cpu);
    cpu.scheduler.charge(cpu.now);
  }
  Duration sum{};
  for (std::uint32_t i = 0; i < arch::cpu_count(); ++i) {
    sum += cpu_at(CpuId{i}).scheduler.busy_time();
  }
  return sum;
}

namespace this_thread {

ThreadId id() { return current_thread().id(); }

std::string_view name() { return current_thread().name_text(); }

CpuId cpu() { return arch::current_cpu(); }

ThreadStatistics statistics() {
  const PreemptionGuard guard;
  Cpu& cpu = this_cpu();
  advance_time(cpu);
  cpu.scheduler.charge(cpu.now);
  return sched::statistics_of(current_thread());
}

void sleep_until(Deadline deadline) {
  const Time time = deadline;
  while (arch::now() < time) {
    end_if_told();
    static_cast<void>(park_until(time));
  }
  end_if_told();
}

void sleep_for(Duration duration) { sleep_until(after(arch::now(), duration)); }

}  // namespace this_thread

}  // namespace tb
