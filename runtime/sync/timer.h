// Time for threads: sleeps that a stop ends, ticks of a period, calls at a time.
//
//   tb::PeriodicTimer frames(std::chrono::microseconds(16'667));
//   while (frames.wait(token) > 0) { ... }            // 60 times a second, without drift
//
//   auto alarm = tb::Timer::after(std::chrono::seconds(5), [] { tb::println("late"); });
//   if (alarm->cancel()) { ... }                      // it never will be called
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <new>
#include <utility>

#include "base/assert.h"
#include "base/atomic.h"
#include "base/time.h"
#include "runtime/error.h"
#include "runtime/memory/no_memory.h"
#include "runtime/sync/stop_token.h"
#include "runtime/sync/wait.h"
#include "runtime/thread.h"

namespace tb {

// What a clock on the wall shows in Greenwich: what the machine's own clock showed at boot, to the
// second, and the time since then. From anywhere.
std::chrono::sys_time<Duration> wall_clock();

namespace detail {
// False if it is stopped before.
bool sleep_patiently(const Patience& patience);
}  // namespace detail

namespace this_thread {

// Blocks for at least so long, or until then; false, and maybe earlier, if a stop is requested.
// From threads only.
template <StoppableToken Token>
bool sleep_until(Deadline time, const Token& token) {
  return detail::wait_with(token, [time](detail::Patience patience) {
    patience.deadline = time;
    return detail::sleep_patiently(patience);
  });
}
template <StoppableToken Token>
bool sleep_for(Duration duration, const Token& token) {
  return sleep_until(detail::deadline_after(duration), token);
}

}  // namespace this_thread

// Ticks of a period. Each is a whole number of periods after the first, however late somebody was
// before. For one thread.
class PeriodicTimer {
 public:
  // Above zero; the first tick is one period from now, or then.
  explicit PeriodicTimer(Duration period) : PeriodicTimer(period, after(now(), period)) {}
  PeriodicTimer(Duration period, Deadline first) : period_(period), next_(first) {
    expects(period > Duration::zero(), "a period is longer than nothing");
  }

  // Blocks until the next tick; returns how many there have been since the last call: 1, or more if
  // the caller is late. From threads only, as the next.
  std::uint64_t wait() {
    this_thread::sleep_until(next_);
    return take_ticks();
  }

  // The same; zero if a stop is requested before.
  template <StoppableToken Token>
  std::uint64_t wait(const Token& token) {
    return this_thread::sleep_until(next_, token) ? take_ticks() : 0;
  }

  // When the next tick is.
  Time next() const { return next_; }
  Duration period() const { return period_; }

 private:
  friend class Timer;

  // The next tick has come.
  std::uint64_t take_ticks();

  Duration period_;
  Time next_;
};

namespace detail {

// What the thread of a timer shares with its handle.
class TimerState {
 public:
  // Blocks until then, on the timer's thread; false if it is cancelled before. If not, a call goes
  // on from here until end_call().
  bool begin_call(Time time);
  void end_call();

  // From any thread; true if no call goes on, and it was not cancelled before.
  bool cancel(ThreadId thread);

 private:
  enum class Phase : std::uint32_t { kWaits, kCalls, kCancelled };

  Atomic<Phase> phase_{Phase::kWaits};  // shared; whoever changes it has decided
};

}  // namespace detail

// Calls a function at a time, on a thread of its own, unless it is cancelled before. Cancels itself
// when it is destroyed, and waits for a call that goes on then.
class [[nodiscard]] Timer {
 public:
  // Once, so long from now or then. Errors, as every(): OutOfMemory, and those of spawn().
  template <class Function>
  static std::expected<Timer, Error> after(Duration duration, Function function,
                                           const SpawnOptions& options = {}) {
    return at(tb::after(now(), duration), std::move(function), options);
  }
  template <class Function>
  static std::expected<Timer, Error> at(Deadline time, Function function,
                                        const SpawnOptions& options = {}) {
    return start(
        [time, function = std::move(function)](detail::TimerState& state) mutable {
          if (state.begin_call(time)) {
            function();
          }
        },
        options);
  }

  // Again and again, the first time one period from now; who is late leaves calls out. The period
  // is above zero.
  template <class Function>
  static std::expected<Timer, Error> every(Duration period, Function function,
                                           const SpawnOptions& options = {}) {
    return start(
        [timer = PeriodicTimer(period),
         function = std::move(function)](detail::TimerState& state) mutable {
          while (state.begin_call(timer.next())) {
            timer.take_ticks();
            function();
            state.end_call();
          }
        },
        options);
  }

  Timer(Timer&&) noexcept = default;
  Timer& operator=(Timer other) noexcept {
    std::swap(state_, other.state_);
    std::swap(thread_, other.thread_);
    return *this;
  }
  ~Timer() {
    if (state_ != nullptr) {
      cancel();
      expects(thread_.id() != this_thread::id(), "a timer is not destroyed by its own function");
    }
  }

  // No call begins from here on. True if none goes on either; of a single one, if it never began.
  // Does not block; the function may call it, too.
  bool cancel() { return state_->cancel(thread_.id()); }

 private:
  Timer(std::unique_ptr<detail::TimerState> state, Thread thread)
      : state_(std::move(state)), thread_(std::move(thread)) {}

  template <class Body>
  static std::expected<Timer, Error> start(Body body, const SpawnOptions& options) {
    std::unique_ptr<detail::TimerState> state(new (std::nothrow) detail::TimerState);
    if (state == nullptr) {
      return std::unexpected(detail::no_memory_for(sizeof(*state)));
    }
    auto thread =
        spawn([body = std::move(body), state = state.get()]() mutable { body(*state); }, options);
    if (!thread) {
      return std::unexpected(thread.error());
    }
    return Timer(std::move(state), std::move(*thread));
  }

  // In this order: the thread, which ends first, uses the state.
  std::unique_ptr<detail::TimerState> state_;
  Thread thread_;
};

}  // namespace tb
