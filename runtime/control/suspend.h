// Having a thread stand still for a while, and go on.
//
//   tb::suspend(worker.id());
//   ... what it has left may be looked at ...
//   tb::resume(worker.id());
#pragma once

#include <expected>

#include "runtime/error.h"
#include "runtime/thread_id.h"

namespace tb {

// When this returns the thread stands still, whatever it was doing, until somebody calls resume();
// to suspend one that does is nothing. It keeps what it has, locks too. What wakes it meanwhile is
// noted. The caller may suspend itself. Blocks; from threads only. Errors: ThreadNotFound, also for
// a thread that has ended; AccessDenied.
std::expected<void, Error> suspend(ThreadId id);

// Lets the thread go on, however often it was suspended; if it was blocked, it looks whether what
// it waits for has come. For one that is not suspended nothing happens. Blocks; from threads only.
// Errors: as suspend().
std::expected<void, Error> resume(ThreadId id);

namespace detail {

// The same, whoever calls.
std::expected<void, Error> suspend_anyhow(ThreadId id);
std::expected<void, Error> resume_anyhow(ThreadId id);

}  // namespace detail

}  // namespace tb
