// What threads there are, and what each is doing: for tools.
//
//   for (const tb::ThreadInfo& thread : tb::threads()) {
//     tb::println("{} {}", thread.name.view(), thread.statistics.cpu_time.count());
//   }
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <iterator>
#include <optional>
#include <string_view>

#include "base/cpu_id.h"
#include "base/cpu_set.h"
#include "runtime/error.h"
#include "runtime/process_id.h"
#include "runtime/scheduling.h"
#include "runtime/thread.h"
#include "runtime/thread_id.h"
#include "sched/thread_state.h"

namespace tb {

// See sched/thread_state.h for what each means; one of a thread that runs nowhere may be old news
// when it is read.
using ThreadState = sched::ThreadState;
using sched::name_of;

// A copy: the thread may take another name meanwhile.
class ThreadName {
 public:
  static constexpr std::size_t kMaxLength = 31;  // characters; what is longer is cut

  constexpr ThreadName() = default;
  constexpr explicit ThreadName(std::string_view text)
      : length_(text.copy(text_.data(), kMaxLength)) {}

  constexpr std::string_view view() const { return {text_.data(), length_}; }
  constexpr bool operator==(const ThreadName&) const = default;
  constexpr bool operator==(std::string_view text) const { return view() == text; }

 private:
  std::array<char, kMaxLength> text_{};
  std::size_t length_ = 0;
};

// Of a thread that has ended and waits to be joined, only the id and the state.
struct ThreadInfo {
  ThreadId id;
  ProcessId process = kFirstProcess;
  ThreadName name{};  // empty if it has none
  ThreadState state{};
  CpuId cpu = kNoCpu;  // where it runs, or has run last

  // The function that it has begun with, which calls what tb::spawn() was given; null of a thread
  // that the C library has made, and of main() in an image that has one.
  void (*entry)(void* closure) = nullptr;

  std::size_t stack_size = 0;  // bytes, of those that can be used
  bool is_detached = false;    // nobody will join it
  CpuSet affinity{};           // where it may run
  SchedulingParameters scheduling{};
  ThreadStatistics statistics{};
};

// As of one moment between the call and its return. Blocks until the thread's CPU has answered;
// from threads only, as all below. Errors: ThreadNotFound.
std::expected<ThreadInfo, Error> info(ThreadId id);

// The thread's name. Blocks as info(). Errors: ThreadNotFound.
std::expected<ThreadName, Error> name(ThreadId id);

// Gives it another one, copied. Blocks as info(). Errors: ThreadNotFound, OutOfMemory,
// AccessDenied.
std::expected<void, Error> set_name(ThreadId id, std::string_view name);

namespace this_thread {

// Gives the caller another name, copied. Does not block. Errors: OutOfMemory.
std::expected<void, Error> set_name(std::string_view name);

}  // namespace this_thread

namespace detail {

// The first thread whose number is that or higher.
std::optional<ThreadInfo> first_thread_from(std::uint32_t index);

}  // namespace detail

// All threads but those that CPUs are idle with, each as of the moment when it is come to. Who is
// there from the beginning to the end is among them, once; who comes or goes meanwhile may be.
// To go on to the next blocks as info().
class ThreadList {
 public:
  class Iterator {
   public:
    using value_type = ThreadInfo;
    using difference_type = std::ptrdiff_t;

    Iterator() : thread_(detail::first_thread_from(0)) {}
    const ThreadInfo& operator*() const { return *thread_; }
    const ThreadInfo* operator->() const { return &*thread_; }
    Iterator& operator++() {
      thread_ = detail::first_thread_from(thread_->id.index + 1);
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return !thread_; }

   private:
    std::optional<ThreadInfo> thread_;
  };

  Iterator begin() const { return {}; }
  std::default_sentinel_t end() const { return std::default_sentinel; }
};

// A range to go through once.
inline ThreadList threads() { return {}; }

}  // namespace tb
