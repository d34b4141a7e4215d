// Beginning, joining and ending threads.
#include "runtime/thread.h"

#include <algorithm>
#include <utility>

#include "arch/clock.h"
#include "arch/context.h"
#include "arch/smp.h"
#include "runtime/dispatch.h"
#include "runtime/memory/stack_pool.h"
#include "runtime/park.h"
#include "runtime/preemption.h"
#include "runtime/thread_end.h"
#include "runtime/thread_table.h"

namespace tb {
namespace {

static_assert(SpawnOptions::kDefaultStackSize == StackPool::kDefaultSize);

// Where every thread begins, on its own stack, and ends.
void run_thread(void* argument) {
  complete_switch();
  if (arch::enable_preemption()) {
    answer_reschedule_request();
  }
  ThreadRecord& self = *static_cast<ThreadRecord*>(argument);
  self.run(self.closure);
  arch::disable_preemption();
  leave(sched::Leave::kExited, this_cpu().now);
}

void set_name(ThreadRecord& record, std::string_view name) {
  const std::size_t length = std::min(name.size(), kMaxThreadName);
  std::copy_n(name.begin(), length, record.name.begin());
  record.name[length] = '\0';
}

// The closure lies at the top of the stack, where the thread's frames end.
std::byte* place_of_closure(const Stack& stack, const detail::Closure& closure) {
  const auto place = reinterpret_cast<std::uintptr_t>(stack.top()) - closure.size;
  return reinterpret_cast<std::byte*>(
      align_down(place, std::max<std::size_t>(closure.alignment, 16)));
}

// A large closure makes the stack larger; what the thread asked for stays its own.
std::expected<Stack, Error> allocate_stack(std::size_t size, const detail::Closure& closure) {
  constexpr std::size_t kSmallClosure = 256;
  const bool enlarge = closure.size > kSmallClosure && size <= StackPool::kMaximumSize;
  return stack_pool().allocate(enlarge ? size + closure.size + closure.alignment : size);
}

void prepare(ThreadRecord& record, const detail::Closure& closure, const SpawnOptions& options) {
  if (record.state.get() == sched::ThreadState::kDead) {
    record.state.transition(sched::ThreadState::kDead, sched::ThreadState::kNew);
  }
  record.cpu_time = Duration::zero();
  record.switches_in = 0;
  record.preemptions = 0;
  static_cast<void>(record.park_word.consume());
  set_name(record, options.name);
  std::byte* const place = place_of_closure(record.stack, closure);
  closure.move_to(place, closure.source);
  record.run = closure.run;
  record.closure = place;
  arch::make_context(record.context, {record.stack.lowest, place}, run_thread, &record, 0);
}

void start(ThreadRecord& record, std::optional<CpuId> cpu) {
  const PreemptionGuard guard;
  Cpu& here = this_cpu();
  const CpuId where = cpu ? *cpu : CpuId{here.next_spawn++ % arch::cpu_count()};
  if (const auto tell = here.scheduler.start(record, where)) {
    arch::send_reschedule(*tell);
  } else if (where == here.scheduler.id()) {
    arm_timer(here, here.scheduler.preempt_at(here.now));
  }
}

}  // namespace

namespace detail {

std::expected<Thread, Error> spawn_closure(const Closure& closure, const SpawnOptions& options) {
  if (options.cpu && index_of(*options.cpu) >= arch::cpu_count()) {
    return std::unexpected(InvalidCpu{index_of(*options.cpu), arch::cpu_count()});
  }
  const auto record = thread_table().allocate();
  if (!record) {
    return std::unexpected(record.error());
  }
  const auto stack = allocate_stack(options.stack_size, closure);
  if (!stack) {
    thread_table().free(**record);
    return std::unexpected(stack.error());
  }
  (*record)->stack = *stack;
  prepare(**record, closure, options);
  const ThreadId id = (*record)->id();
  start(**record, options.cpu);
  return Thread(id);
}

}  // namespace detail

void finish_thread(ThreadRecord& thread) {
  stack_pool().free(thread.stack);
  const LifeWord<>::End end = thread.life.end();
  switch (end.outcome) {
    case EndOutcome::kWakeJoiner:
      wake(*thread_table().find(end.joiner));
      break;
    case EndOutcome::kFree:
      thread_table().free(thread);
      break;
    case EndOutcome::kKeep:
      break;
  }
}

std::expected<void, Error> join(ThreadId id) {
  ThreadRecord* const thread = thread_table().find(id.index);
  if (thread == nullptr) {
    return std::unexpected(ThreadNotFound{id});
  }
  if (id == this_thread::id()) {
    return std::unexpected(JoinsItself{id});
  }
  switch (thread->life.join(id.generation, current_thread().index)) {
    case JoinOutcome::kNotFound:
      return std::unexpected(ThreadNotFound{id});
    case JoinOutcome::kTaken:
      return std::unexpected(NotJoinable{id});
    case JoinOutcome::kWait:
      while (!thread->life.has_ended(id.generation)) {
        park();
      }
      keep_wakes();
      break;
    case JoinOutcome::kEnded:
      break;
  }
  thread_table().free(*thread);
  return {};
}

std::expected<void, Error> detach(ThreadId id) {
  ThreadRecord* const thread = thread_table().find(id.index);
  switch (thread != nullptr ? thread->life.detach(id.generation) : JoinOutcome::kNotFound) {
    case JoinOutcome::kNotFound:
      return std::unexpected(ThreadNotFound{id});
    case JoinOutcome::kTaken:
      return std::unexpected(NotJoinable{id});
    case JoinOutcome::kWait:
      break;
    case JoinOutcome::kEnded:
      thread_table().free(*thread);
      break;
  }
  return {};
}

std::expected<void, Error> wake(ThreadId id) {
  ThreadRecord* const thread = thread_table().find(id.index);
  if (thread == nullptr || !thread->life.is(id.generation)) {
    return std::unexpected(ThreadNotFound{id});
  }
  wake(*thread);
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

Thread::~Thread() {
  // A handle that its own thread destroys lets go of it.
  if (joinable_ && id_ == this_thread::id()) {
    static_cast<void>(detach());
  } else if (joinable_) {
    static_cast<void>(join());
  }
}

std::expected<void, Error> Thread::join() {
  joinable_ = false;
  return tb::join(id_);
}

std::expected<void, Error> Thread::detach() {
  joinable_ = false;
  return tb::detach(id_);
}

std::uint32_t cpu_count() { return arch::cpu_count(); }

Time now() { return arch::now(); }

namespace this_thread {

ThreadId id() { return current_thread().id(); }

std::string_view name() { return current_thread().name_text(); }

CpuId cpu() { return arch::current_cpu(); }

ThreadStatistics statistics() {
  const PreemptionGuard guard;
  Cpu& cpu = this_cpu();
  advance_time(cpu);
  cpu.scheduler.charge(cpu.now);
  const ThreadRecord& self = current_thread();
  return {self.cpu_time, self.switches_in, self.preemptions};
}

void yield() { yield_now(); }

void sleep_until(Time time) {
  while (arch::now() < time) {
    static_cast<void>(park_until(time));
  }
  keep_wakes();
}

void sleep_for(Duration duration) { sleep_until(after(arch::now(), duration)); }

void park() { tb::park(); }

}  // namespace this_thread

}  // namespace tb
