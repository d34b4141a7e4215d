// Members that come and go, and what a process may do.
#include "runtime/process/process_record.h"

#include <algorithm>
#include <mutex>

#include "runtime/control/terminate.h"
#include "runtime/dispatch.h"
#include "runtime/park.h"
#include "runtime/process/control_turn.h"
#include "runtime/process/process_table.h"
#include "runtime/thread.h"
#include "runtime/thread_life.h"

namespace tb::detail {
namespace {

std::int8_t nice_at(std::int8_t own, PriorityLevel priority) {
  const int sum = own + static_cast<int>(priority);
  return static_cast<std::int8_t>(std::clamp<int>(sum, sched::kStrongestNice, sched::kWeakestNice));
}

bool needs_permission(SchedulingPolicy policy) {
  return sched::is_real_time(policy) || policy == SchedulingPolicy::kDeadline;
}

}  // namespace

ProcessWaiter::ProcessWaiter(ProcessRecord& process)
    : process_(process), thread_(current_thread()) {
  const std::lock_guard guard(process_.waiters_lock_);
  number_ = process_.next_waiter_++;
  process_.waiters_.push_back(*this);
}

ProcessWaiter::~ProcessWaiter() {
  const std::lock_guard guard(process_.waiters_lock_);
  if (hook_.linked) {
    process_.waiters_.remove(*this);
  }
}

void ProcessRecord::begin(ProcessRecord& parent_of_it, User& user_of_it,
                          const ProcessOptions& options) {
  user = &user_of_it;
  permissions = options.permissions & parent_of_it.permissions;
  const std::size_t length = std::min(options.name.size(), kMaxThreadName);
  std::copy_n(options.name.begin(), length, name.begin());
  name[length] = '\0';
  parent = &parent_of_it;
  has_had_children = false;
  priority = options.priority.value_or(parent_of_it.priority.load());
  priority_changes_ = 0;
  threads.begin(std::min(options.limits.threads, parent_of_it.threads.limit()));
  memory.begin(std::min(options.limits.memory, parent_of_it.memory.limit()));
  stacks = 0;
  ended_time = 0;
  exit = 0;
  main_thread = 0;
  parent_of_it.has_had_children = true;
  life.begin();
}

SchedulingParameters ProcessRecord::shifted(const SchedulingParameters& own) const {
  SchedulingParameters shifted = own;
  if (sched::has_nice(own.policy)) {
    shifted.nice = nice_at(own.nice, priority.load());
  }
  return shifted;
}

std::expected<void, Error> ProcessRecord::permit(const SchedulingParameters& own) const {
  if (needs_permission(own.policy) && !permissions.real_time) {
    return std::unexpected(RealTimePermissionDenied{static_cast<std::uint32_t>(own.policy)});
  }
  if (own.nice < 0 && !permissions.raise_priority) {
    return std::unexpected(PriorityPermissionDenied{.requested = own.nice, .strongest = 0});
  }
  return {};
}

std::expected<void, Error> ProcessRecord::permit_control(const ThreadGroup* other) const {
  const ProcessRecord& process = process_of(other);
  if (permissions.control_others || process.descends_from(*this)) {
    return {};
  }
  return std::unexpected(AccessDenied{process.is_first() ? kFirstProcess : process.id()});
}

std::expected<void, Error> ProcessRecord::permit_child(const ProcessOptions& options) const {
  if (options.user && *options.user != (user != nullptr ? user->id : kFirstUser) &&
      !permissions.control_others) {
    return std::unexpected(AccessDenied{id()});
  }
  const auto own = static_cast<int>(priority.load());
  const int wanted = static_cast<int>(options.priority.value_or(priority.load()));
  if (wanted < own && !permissions.raise_priority) {
    return std::unexpected(PriorityPermissionDenied{.requested = wanted, .strongest = own});
  }
  return permit(options.main_thread.scheduling);
}

// The chain ends at the first process. A record may become another process's while somebody looks
// at it: as long as the last step is still there, it has not, for who loses its parent gets the
// first process for one.
bool ProcessRecord::descends_from(const ProcessRecord& ancestor) const {
  const ProcessRecord* child = nullptr;
  const ProcessRecord* process = this;
  while (process != nullptr) {
    if (process == &ancestor) {
      return true;
    }
    const ProcessRecord* const next = process->parent.load();
    const bool is_still_there = child == nullptr || child->parent.load() == process;
    child = is_still_there ? process : nullptr;
    process = is_still_there ? next : this;
  }
  return false;
}

ProcessState ProcessRecord::state() const {
  switch (life.phase()) {
    case ProcessPhase::kStopped:
      return ProcessState::kStopped;
    case ProcessPhase::kEnding:
      return ProcessState::kEnding;
    case ProcessPhase::kTerminated:
    case ProcessPhase::kFree:
      return is_first() ? ProcessState::kRunning : ProcessState::kTerminated;
    case ProcessPhase::kRunning:
      break;
  }
  return ProcessState::kRunning;
}

bool ProcessRecord::take_memory(std::size_t bytes) {
  if (!user->memory.take(bytes)) {
    return false;
  }
  if (memory.take(bytes)) {
    return true;
  }
  user->memory.give(bytes);
  return false;
}

// What is freed here may be another process's: the user's is the sum of all, whoever frees it.
void ProcessRecord::give_memory(std::size_t bytes) {
  user->memory.give(memory.give_at_most(bytes));
}

std::expected<void, Error> ProcessRecord::take_quotas(std::size_t stack_bytes) {
  if (!threads.take(1)) {
    return std::unexpected(ProcessThreadLimitReached{id(), threads.limit()});
  }
  if (!user->threads.take(1)) {
    threads.give(1);
    return std::unexpected(UserThreadLimitReached{user->id, user->threads.limit()});
  }
  if (!take_memory(stack_bytes)) {
    user->threads.give(1);
    threads.give(1);
    return std::unexpected(
        MemoryLimitReached{.process = id(),
                           .requested = stack_bytes,
                           .limit = std::min(memory.limit(), user->memory.limit())});
  }
  return {};
}

void ProcessRecord::wait_once_while_stopped() {
  // Who lets the process go on from here on wakes the caller.
  const ProcessWaiter waiter(*this);
  if (life.phase() == ProcessPhase::kStopped) {
    park();
  }
}

// One of another process, which makes the first thread, does not.
void ProcessRecord::wait_while_stopped() {
  while (own_group() == this && life.phase() == ProcessPhase::kStopped) {
    wait_once_while_stopped();
  }
}

// The walk that stops a process has left it out if it had not been started then.
void ProcessRecord::enter() {
  order_membership();
  while (life.phase() == ProcessPhase::kStopped) {
    wait_once_while_stopped();
    end_if_told();
  }
}

std::expected<void, Error> ProcessRecord::admit(ThreadRecord& thread, std::int8_t own_nice) {
  const auto details = thread_table().details_of(thread);
  if (!details) {
    return std::unexpected(details.error());
  }
  wait_while_stopped();
  const std::size_t stack_bytes = thread.stack.size;
  if (const auto taken = take_quotas(stack_bytes); !taken) {
    return taken;
  }
  stacks += stack_bytes;
  thread.own_nice = own_nice;
  (*details)->group = this;
  if (own_group() != this) {
    main_thread = pack(thread.id());
  }
  if (life.phase() == ProcessPhase::kEnding) {
    leave(thread);
    return std::unexpected(InvalidProcessState{id(), ProcessState::kEnding});
  }
  return {};
}

void ProcessRecord::leave(ThreadRecord& thread) {
  // A stack that is not the pool's was there only after the thread was admitted.
  const std::size_t stack_bytes = thread.release_stack == nullptr ? thread.stack.size : 0;
  stacks -= stack_bytes;
  give_memory(stack_bytes);
  user->threads.give(1);
  const Duration::rep time = thread.cpu_time.count();
  ended_time += time;
  ended_time_of_others += time;
  thread.find_details()->group = nullptr;
  if (threads.give(1) == 0) {
    end();
  }
}

std::expected<void, Error> ProcessRecord::reschedule(ThreadRecord& thread, ThreadId id_of_it,
                                                     const SchedulingParameters& own) {
  const ControlTurn turn;
  if (!thread.life.is(id_of_it.generation)) {
    return std::unexpected(ThreadNotFound{id_of_it});
  }
  const auto changed = change_scheduling(id_of_it, shifted(own));
  if (changed) {
    thread.own_nice = own.nice;
  }
  return changed;
}

void ProcessRecord::reschedule_member(const ThreadRecord& thread, ThreadId id_of_it) {
  auto parameters = scheduling(id_of_it);
  if (parameters && sched::has_nice(parameters->policy)) {
    parameters->nice = thread.own_nice.load();
    static_cast<void>(change_scheduling(id_of_it, shifted(*parameters)));
  }
}

// Walks that look for members have left it out until now.
void ProcessRecord::settle(ThreadRecord& thread, ThreadId id_of_it, std::uint32_t changes_before) {
  if (priority_changes_.load() != changes_before) {
    const ControlTurn turn;
    reschedule_member(thread, id_of_it);
  }
  order_membership();
  if (life.phase() == ProcessPhase::kEnding) {
    static_cast<void>(terminate_anyhow(id_of_it));
  }
}

// No thread is left, so nobody makes children any more.
void ProcessRecord::end() {
  if (has_had_children.load()) {
    let_go_of_children();
  }
  // What it has not freed is nobody's from here on, or the user's other processes would be refused.
  user->memory.give(memory.used());
  // Before the record can be another's.
  ProcessRecord& told = *parent.load();
  const auto ended = life.happen(life.generation(), ProcessEvent::kLastThreadLeft);
  if (ended.is_free) {
    free_process(*this);
  }
  told.tell_waiters();
}

// They are the first process's, which does not know them.
void ProcessRecord::let_go_of_children() {
  for (ProcessRecord& child : RecordsOfOthers()) {
    const std::uint32_t generation = child.life.generation();
    // In one step: if the record has become another process's, its parent is another one, too.
    ProcessRecord* parent_of_it = this;
    if (!child.life.is(generation) ||
        !child.parent.compare_exchange_strong(parent_of_it, &first_process())) {
      continue;
    }
    if (child.life.detach(generation).is_free) {
      free_process(child);
    }
  }
}

// Who comes meanwhile has not missed anything.
void ProcessRecord::tell_waiters() {
  std::uint64_t end = ~std::uint64_t{0};
  for (;;) {
    ThreadRecord* told = nullptr;
    {
      const std::lock_guard guard(waiters_lock_);
      end = std::min(end, next_waiter_);
      if (waiters_.empty() || waiters_.front()->number_ >= end) {
        return;
      }
      told = &waiters_.pop_front()->thread_;
    }
    wake(*told);
  }
}

}  // namespace tb::detail
