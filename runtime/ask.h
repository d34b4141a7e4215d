// Asking the CPU that has a thread to look at it or to change it, see sched/request.h.
#pragma once

#include <expected>

#include "runtime/error.h"
#include "runtime/thread_id.h"
#include "sched/request.h"

namespace tb {

// Hangs the request, of which the kind and what is asked are set, on that thread; returns when it
// is answered. Blocks. Errors: ThreadNotFound.
std::expected<void, Error> ask(ThreadId id, sched::Request& request);

}  // namespace tb
