// What can be done about an error, and how bad it is: for those who handle all kinds alike.
//
//   if (auto thread = tb::spawn(work); !thread) {
//     if (tb::should_log(thread.error())) tb::println("{}; {}", thread.error(),
//                                                     tb::recovery_hint(thread.error()));
//   }
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "runtime/error.h"

namespace tb {

enum class Severity : std::uint8_t {
  kNotice,    // as good as expected: somebody was faster, or time was up
  kWarning,   // the caller has asked for something that is not possible
  kError,     // a mistake in the program, though it can go on
  kCritical,  // the machine has nothing left of something
};

namespace detail {

struct Advice {
  std::string_view hint;  // to the programmer or the user, a sentence's second half
  bool is_recoverable;    // the same may succeed later, or done as the hint says
  Severity severity;
};

constexpr Advice advice_about(const OutOfMemory&) {
  return {"free some, or give the machine more: --memory", true, Severity::kCritical};
}
constexpr Advice advice_about(const InvalidStackSize&) {
  return {"ask for a size between the two", true, Severity::kWarning};
}
constexpr Advice advice_about(const ThreadLimitReached&) {
  return {"join or detach threads that have ended, or raise the limit", true, Severity::kCritical};
}
constexpr Advice advice_about(const InvalidCpu&) {
  return {"name one below cpu_count()", true, Severity::kWarning};
}
constexpr Advice advice_about(const InvalidCpuSet&) {
  return {"name one CPU at least", true, Severity::kWarning};
}
constexpr Advice advice_about(const AffinityIsOff&) {
  return {"start the machine without sched.affinity=off", false, Severity::kWarning};
}
constexpr Advice advice_about(const CpuNotInAffinity&) {
  return {"start it on a CPU of its affinity", true, Severity::kWarning};
}
constexpr Advice advice_about(const ThreadNotFound&) {
  return {"it has ended: forget its id", false, Severity::kNotice};
}
constexpr Advice advice_about(const NotJoinable&) {
  return {"join or detach a thread once", false, Severity::kError};
}
constexpr Advice advice_about(const JoinsItself&) {
  return {"let another thread join it, or detach it", false, Severity::kError};
}
constexpr Advice advice_about(const TimedOut&) {
  return {"try again, or wait longer", true, Severity::kNotice};
}
constexpr Advice advice_about(const StopRequested&) {
  return {"come to an end, as somebody wishes", false, Severity::kNotice};
}
constexpr Advice advice_about(const DeadlockDetected&) {
  return {"give back what is locked and begin again; lock in one order, or by std::scoped_lock",
          true, Severity::kError};
}
constexpr Advice advice_about(const InvalidPriority&) {
  return {"ask for a priority between the two", true, Severity::kWarning};
}
constexpr Advice advice_about(const InvalidNice&) {
  return {"ask for a nice value between the two", true, Severity::kWarning};
}
constexpr Advice advice_about(const InvalidTask&) {
  return {"ask for a runtime that its deadline and period leave room for", true,
          Severity::kWarning};
}
constexpr Advice advice_about(const NotAdmitted&) {
  return {"ask for less, or wait until another Deadline thread has ended", true,
          Severity::kWarning};
}
constexpr Advice advice_about(const PolicyNotSupported&) {
  return {"choose one of those that there are", true, Severity::kWarning};
}

constexpr Advice advice_about(const NotTerminable&) {
  return {"let it end by itself, or by a stop token", false, Severity::kError};
}

constexpr Advice advice_about(const ProcessNotFound&) {
  return {"it has terminated: forget its id", false, Severity::kNotice};
}
constexpr Advice advice_about(const NotAChild&) {
  return {"let its parent wait for it", false, Severity::kError};
}
constexpr Advice advice_about(const NoChildren&) {
  return {"go on: all have been waited for", false, Severity::kNotice};
}
constexpr Advice advice_about(const InvalidProcessState&) {
  return {"look at its state before", false, Severity::kWarning};
}
constexpr Advice advice_about(const ProcessLimitReached&) {
  return {"wait for processes that have terminated", true, Severity::kCritical};
}
constexpr Advice advice_about(const ProcessThreadLimitReached&) {
  return {"let a thread of the process end, or raise the limit", true, Severity::kWarning};
}
constexpr Advice advice_about(const UserThreadLimitReached&) {
  return {"let a thread of the user end, or raise the limit", true, Severity::kWarning};
}
constexpr Advice advice_about(const UserProcessLimitReached&) {
  return {"wait for a process of the user, or raise the limit", true, Severity::kWarning};
}
constexpr Advice advice_about(const MemoryLimitReached&) {
  return {"free some of the process's memory, or raise the limit", true, Severity::kWarning};
}
constexpr Advice advice_about(const AccessDenied&) {
  return {"let a process do it that has the permission control_others", false, Severity::kWarning};
}
constexpr Advice advice_about(const PriorityPermissionDenied&) {
  return {"ask for no more, or let a process do it that has the permission raise_priority", true,
          Severity::kWarning};
}
constexpr Advice advice_about(const RealTimePermissionDenied&) {
  return {"choose an ordinary policy, or let a process do it that has the permission real_time",
          true, Severity::kWarning};
}

constexpr Advice advice_about(const Error& error) {
  return std::visit([](const auto& kind) { return advice_about(kind); }, error);
}

}  // namespace detail

// What the programmer or the user can do. From anywhere, as all below.
constexpr std::string_view recovery_hint(const Error& error) {
  return detail::advice_about(error).hint;
}

// Whether the same may succeed later, or if the hint is followed.
constexpr bool is_recoverable(const Error& error) {
  return detail::advice_about(error).is_recoverable;
}

constexpr Severity severity(const Error& error) { return detail::advice_about(error).severity; }

// Whether somebody should read of it even if the program goes on.
constexpr bool should_log(const Error& error) { return severity(error) >= Severity::kWarning; }

}  // namespace tb
