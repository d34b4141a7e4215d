// Which CPU serves a Deadline thread. All CPUs' promises are kept in one place, and change one at a
// time; a thread is a Deadline thread only while its CPU has promised to serve it.
#pragma once

#include <expected>
#include <optional>

#include "base/cpu_set.h"
#include "runtime/error.h"
#include "runtime/scheduling.h"
#include "runtime/thread_record.h"

namespace tb {

// Has the first CPU that can serve a thread so and that it may run on - of `affinity`, or if there
// is none where it may run already - promise to do so, and makes it a Deadline thread there. What
// it had before is given back. Blocks. Errors: NotAdmitted, ThreadNotFound, OutOfMemory.
std::expected<void, Error> admit(ThreadId id, const SchedulingParameters& parameters,
                                 const std::optional<CpuSet>& affinity);

// A Deadline thread may be admitted on these CPUs only; if its own is not among them, one of them
// has to admit it. Blocks. Errors: as admit().
std::expected<void, Error> admit_elsewhere(ThreadId id, const CpuSet& affinity);

// Makes a Deadline thread one of another policy. Blocks. Errors: ThreadNotFound.
std::expected<void, Error> dismiss(ThreadId id, const SchedulingParameters& parameters);

// The same as admit() for a new thread, which nobody knows yet; it has its details. Returns the CPU
// on which it has to start.
std::expected<CpuId, Error> admit_new(ThreadRecord& record, const SchedulingParameters& parameters,
                                      const CpuSet& affinity);

}  // namespace tb
