// Having a process stand still, go on, end, or count for more or less than others.
#pragma once

#include <expected>

#include "runtime/error.h"
#include "runtime/process/process_options.h"
#include "runtime/process_id.h"
#include "runtime/scheduling.h"

namespace tb {

// All of these: for the caller's process and its descendants, or by a process with the permission
// control_others; for no first process. Each blocks; from threads only. Errors: ProcessNotFound,
// AccessDenied, InvalidProcessState.

// When this returns all threads of the process stand still, as by suspend(ThreadId), until
// somebody calls resume(). What they would make waits with them. The caller's own process stands
// still with the caller's call.
std::expected<void, Error> stop(ProcessId id);

// Lets all threads of the process go on, those that were suspended one by one included.
std::expected<void, Error> resume(ProcessId id);

// Tells all threads of the process and of all its descendants to end, as by terminate(ThreadId);
// nothing joins these processes from here on. They are terminated when the last thread has ended.
// Does not return if the caller is one of them.
std::expected<void, Error> terminate(ProcessId id);

// The nice values of its threads are their own plus the priority's from here on: 19 for kIdle, 10
// for kLow, -10 for kHigh, -20 for kCritical, which is for what the system needs; within -20 to 19.
// Errors: also PriorityPermissionDenied.
std::expected<void, Error> set_priority(ProcessId id, PriorityLevel priority);

// For all processes of that user together, from here on; what is above a limit stays. Does not
// block. Errors: AccessDenied for those who may not control others, OutOfMemory.
std::expected<void, Error> set_user_limits(UserId user, const UserLimits& limits);

namespace detail {

class ProcessRecord;

// All but the caller.
void tell_members_to_end(ProcessRecord& process);

[[noreturn]] void end_caller();

}  // namespace detail

}  // namespace tb
