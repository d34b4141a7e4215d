// What processes there are, and what each has and uses: for tools.
//
//   for (const tb::ProcessInfo& process : tb::processes()) {
//     tb::println("{} {} {}", process.id, process.name.view(), process.threads);
//   }
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <iterator>
#include <optional>

#include "base/time.h"
#include "runtime/control/thread_info.h"
#include "runtime/error.h"
#include "runtime/process/process_options.h"
#include "runtime/process_id.h"
#include "runtime/thread_id.h"

namespace tb {

// Bytes.
struct ProcessMemory {
  std::size_t stack = 0;  // of its threads, whether touched or not
  std::size_t heap = 0;   // what its threads have allocated more than freed; of the first, zero
  std::size_t code = 0;   // of the image, which all processes share
  std::size_t data = 0;   // likewise: its variables and constants

  std::size_t shared() const { return code + data; }
  std::size_t total() const { return stack + heap + shared(); }
};

struct ProcessInfo {
  ProcessId id;
  ProcessId parent;  // of the first process, itself
  ThreadName name{};
  UserId user{};
  Permissions permissions{};
  PriorityLevel priority{};
  ProcessState state{};
  bool is_detached = false;  // nobody waits for its end; so it is with those whose parent has gone
  std::uint32_t threads = 0;
  std::uint32_t children = 0;  // those that wait to be waited for included
  ThreadId main_thread{};      // may have ended before others
  Duration cpu_time{};         // of all its threads, those that have ended included
  ProcessMemory memory{};
  ProcessLimits limits{};
};

// As of the time between the call and its return. Blocks; from threads only, as all below. Errors:
// ProcessNotFound.
std::expected<ProcessInfo, Error> info(ProcessId id);

namespace detail {

// The first process whose number is that or higher.
std::optional<ProcessInfo> first_process_from(std::uint32_t index);

}  // namespace detail

// All processes, by their numbers, each as of the time when it is come to; as threads().
class ProcessList {
 public:
  class Iterator {
   public:
    using value_type = ProcessInfo;
    using difference_type = std::ptrdiff_t;

    Iterator() : process_(detail::first_process_from(0)) {}
    const ProcessInfo& operator*() const { return *process_; }
    const ProcessInfo* operator->() const { return &*process_; }
    Iterator& operator++() {
      process_ = detail::first_process_from(process_->id.index + 1);
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return !process_; }

   private:
    std::optional<ProcessInfo> process_;
  };

  Iterator begin() const { return {}; }
  std::default_sentinel_t end() const { return std::default_sentinel; }
};

// A range to go through once.
inline ProcessList processes() { return {}; }

}  // namespace tb
