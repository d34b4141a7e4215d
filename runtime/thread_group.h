// What the core asks of a process (runtime/process/) when it deals with one of its threads. Threads
// of the first process have no group, and pay nothing for those that have.
#pragma once

#include <cstdint>
#include <expected>

#include "runtime/dispatch.h"
#include "runtime/error.h"
#include "runtime/process_id.h"
#include "runtime/scheduling.h"
#include "runtime/thread_id.h"
#include "runtime/thread_record.h"

namespace tb {

class ThreadGroup {
 public:
  virtual ProcessId id() const = 0;

  // What a thread of the group is to be scheduled by, if these parameters are its own.
  virtual SchedulingParameters shifted(const SchedulingParameters& own) const = 0;

  // Whether a thread of this group may give these to any. Errors: PriorityPermissionDenied,
  // RealTimePermissionDenied.
  virtual std::expected<void, Error> permit(const SchedulingParameters& own) const = 0;

  // Whether a thread of this group may control one of that; null is the first process. Errors:
  // AccessDenied.
  virtual std::expected<void, Error> permit_control(const ThreadGroup* other) const = 0;

  // The thread, which nobody has started yet, is one of the group from here on. By the thread that
  // makes it, preemption on; one of a stopped group waits here. Errors:
  // ProcessThreadLimitReached, UserThreadLimitReached, MemoryLimitReached, InvalidProcessState,
  // OutOfMemory; nothing is left behind then.
  virtual std::expected<void, Error> admit(ThreadRecord& thread, std::int8_t own_nice) = 0;

  // The first thing that a new thread of the group does: it stands still as long as the group is
  // stopped. Preemption is on.
  virtual void enter() = 0;

  // One that was admitted has ended, or has not been started after all. Does not block; its stack
  // is still its own, and nobody stands on it.
  virtual void leave(ThreadRecord& thread) = 0;

  // How often what shifted() depends on has been changed.
  virtual std::uint32_t priority_changes() const = 0;

  // The thread has been started: if what it is scheduled by has been changed since it was admitted,
  // before which there were so many changes, it is scheduled by that. Blocks then.
  virtual void settle(ThreadRecord& thread, ThreadId id, std::uint32_t changes_before) = 0;

  // As set_scheduling() of a thread of the group, by whoever may.
  virtual std::expected<void, Error> reschedule(ThreadRecord& thread, ThreadId id,
                                                const SchedulingParameters& own) = 0;

 protected:
  constexpr ThreadGroup() = default;
  ThreadGroup(const ThreadGroup&) = delete;
  ThreadGroup& operator=(const ThreadGroup&) = delete;
  ~ThreadGroup() = default;
};

// Of the thread that has the record, or that had it last; null is the first process.
inline ThreadGroup* group_of(const ThreadRecord& thread) {
  const ThreadDetails* const details = thread.find_details();
  return details != nullptr ? details->group.load() : nullptr;
}

inline ThreadGroup* own_group() { return group_of(current_thread()); }

// Whether the calling thread may control that one. Errors: AccessDenied.
std::expected<void, Error> check_control(ThreadId id);

// Has the thread scheduled so, whatever its group says. As set_scheduling().
std::expected<void, Error> change_scheduling(ThreadId id, const SchedulingParameters& parameters);

}  // namespace tb
