// Which CPUs a thread may run on.
#pragma once

#include <expected>

#include "base/cpu_set.h"
#include "runtime/error.h"
#include "runtime/thread_record.h"

namespace tb {

// Whether a thread can run on these CPUs only: there is one, and all of them exist, unless it is
// everywhere(). Errors: InvalidCpuSet, InvalidCpu, AffinityIsOff.
std::expected<void, Error> check_affinity(const CpuSet& cpus);

// For a thread that nobody else knows yet. Some CPU of the set exists.
void restrict_to(ThreadRecord& thread, const CpuSet& cpus);

// The CPUs that the calling thread may run on.
CpuSet own_affinity();

}  // namespace tb
