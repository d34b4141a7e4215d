// Ending a thread that does not end by itself. Ask it first, by a stop token
// (runtime/sync/stoppable_thread.h): this is for those that do not listen.
#pragma once

#include <expected>

#include "runtime/error.h"
#include "runtime/thread_id.h"

namespace tb {

// Has the thread end where the application itself waits or says so: in this_thread::park(),
// sleep_for(), sleep_until() and yield(), while it waits in a join, and in end_point(); in nothing
// else. A suspended one goes on for it. What is on its stack is dropped, so no destructor runs:
// what it has locked stays so, unless it says otherwise by NoTermination. Its exit handlers are
// called, its thread_local variables destroyed, its stack, record and admission given back; a join
// finds its end as any other. Returns when the thread has been told, maybe before it ends. Blocks;
// from threads only. Errors: ThreadNotFound, also for one that has ended; NotTerminable,
// AccessDenied.
std::expected<void, Error> terminate(ThreadId id);

namespace detail {

// The same, whoever calls; one that cannot be ended by force goes on all the same, if it was
// suspended. Not of the caller. Errors: as terminate().
std::expected<void, Error> terminate_anyhow(ThreadId id);

}  // namespace detail

// For a scope: its thread is not ended by force. Whoever waits while it has locked something, or
// has anything else on its stack that must not be dropped, has one.
class [[nodiscard]] NoTermination {
 public:
  NoTermination();
  ~NoTermination();
  NoTermination(const NoTermination&) = delete;
  NoTermination& operator=(const NoTermination&) = delete;

 private:
  bool was_off_;
};

namespace this_thread {

// If somebody has told the caller to end, it ends here: for those that compute.
void end_point();

}  // namespace this_thread

}  // namespace tb
