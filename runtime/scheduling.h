// How a thread shares the CPUs with others: its policy, with the priority or the nice value that
// goes with it. docs/policies.md says what each does.
//
//   tb::set_scheduling(thread.id(), {.policy = tb::SchedulingPolicy::kFifo,
//                                    .priority = tb::Priority{50}});
#pragma once

#include <expected>

#include "runtime/error.h"
#include "runtime/thread_id.h"
#include "sched/scheduling.h"

namespace tb {

using Priority = sched::Priority;
using SchedulingPolicy = sched::PolicyKind;
using SchedulingParameters = sched::SchedulingParameters;

// Names for five of the nice values, as in set_scheduling(id, tb::normal_at(PriorityLevel::kHigh)).
using PriorityLevel = sched::PriorityLevel;
using sched::normal_at;

// Of a Deadline thread: so much time in each period, before a deadline.
using PeriodicTask = sched::PeriodicTask;

// What a Deadline thread's handler is told; see SchedulingParameters::on_miss.
struct DeadlineMiss {
  ThreadId thread;
  Time deadline;  // of the job that is late
  Time seen;      // when it ended, or the next period began
};

// Whether a thread can be scheduled so, but for whether a CPU has room for a Deadline thread.
// Errors: InvalidPriority, InvalidNice, InvalidTask, PolicyNotSupported.
std::expected<void, Error> check_scheduling(const SchedulingParameters& parameters);

// From when this returns on, the thread is scheduled so, whatever it is doing; who is more urgent
// then runs. A Deadline thread stays on the first CPU that has room for it, and what it is promised
// there is kept for it until it ends or is changed. Blocks until the thread's CPU has seen to it.
// A process's priority (runtime/process/process.h) is added to the nice value. Errors: as
// check_scheduling(), ThreadNotFound, for Deadline NotAdmitted and OutOfMemory, and in a process
// AccessDenied, PriorityPermissionDenied, RealTimePermissionDenied.
std::expected<void, Error> set_scheduling(ThreadId id, const SchedulingParameters& parameters);

// How the thread is scheduled. Blocks as set_scheduling(). Errors: ThreadNotFound.
std::expected<SchedulingParameters, Error> scheduling(ThreadId id);

// How the calling thread is. Does not block.
SchedulingParameters own_scheduling();

}  // namespace tb
