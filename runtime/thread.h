// Threads: plain C++ functions that run at the same time, on all CPUs.
//
//   auto worker = tb::spawn([](int n) { tb::println("{}", n); }, 42);
//   if (!worker) { ... worker.error() says why ... }
//   worker->join();
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "base/cpu_id.h"
#include "base/cpu_set.h"
#include "base/time.h"
#include "runtime/deadline.h"
#include "runtime/error.h"
#include "runtime/scheduling.h"
#include "runtime/thread_id.h"
#include "runtime/turn.h"
#include "sched/request.h"

namespace tb {

class ThreadGroup;
class Thread;

namespace detail {

struct Patience;

// With that patience; see runtime/sync/stoppable_join.h.
std::expected<void, Error> join_patiently(ThreadId id, const Patience& patience);
std::expected<void, Error> join_patiently(Thread& thread, const Patience& patience);

}  // namespace detail

struct SpawnOptions {
  std::string_view name{};                     // copied; cut after 31 characters
  std::size_t stack_size = kDefaultStackSize;  // bytes; filled on first touch
  std::optional<CpuId> cpu{};        // where it is queued first; else an idle one, or this
  std::optional<CpuSet> affinity{};  // where it may run; else everywhere
  SchedulingParameters scheduling{};

  static constexpr std::size_t kDefaultStackSize = 59 * 1024;
};

// A thread that somebody has to join or detach; like std::jthread, it joins at the end of its
// scope.
class [[nodiscard]] Thread {
 public:
  Thread() = default;
  explicit Thread(ThreadId id) : id_(id), joinable_(true) {}
  Thread(Thread&& other) noexcept
      : id_(std::exchange(other.id_, {})), joinable_(std::exchange(other.joinable_, false)) {}
  Thread& operator=(Thread&& other) noexcept;
  ~Thread() {
    if (joinable_) {
      end_of_scope();
    }
  }

  // Waits until the thread has ended. Blocks. Errors: those of tb::join().
  std::expected<void, Error> join();

  // The same for at least so long, or until then. Errors: as join(), and TimedOut: then it can be
  // joined as before.
  std::expected<void, Error> join_for(Duration duration);
  std::expected<void, Error> join_until(Deadline deadline);

  // Lets the thread run on by itself; its record is freed when it ends. Errors: as join().
  std::expected<void, Error> detach();

  ThreadId id() const { return id_; }
  bool joinable() const { return joinable_; }

 private:
  friend std::expected<void, Error> detail::join_patiently(Thread& thread,
                                                           const detail::Patience& patience);
  void end_of_scope();

  ThreadId id_;
  bool joinable_ = false;
};

// Waits for the end of the thread with that id, once. Blocks; not from interrupts. Errors:
// ThreadNotFound, NotJoinable, JoinsItself.
std::expected<void, Error> join(ThreadId id);

// The same until then. Errors: as join(), and TimedOut; then somebody can join it as before.
std::expected<void, Error> join_until(ThreadId id, Deadline deadline);

// Nobody will join it. Does not block. Errors: ThreadNotFound, NotJoinable.
std::expected<void, Error> detach(ThreadId id);

// Ends the park that the thread is in or will be in next. Does not block; interrupts may call it.
// Errors: ThreadNotFound.
std::expected<void, Error> wake(ThreadId id);

// The CPUs of the machine; they are numbered from 0.
std::uint32_t cpu_count();

// From when this returns on, the thread runs on these CPUs only, until the next call for it;
// CpuSet::everywhere() are all there are. Takes effect whatever the thread is doing; may end a park
// of it. Blocks until the thread's CPU has let go of it. Errors: InvalidCpuSet, InvalidCpu,
// ThreadNotFound, AccessDenied.
std::expected<void, Error> set_affinity(ThreadId id, const CpuSet& cpus);

// The CPUs that the thread may run on. Blocks as set_affinity(). Errors: ThreadNotFound.
std::expected<CpuSet, Error> affinity(ThreadId id);

// Time since boot.
Time now();

using ThreadStatistics = sched::ThreadStatistics;

// What the thread has had of the CPUs so far. Blocks as set_affinity(). Errors: ThreadNotFound.
std::expected<ThreadStatistics, Error> statistics(ThreadId id);

// CPU time of all threads so far, those that have ended included; of threads that run on other CPUs
// just now, what they had when they were last charged.
Duration cpu_time_of_all();

namespace this_thread {

ThreadId id();
std::string_view name();

// The CPU that executes the caller; old news when it returns, unless preemption is off.
CpuId cpu();

// What the caller has had of the CPUs so far.
ThreadStatistics statistics();

// Lets other ready threads of this CPU go first. From threads only, as all below.
void yield();

// Blocks for at least so long, or until then.
void sleep_for(Duration duration);
void sleep_until(Deadline time);

// Blocks until somebody calls wake() with this thread's id, or has since the last park. May return
// for no reason, so callers check what they wait for.
void park();

}  // namespace this_thread

namespace detail {

// For the words that are none of the first two.
Error error_of(Joining joining, ThreadId id);

// A function and its arguments on their way to the stack of the thread that will call it.
struct Closure {
  std::size_t size;
  std::size_t alignment;
  void (*move_to)(void* place, void* source);
  void (*run)(void* place);  // calls it, then destroys it
  void* source;
};

// As a thread of that process; null is the caller's.
std::expected<Thread, Error> spawn_closure(const Closure& closure, const SpawnOptions& options,
                                           ThreadGroup* group);

// Of a function with its arguments, a std::tuple.
template <class Call>
Closure closure_of(Call& call) {
  return {.size = sizeof(Call),
          .alignment = alignof(Call),
          .move_to = [](void* place,
                        void* source) { new (place) Call(std::move(*static_cast<Call*>(source))); },
          .run =
              [](void* place) {
                auto* const moved = static_cast<Call*>(place);
                std::apply(
                    [](auto&& function, auto&&... arguments) {
                      std::invoke(std::move(function), std::move(arguments)...);
                    },
                    std::move(*moved));
                std::destroy_at(moved);
              },
          .source = &call};
}

template <class Options, class... Parts>
concept EndsWith =
    sizeof...(Parts) > 1 &&
    std::same_as<
        std::remove_cvref_t<std::tuple_element_t<sizeof...(Parts) - 1, std::tuple<Parts...>>>,
        Options>;

// begin(closure, options), with copies of the function and its arguments, and with the options if
// they are the last of the parts.
template <class Options, class Begin, class... Parts>
auto begin_with(Begin begin, Parts&&... parts) {
  if constexpr (EndsWith<Options, Parts...>) {
    using All = std::tuple<Parts&&...>;
    All all(std::forward<Parts>(parts)...);
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      std::tuple<std::decay_t<std::tuple_element_t<I, All>>...> call(
          static_cast<std::tuple_element_t<I, All>>(std::get<I>(all))...);
      return begin(closure_of(call), std::get<sizeof...(I)>(all));
    }(std::make_index_sequence<sizeof...(Parts) - 1>());
  } else {
    std::tuple<std::decay_t<Parts>...> call(std::forward<Parts>(parts)...);
    return begin(closure_of(call), Options());
  }
}

}  // namespace detail

inline std::expected<void, Error> join(ThreadId id) {
  const detail::JoinTurn step = detail::begin_join(id);
  if (step.joining == detail::Joining::kMustWait) [[likely]] {
    detail::take(step.turn);
    while (!detail::end_wait(id)) {
      detail::take(detail::wait_on());
    }
  } else if (step.joining != detail::Joining::kDone) {
    return std::unexpected(detail::error_of(step.joining, id));
  }
  return {};
}

inline std::expected<void, Error> Thread::join() {
  joinable_ = false;
  return tb::join(id_);
}

namespace this_thread {

[[gnu::always_inline]] inline void yield() {
  detail::take(detail::begin_yield());
  detail::end_turn();
}

[[gnu::always_inline]] inline void park() {
  detail::take(detail::begin_park());
  detail::end_park();
}

}  // namespace this_thread

// Starts a thread that calls function(arguments...), with copies of both, moved where they can be;
// the last argument may be SpawnOptions. Does not block and takes no lock, but for a Deadline
// thread, which has to be admitted, and in a process that is stopped or given another priority
// meanwhile; not from interrupts. Errors: OutOfMemory, InvalidStackSize,
// ThreadLimitReached, InvalidCpu, InvalidCpuSet, AffinityIsOff, CpuNotInAffinity, those of
// check_scheduling(), NotAdmitted; in a process (runtime/process/process.h) those of its limits and
// permissions. Nothing is left behind then.
template <class Function, class... Arguments>
std::expected<Thread, Error> spawn(Function&& function, Arguments&&... arguments) {
  constexpr auto kBegin = [](const detail::Closure& closure, const SpawnOptions& options) {
    return detail::spawn_closure(closure, options, nullptr);
  };
  return detail::begin_with<SpawnOptions>(kBegin, std::forward<Function>(function),
                                          std::forward<Arguments>(arguments)...);
}

}  // namespace tb
