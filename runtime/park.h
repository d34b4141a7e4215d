// Blocking and waking, from which everything that waits is built.
#pragma once

#include "base/time.h"
#include "runtime/thread_record.h"

namespace tb {

enum class ParkEnd { kWoken, kTimedOut };

// Blocks the calling thread until somebody wakes it or the time has come; returns at once if there
// was a wake since its last park. May also return for no reason: callers check what they wait for
// and park again. Preemption is on.
ParkEnd park_until(Time deadline);
void park();

// Ends the thread's park, or its next one. From any context. A stale record is harmless: the thread
// that has it now sees a park end for no reason.
void wake(ThreadRecord& thread, sched::WakeKind kind = sched::WakeKind::kOrdinary);

}  // namespace tb
