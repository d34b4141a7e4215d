// Processes: groups of threads in the one address space, with a parent, a user, permissions, limits
// and an account of what they use. docs/processes.md tells the whole.
//
//   auto server = tb::spawn_process([] { ...; return 0; },
//                                   tb::ProcessOptions{.name = "server", .limits = {.threads =
//                                   8}});
//   if (!server) { ... server.error() says why ... }
//   const auto ended = server->wait();   // ended->value is what the function has returned
//
// A thread belongs to the process of the thread that has made it, for ever; the threads that are
// there at the beginning belong to the first process. A process ends with its last thread.
#pragma once

#include <concepts>
#include <expected>
#include <functional>
#include <type_traits>
#include <utility>

#include "base/time.h"
#include "runtime/deadline.h"
#include "runtime/error.h"
#include "runtime/process/process_options.h"
#include "runtime/process_id.h"
#include "runtime/thread.h"

namespace tb {

enum class ProcessEnd : std::uint8_t {
  kExited,      // by its main function's return, or by exit()
  kTerminated,  // its main thread was ended by force before
};

struct EndedProcess {
  ProcessId id;
  ProcessEnd end{};
  int value = 0;  // returned by its main function, or given to exit()

  bool operator==(const EndedProcess&) const = default;
};

class Process;

namespace detail {

struct Patience;

// With that patience; see runtime/process/stoppable_wait.h.
std::expected<EndedProcess, Error> wait_patiently(ProcessId id, const Patience& patience);
std::expected<EndedProcess, Error> wait_patiently(Process& process, const Patience& patience);
std::expected<EndedProcess, Error> wait_any_patiently(const Patience& patience);

}  // namespace detail

// A child that somebody has to wait for; at the end of its scope the handle does.
class [[nodiscard]] Process {
 public:
  Process() = default;
  explicit Process(ProcessId id) : id_(id), is_waited_for_(false) {}
  Process(Process&& other) noexcept
      : id_(std::exchange(other.id_, {})),
        is_waited_for_(std::exchange(other.is_waited_for_, true)) {}
  Process& operator=(Process&& other) noexcept;
  ~Process();

  // Waits for the end of the process. Blocks. Errors: those of tb::wait().
  std::expected<EndedProcess, Error> wait();

  // The same for at least so long, or until then. Errors: as wait(), and TimedOut: then it can be
  // waited for as before.
  std::expected<EndedProcess, Error> wait_for(Duration duration);
  std::expected<EndedProcess, Error> wait_until(Deadline deadline);

  // Nobody will wait for it. Does not block. Errors: as wait().
  std::expected<void, Error> detach();

  ProcessId id() const { return id_; }

 private:
  friend std::expected<EndedProcess, Error> detail::wait_patiently(
      Process& process, const detail::Patience& patience);

  ProcessId id_;
  bool is_waited_for_ = true;
};

// Waits for the end of a child of the caller's process, once. Blocks; from threads only, as all
// that wait. Errors: ProcessNotFound, NotAChild.
std::expected<EndedProcess, Error> wait(ProcessId id);

// The same for at least so long, or until then. Errors: as wait(), TimedOut.
std::expected<EndedProcess, Error> wait_for(ProcessId id, Duration duration);
std::expected<EndedProcess, Error> wait_until(ProcessId id, Deadline deadline);

// Waits for the end of any child of the caller's process. Errors: NoChildren.
std::expected<EndedProcess, Error> wait_any();

// The same for at least so long, or until then. Errors: NoChildren, TimedOut.
std::expected<EndedProcess, Error> wait_any_for(Duration duration);
std::expected<EndedProcess, Error> wait_any_until(Deadline deadline);

// Nobody will wait for it. Does not block. Errors: ProcessNotFound, NotAChild.
std::expected<void, Error> detach(ProcessId id);

namespace this_process {

// Of the calling thread.
ProcessId id();

// Ends the calling thread's process: its other threads are told to end, by force (see
// runtime/control/terminate.h), then the caller ends; what is on its stack is dropped. Whoever
// waits for the process gets the value of the first call. In a thread that the C library has made,
// thread_local variables are not destroyed. In the first process it ends the machine.
[[noreturn]] void exit(int value);

}  // namespace this_process

namespace detail {

// The main function has returned.
void note_return(int value);

std::expected<Process, Error> spawn_process_of(const Closure& closure,
                                               const ProcessOptions& options);

template <class Function>
class MainFunction {
 public:
  template <class Argument>
  explicit MainFunction(std::in_place_t, Argument&& function)
      : function_(std::forward<Argument>(function)) {}

  template <class... Arguments>
  void operator()(Arguments&&... arguments) && {
    using Result = std::invoke_result_t<Function, Arguments...>;
    if constexpr (std::convertible_to<Result, int>) {
      note_return(std::invoke(std::move(function_), std::forward<Arguments>(arguments)...));
    } else {
      std::invoke(std::move(function_), std::forward<Arguments>(arguments)...);
      note_return(0);
    }
  }

 private:
  Function function_;
};

}  // namespace detail

// Starts a child of the caller's process, whose main thread calls function(arguments...), with
// copies of both; the last argument may be ProcessOptions. What the function returns, if that is an
// int, is the process's exit value. Blocks while somebody else makes or controls a process; from
// threads only. Errors: those of tb::spawn(),
// ProcessLimitReached, UserProcessLimitReached, AccessDenied for another user, InvalidProcessState
// if the caller's process is told to end; nothing is left behind then.
template <class Function, class... Arguments>
std::expected<Process, Error> spawn_process(Function&& function, Arguments&&... arguments) {
  using Main = detail::MainFunction<std::decay_t<Function>>;
  return detail::begin_with<ProcessOptions>(detail::spawn_process_of,
                                            Main(std::in_place, std::forward<Function>(function)),
                                            std::forward<Arguments>(arguments)...);
}

}  // namespace tb
