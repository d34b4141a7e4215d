// The last things about a thread, done by the CPU that has left its stack.
#pragma once

#include "runtime/thread_record.h"

namespace tb {

// Gives the thread's stack back and tells its joiner. Preemption is off; nobody stands on the
// stack.
void finish_thread(ThreadRecord& thread);

}  // namespace tb
