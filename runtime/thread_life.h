// The beginning and the end of a thread in steps, for those who put threads together themselves:
// tb::spawn(), and the C library's way of making one.
#pragma once

#include <expected>
#include <optional>
#include <string_view>

#include "base/cpu_id.h"
#include "runtime/error.h"
#include "runtime/scheduling.h"
#include "runtime/thread_record.h"

namespace tb {

// A record for a new thread that is scheduled so, with its details, without stack and context. Does
// not block. Errors: ThreadLimitReached, OutOfMemory.
std::expected<ThreadRecord*, Error> allocate_thread(const SchedulingParameters& scheduling);

// Gives back a record whose thread has ended and concerns nobody any more, or never began. Does not
// block.
void free_record(ThreadRecord& record);

// Copied; cut after kMaxThreadName characters. By the thread, by its home with preemption off, or
// by whoever prepares it. Errors: OutOfMemory.
std::expected<void, Error> set_name(ThreadRecord& record, std::string_view name);

// Makes the thread ready on that CPU; else on an idle one, or on this if none is. Its stack, its
// context and, if the stack is not the pool's, what is to be called when nobody stands on it any
// more are set. Does not block.
void start_thread(ThreadRecord& record, std::optional<CpuId> cpu);

// The first thing a new thread calls.
void begin_thread();

// What a thread of tb::spawn() does with its closure; null of others. By the thread's home with
// preemption off, while it lives.
using Entry = void (*)(void* closure);
Entry entry_of(const ThreadRecord& thread);

// Calls what the calling thread wants called before its end, the last registered first; from here
// on nobody ends it by force. Preemption is on.
void run_exit_handlers();

// Whether the calling thread was told to end, by force, and has no reason to stay but the caller's.
bool must_end(std::uint32_t reasons_of_the_caller = 0);

// If so it ends here: what is on its stack is dropped. Preemption is on.
void end_if_told();

// Ends the calling thread; its stack is released once it is left. Preemption is on.
[[noreturn]] void end_current_thread();

// The same for one that was begun by run_thread() and drops all that is on its stack: what its
// language wants is done before.
[[noreturn]] void end_without_return();

// Gives the thread's stack back and tells its joiner. Preemption is off; nobody stands on the
// stack.
void finish_thread(ThreadRecord& thread);

}  // namespace tb
