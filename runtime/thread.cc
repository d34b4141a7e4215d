// Beginning, joining and ending threads.
#include "runtime/thread.h"

#include <algorithm>
#include <utility>

#include "arch/clock.h"
#include "arch/context.h"
#include "arch/smp.h"
#include "runtime/affinity.h"
#include "runtime/dispatch.h"
#include "runtime/memory/stack_pool.h"
#include "runtime/panic.h"
#include "runtime/park.h"
#include "runtime/preemption.h"
#include "runtime/program.h"
#include "runtime/thread_life.h"
#include "runtime/thread_table.h"

namespace tb {
namespace {

static_assert(SpawnOptions::kDefaultStackSize == StackPool::kDefaultSize);

// Where every thread begins, on its own stack, and ends.
void run_thread(void* argument) {
  begin_thread();
  ThreadRecord& self = *static_cast<ThreadRecord*>(argument);
  if (arch::thread_pointer_of(self.context) != 0) {
    run_in_thread(self.run, self.closure);
  } else {
    self.run(self.closure);
  }
  end_current_thread();
}

// The next place downwards for something of that size.
std::byte* place_below(std::byte* end, std::size_t size, std::size_t alignment) {
  const auto place = reinterpret_cast<std::uintptr_t>(end) - size;
  return reinterpret_cast<std::byte*>(align_down(place, std::max<std::size_t>(alignment, 16)));
}

// A large closure, or many thread_local variables, make the stack larger; what the thread asked for
// stays its own.
std::expected<Stack, Error> allocate_stack(std::size_t size, const detail::Closure& closure,
                                           const ThreadBlock& block) {
  constexpr std::size_t kSmall = 4 * kKiB;
  const std::size_t wanted = closure.size + closure.alignment + block.size + block.alignment;
  const bool enlarge = wanted > kSmall && size <= StackPool::kMaximumSize;
  return stack_pool().allocate(enlarge ? size + wanted : size);
}

void release_pooled_stack(ThreadRecord& thread) { stack_pool().free(thread.stack); }

// From the top of the stack downwards: what the language library wants, the closure, and then the
// thread's frames.
void prepare(ThreadRecord& record, const detail::Closure& closure, const ThreadBlock& block) {
  std::byte* end = record.stack.top();
  std::uintptr_t thread_pointer = 0;
  if (block.size > 0) {
    end = place_below(end, block.size, block.alignment);
    thread_pointer = make_thread_block(end, record.library_number(), record.stack.bytes());
  }
  end = place_below(end, closure.size, closure.alignment);
  closure.move_to(end, closure.source);
  record.run = closure.run;
  record.closure = end;
  record.release_stack = release_pooled_stack;
  arch::make_context(record.context, {record.stack.lowest, end}, run_thread, &record,
                     thread_pointer);
}

// A thread that was not started by the C library's own means has none of its variables, and nor
// have those that it spawns: main, until the library is up.
ThreadBlock block_for_new_thread() {
  return arch::thread_pointer_of(current_thread().context) != 0 ? thread_block()
                                                                : ThreadBlock{0, 1};
}

std::expected<void, Error> check(const SpawnOptions& options) {
  if (options.cpu && index_of(*options.cpu) >= arch::cpu_count()) {
    return std::unexpected(InvalidCpu{index_of(*options.cpu), arch::cpu_count()});
  }
  if (!options.affinity) {
    return {};
  }
  if (options.cpu && !options.affinity->empty() && !options.affinity->contains(*options.cpu)) {
    return std::unexpected(CpuNotInAffinity{index_of(*options.cpu)});
  }
  return check_affinity(*options.affinity);
}

}  // namespace

void set_name(ThreadRecord& record, std::string_view name) {
  const std::size_t length = std::min(name.size(), kMaxThreadName);
  std::copy_n(name.begin(), length, record.name.begin());
  record.name[length] = '\0';
}

std::expected<ThreadRecord*, Error> allocate_thread(std::string_view name) {
  const auto allocated = thread_table().allocate();
  if (!allocated) {
    return std::unexpected(allocated.error());
  }
  ThreadRecord& record = **allocated;
  if (record.state.get() == sched::ThreadState::kDead) {
    record.state.transition(sched::ThreadState::kDead, sched::ThreadState::kNew, kNoCpu);
  }
  record.cpu_time = Duration::zero();
  record.switches_in = 0;
  record.preemptions = 0;
  record.migrations = 0;
  record.library = {};
  if (record.restricted) {
    restrict_to(record, CpuSet::everywhere());
  }
  record.pending_signals = 0;
  static_cast<void>(record.park_word.consume_lasting());
  set_name(record, name);
  return &record;
}

void start_thread(ThreadRecord& record, std::optional<CpuId> cpu) {
  const PreemptionGuard guard;
  Cpu& here = this_cpu();
  act_on(here, here.scheduler.start(record, cpu));
}

void begin_thread() {
  complete_switch();
  if (arch::enable_preemption()) {
    answer_reschedule_request();
  }
}

void end_current_thread() {
  arch::disable_preemption();
  Cpu& cpu = this_cpu();
  advance_time(cpu);  // or what it has done last would be charged to the next one
  leave(sched::Leave::kExited, cpu.now);
  panic("a thread that has ended goes on");
}

namespace detail {

std::expected<Thread, Error> spawn_closure(const Closure& closure, const SpawnOptions& options) {
  if (const auto checked = check(options); !checked) {
    return std::unexpected(checked.error());
  }
  const auto record = allocate_thread(options.name);
  if (!record) {
    return std::unexpected(record.error());
  }
  const ThreadBlock block = block_for_new_thread();
  const auto stack = allocate_stack(options.stack_size, closure, block);
  if (!stack) {
    thread_table().free(**record);
    return std::unexpected(stack.error());
  }
  (*record)->stack = *stack;
  if (options.affinity) {
    restrict_to(**record, *options.affinity);
  }
  prepare(**record, closure, block);
  const ThreadId id = (*record)->id();
  start_thread(**record, options.cpu);
  return Thread(id);
}

}  // namespace detail

void finish_thread(ThreadRecord& thread) {
  thread.release_stack(thread);
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
  const ThreadRecord& self = current_thread();
  return {self.cpu_time, self.switches_in, self.preemptions, self.migrations};
}

void yield() { yield_now(); }

void sleep_until(Time time) {
  while (arch::now() < time) {
    static_cast<void>(park_until(time));
  }
}

void sleep_for(Duration duration) { sleep_until(after(arch::now(), duration)); }

void park() {
  sched::ParkWord<>& word = current_thread().park_word;
  if (!word.consume_lasting()) {
    tb::park();
    static_cast<void>(word.consume_lasting());
  }
}

}  // namespace this_thread

}  // namespace tb
