// Which CPUs a thread may run on.
#pragma once

#include "base/cpu_set.h"
#include "runtime/thread_record.h"

namespace tb {

// The CPUs that a thread may run on; old news when it returns.
CpuSet affinity_of(const ThreadRecord& thread);

// For a thread that nobody else knows yet.
void inherit_affinity(ThreadRecord& thread, const ThreadRecord& parent);

// Where a new thread begins: `turn` says which one of those it may run on.
CpuId choose_cpu(const ThreadRecord& thread, std::uint32_t turn);

// From when this returns on, the thread does not run on any other CPU, until the next call for the
// same thread. Some CPU of the set exists. Blocks until the thread's CPU has let go of it; ends a
// park of the thread. From threads, preemption on.
void set_affinity(ThreadRecord& thread, const CpuSet& allowed);

}  // namespace tb
