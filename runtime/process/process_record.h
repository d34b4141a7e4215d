// All that is kept for one process. Records are never given back to the machine, only to the next
// process, so a stale pointer or id finds a record, though maybe another process's.
//
// The protocol between those who come and those who end a process: a newcomer is a member first,
// and then looks at the phase; who ends a process changes the phase first, and then looks for
// members. One sees the other. As long as a process has threads it is running, stopped or ending;
// the last one that leaves ends it, and nobody can come any more, for only members make members.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string_view>

#include "base/atomic.h"
#include "base/intrusive_list.h"
#include "base/time.h"
#include "runtime/process/process_life.h"
#include "runtime/process/process_options.h"
#include "runtime/process/quota.h"
#include "runtime/spin_lock.h"
#include "runtime/thread_group.h"
#include "runtime/thread_record.h"

namespace tb::detail {

constexpr std::uint64_t pack(ThreadId id) { return std::uint64_t{id.generation} << 32 | id.index; }
constexpr ThreadId unpack(std::uint64_t id) {
  return {static_cast<std::uint32_t>(id), static_cast<std::uint32_t>(id >> 32)};
}

// One user, made when it is first named, and kept for ever.
struct User {
  UserId id{};  // constant once others know it, as the next

  User* next = nullptr;
  Quota<> processes;
  Quota<> threads;
  Quota<> memory;
};

class ProcessRecord;

// A thread that waits for the end of a child of a process, or until that goes on; lies on its
// stack. It is told of each of these, and looks whether it was the one it waits for.
class ProcessWaiter {
 public:
  explicit ProcessWaiter(ProcessRecord& process);
  ProcessWaiter(const ProcessWaiter&) = delete;
  ProcessWaiter& operator=(const ProcessWaiter&) = delete;
  ~ProcessWaiter();

 private:
  friend class ProcessRecord;
  ProcessRecord& process_;
  ThreadRecord& thread_;
  ListHook<ProcessWaiter> hook_;  // guarded by the process's lock
  std::uint64_t number_ = 0;      // of those who have waited there; constant
};

class ProcessRecord final : public ThreadGroup {
 public:
  // A new process begins to live; nobody knows it before.
  void begin(ProcessRecord& parent, User& user, const ProcessOptions& options);

  ProcessId id() const override { return {index, life.generation()}; }
  SchedulingParameters shifted(const SchedulingParameters& own) const override;
  std::expected<void, Error> permit(const SchedulingParameters& own) const override;
  std::expected<void, Error> permit_control(const ThreadGroup* other) const override;
  std::expected<void, Error> admit(ThreadRecord& thread, std::int8_t own_nice) override;
  void enter() override;
  void leave(ThreadRecord& thread) override;
  std::expected<void, Error> reschedule(ThreadRecord& thread, ThreadId id,
                                        const SchedulingParameters& own) override;

  // After a change of the priority, in the caller's turn: the thread has its own nice value and the
  // new share.
  void reschedule_member(const ThreadRecord& thread, ThreadId id);

  std::uint32_t priority_changes() const override { return priority_changes_.load(); }
  void set_priority(PriorityLevel level) {
    priority = level;
    ++priority_changes_;  // last: who has seen it finds the level
  }

  void settle(ThreadRecord& thread, ThreadId id, std::uint32_t changes_before) override;

  // Whether the permissions, limits and the parent's priority allow a child such as this. Errors:
  // AccessDenied, PriorityPermissionDenied.
  std::expected<void, Error> permit_child(const ProcessOptions& options) const;

  // Memory on its behalf; false if a limit is reached.
  bool take_memory(std::size_t bytes);
  void give_memory(std::size_t bytes);

  bool is_first() const { return index == kFirstProcess.index; }

  // Whether it descends from that one; of itself it does.
  bool descends_from(const ProcessRecord& ancestor) const;

  ProcessState state() const;

  // The caller stands still as long as the process is stopped, if it is one of its threads.
  void wait_while_stopped();

  // All of them look again. Does not block. Nobody is called while their lock is held: a thread may
  // end in the midst of whatever its CPU's runtime does, and comes here.
  void tell_waiters();

  ProcessLife<> life;       // shared
  std::uint32_t index = 0;  // constant after the record was made

  // Constant while it lives.
  User* user = nullptr;
  Permissions permissions{};
  std::array<char, kMaxThreadName + 1> name{};

  // Shared: the first process when the parent has gone.
  Atomic<ProcessRecord*> parent{nullptr};
  Atomic<bool> has_had_children{false};

  Atomic<PriorityLevel> priority{PriorityLevel::kNormal};  // shared
  Quota<> threads;
  Quota<> memory;                        // stacks and heap; shared, as all below
  Atomic<std::size_t> stacks{0};         // bytes; of these, the threads' stacks
  Atomic<Duration::rep> ended_time{0};   // CPU time of threads that have ended
  Atomic<std::uint64_t> exit{0};         // see process_exit.h
  Atomic<std::uint64_t> main_thread{0};  // its id, packed
  Atomic<std::uint32_t> free_link{0};    // while the record is free

 private:
  friend class ProcessWaiter;

  Atomic<std::uint32_t> priority_changes_{0};  // shared: how often the priority was changed

  std::expected<void, Error> take_quotas(std::size_t stack_bytes);
  void end();
  void let_go_of_children();

  // Until somebody lets the process go on, if it is stopped; may return for no reason.
  void wait_once_while_stopped();

  SpinLock waiters_lock_;
  IntrusiveList<ProcessWaiter, &ProcessWaiter::hook_> waiters_;  // guarded by the lock, as the next
  std::uint64_t next_waiter_ = 0;
};

}  // namespace tb::detail
