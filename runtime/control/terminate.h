// Ending a thread that does not end by itself. Ask it first, by a stop token
// (runtime/sync/stoppable_thread.h): this is for those that do not listen.
#pragma once

#include <expected>

#include "runtime/error.h"
#include "runtime/no_termination.h"
#include "runtime/thread_id.h"

namespace tb {

// Has the thread end where the application itself waits, computes or says so, as soon as it has no
// mutex and no NoTermination: in this_thread::park(), sleep_for(), sleep_until() and yield(), where
// it waits for a synchronisation object (runtime/sync/) or in a join, in end_point(); and wherever
// an interrupt finds it with nothing on its stack but functions of the application's sources, but
// for images with the C library and sanitized programs. A wait that listens to a stop token ends as
// if a stop was requested. A suspended thread goes on for it. What is on its stack is dropped, so
// no destructor runs. Its exit handlers are called, its thread_local variables destroyed, its
// stack, record and admission given back; a join finds its end as any other. Returns when the
// thread has been told, maybe before it ends. Blocks; from threads only. Errors: ThreadNotFound,
// also for one that has ended; NotTerminable, AccessDenied.
std::expected<void, Error> terminate(ThreadId id);

namespace detail {

// The same, whoever calls; one that cannot be ended by force goes on all the same, if it was
// suspended. Not of the caller. Errors: as terminate().
std::expected<void, Error> terminate_anyhow(ThreadId id);

}  // namespace detail

namespace this_thread {

// If somebody has told the caller to end, it ends here: for those that compute.
void end_point();

}  // namespace this_thread

}  // namespace tb
