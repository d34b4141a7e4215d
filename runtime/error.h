// What can go wrong at run time, each kind with its data. Mistakes of the programmer are assertions
// instead (base/assert.h).
#pragma once

#include <cstddef>
#include <variant>

#include "base/format.h"
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

using Error =
    std::variant<OutOfMemory, InvalidStackSize, ThreadLimitReached, InvalidCpu, InvalidCpuSet,
                 CpuNotInAffinity, ThreadNotFound, NotJoinable, JoinsItself>;

// One sentence about it, for people.
void append_text(TextSink sink, const Error& error);

}  // namespace tb
