// What can go wrong at run time, each kind with its data. Mistakes of the programmer are assertions
// instead (base/assert.h).
#pragma once

#include <array>
#include <cstddef>
#include <variant>

#include "base/format.h"
#include "base/time.h"
#include "runtime/process_id.h"
#include "runtime/thread_id.h"

namespace tb {

struct OutOfMemory {
  std::size_t requested;  // bytes
  std::size_t available;  // bytes, at that moment
  bool operator==(const OutOfMemory&) const = default;
};

struct InvalidStackSize {
  std::size_t requested;  // bytes
  std::size_t minimum;
  std::size_t maximum;
  bool operator==(const InvalidStackSize&) const = default;
};

struct ThreadLimitReached {
  std::size_t limit;
  bool operator==(const ThreadLimitReached&) const = default;
};

struct InvalidCpu {
  std::uint32_t requested;
  std::uint32_t cpus;
  bool operator==(const InvalidCpu&) const = default;
};

// Without any CPU nothing can run.
struct InvalidCpuSet {
  std::uint32_t cpus;  // that there are
  bool operator==(const InvalidCpuSet&) const = default;
};

// The machine was started so that every thread may run on every CPU.
struct AffinityIsOff {
  bool operator==(const AffinityIsOff&) const = default;
};

// A thread cannot start on a CPU that it may not run on.
struct CpuNotInAffinity {
  std::uint32_t requested;
  bool operator==(const CpuNotInAffinity&) const = default;
};

// Never existed, or has ended and been joined or detached.
struct ThreadNotFound {
  ThreadId id;
  bool operator==(const ThreadNotFound&) const = default;
};

// Somebody joins it already, or it is detached.
struct NotJoinable {
  ThreadId id;
  bool operator==(const NotJoinable&) const = default;
};

// A thread that joins itself would wait for ever.
struct JoinsItself {
  ThreadId id;
  bool operator==(const JoinsItself&) const = default;
};

// The calling thread, the first one and those that the C library has made cannot be ended by force.
struct NotTerminable {
  ThreadId id;
  bool operator==(const NotTerminable&) const = default;
};

// What was waited for has not come in time.
struct TimedOut {
  bool operator==(const TimedOut&) const = default;
};

// A stop was requested before what was waited for has come.
struct StopRequested {
  bool operator==(const StopRequested&) const = default;
};

// Each of some threads waits for a mutex that the next one has, and the last one for one of the
// first's, which has asked.
struct DeadlockDetected {
  std::size_t length;             // how many threads
  std::array<ThreadId, 4> first;  // so many of them at most
  bool operator==(const DeadlockDetected&) const = default;
};

// Real-time policies have priorities from `minimum` to `maximum`, the others none: zero.
struct InvalidPriority {
  std::uint32_t requested;
  std::uint32_t minimum;
  std::uint32_t maximum;
  bool operator==(const InvalidPriority&) const = default;
};

struct InvalidNice {
  int requested;
  int minimum;
  int maximum;
  bool operator==(const InvalidNice&) const = default;
};

// 0 < runtime <= deadline <= period it has to be.
struct InvalidTask {
  Duration runtime;
  Duration deadline;
  Duration period;
  bool operator==(const InvalidTask&) const = default;
};

// No CPU where it may run can serve one more Deadline thread such as this.
struct NotAdmitted {
  std::uint32_t cpu;   // the one with the most free time
  std::uint32_t free;  // of its time, in millionths
  bool is_known;       // else to find out would have taken too long
  bool operator==(const NotAdmitted&) const = default;
};

struct PolicyNotSupported {
  std::uint32_t requested;  // by its number
  bool operator==(const PolicyNotSupported&) const = default;
};

// Never existed, or has terminated and somebody has waited for it.
struct ProcessNotFound {
  ProcessId id;
  bool operator==(const ProcessNotFound&) const = default;
};

// Only its parent waits for a process's end.
struct NotAChild {
  ProcessId id;
  bool operator==(const NotAChild&) const = default;
};

// The caller's process has no child whose end it could wait for.
struct NoChildren {
  bool operator==(const NoChildren&) const = default;
};

// What was asked for is not possible while it is in that state.
struct InvalidProcessState {
  ProcessId id;
  ProcessState state;
  bool operator==(const InvalidProcessState&) const = default;
};

// Of the machine.
struct ProcessLimitReached {
  std::size_t limit;
  bool operator==(const ProcessLimitReached&) const = default;
};

struct ProcessThreadLimitReached {
  ProcessId process;
  std::size_t limit;
  bool operator==(const ProcessThreadLimitReached&) const = default;
};

struct UserThreadLimitReached {
  UserId user;
  std::size_t limit;
  bool operator==(const UserThreadLimitReached&) const = default;
};

struct UserProcessLimitReached {
  UserId user;
  std::size_t limit;
  bool operator==(const UserProcessLimitReached&) const = default;
};

// Of the stacks and the heap of a process, or of all processes of its user.
struct MemoryLimitReached {
  ProcessId process;
  std::size_t requested;  // bytes
  std::size_t limit;      // bytes
  bool operator==(const MemoryLimitReached&) const = default;
};

// The caller's process may control only itself and its descendants.
struct AccessDenied {
  ProcessId process;
  bool operator==(const AccessDenied&) const = default;
};

struct PriorityPermissionDenied {
  int requested;  // a nice value, or that of a process's priority
  int strongest;  // that the caller's process may give
  bool operator==(const PriorityPermissionDenied&) const = default;
};

struct RealTimePermissionDenied {
  std::uint32_t policy;  // by its number
  bool operator==(const RealTimePermissionDenied&) const = default;
};

using Error =
    std::variant<OutOfMemory, InvalidStackSize, ThreadLimitReached, InvalidCpu, InvalidCpuSet,
                 CpuNotInAffinity, ThreadNotFound, NotJoinable, JoinsItself, InvalidPriority,
                 InvalidNice, InvalidTask, NotAdmitted, PolicyNotSupported, AffinityIsOff, TimedOut,
                 StopRequested, DeadlockDetected, NotTerminable, ProcessNotFound, NotAChild,
                 NoChildren, InvalidProcessState, ProcessLimitReached, ProcessThreadLimitReached,
                 UserThreadLimitReached, UserProcessLimitReached, MemoryLimitReached, AccessDenied,
                 PriorityPermissionDenied, RealTimePermissionDenied>;

// One sentence about it, for people.
void append_text(TextSink sink, const Error& error);

}  // namespace tb
