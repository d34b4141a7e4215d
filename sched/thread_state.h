// Where a thread is in its life, and the one table that says which state may follow which.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/assert.h"
#include "base/atomic.h"
#include "base/cpu_id.h"

namespace tb::sched {

enum class ThreadState : std::uint8_t {
  kNew,        // has a record and a stack; nobody else knows it
  kWaking,     // travels in the inbox of its home CPU
  kReady,      // in the run queue of its home CPU
  kRunning,    // on its home CPU
  kParked,     // waits at its home until that is told of a wake
  kThrottled,  // a Deadline thread that waits at its home for its next period
  kSuspended,  // stands still at its home until somebody lets it go on
  kMoving,     // on its way to another CPU, still stands on its stack
  kExiting,    // has returned from its function, still stands on its stack
  kDead,       // off its stack; record kept until somebody has joined it
};

inline constexpr std::size_t kThreadStates = 10;

constexpr const char* name_of(ThreadState state) {
  constexpr std::array<const char*, kThreadStates> kNames = {
      "new",       "waking",    "ready",  "running", "parked",
      "throttled", "suspended", "moving", "exiting", "dead"};
  return kNames[static_cast<std::size_t>(state)];
}

// Row: from; column: to. Who makes each step and when:
//
//   new -> ready        the spawner, onto its own CPU
//   new -> waking       the spawner, to another CPU
//   waking -> ready     the home CPU, draining its inbox
//   ready -> running    the home CPU, picking
//   running -> ready    the home CPU, at a yield or the end of a slice
//   running -> parked   the home CPU; it gives nobody away before it has left the stack
//   parked -> ready     the home CPU, at a wake
//   parked -> running   the home CPU, in the turn of the thread whose end it waited for
//   parked -> waking    the home CPU, at a wake for another one, or because the thread may not run
//                       here any more
//   running -> throttled  the home CPU, when a Deadline thread's budget is used up or its job over
//   ready -> throttled  the home CPU, if a Deadline thread that comes finds its budget used up
//   throttled -> ready  the home CPU, when the next period begins or other parameters are set
//   ready -> suspended  the home CPU, when it is asked to, or as a thread arrives that was told so
//   running -> suspended  the home CPU, at its next decision; it answers when it has left the stack
//   parked -> suspended   the home CPU, which takes the thread's timer out
//   suspended -> parked   the home CPU, when it is asked to, and wakes it: a park that it was in
//                         ends for no reason
//   suspended -> waking   the home CPU, if it may not run here any more; it is suspended there
//   running -> moving   the home CPU, when the thread may not run there any more
//   ready -> waking     the home CPU, handing it over to another
//   moving -> waking    the next thread's side of the switch, to another CPU
//   running -> exiting  the thread itself
//   exiting -> dead     the next thread's side of the switch
//   dead -> new         whoever takes the record for its next thread
constexpr bool may_follow(ThreadState from, ThreadState to) {
  using enum ThreadState;
  switch (from) {
    case kNew:
      return to == kReady || to == kWaking;
    case kWaking:
      return to == kReady;
    case kReady:
      return to == kRunning || to == kWaking || to == kThrottled || to == kSuspended;
    case kRunning:
      return to == kReady || to == kParked || to == kThrottled || to == kSuspended ||
             to == kMoving || to == kExiting;
    case kParked:
      return to == kReady || to == kRunning || to == kWaking || to == kSuspended;
    case kThrottled:
      return to == kReady;
    case kSuspended:
      return to == kParked || to == kWaking;
    case kMoving:
      return to == kWaking;
    case kExiting:
      return to == kDead;
    case kDead:
      return to == kNew;
  }
  return false;
}

// Whether only the CPU that has made the step to it makes the next one.
constexpr bool is_at_home(ThreadState state) {
  using enum ThreadState;
  return state == kReady || state == kRunning || state == kParked || state == kThrottled ||
         state == kSuspended;
}

// The state of one thread and the CPU that has made the last step: written by whoever owns the
// thread at that moment, read by anybody.
class StateCell {
 public:
  explicit StateCell(ThreadState initial) : word_(pack(initial, kNoCpu)) {}

  // acquire: pairs with the release in transition().
  ThreadState get() const {
    return static_cast<ThreadState>(word_.load(std::memory_order_acquire) & kStateMask);
  }

  // Asked by that CPU itself: whether it has the thread, running, ready, waiting or suspended.
  // Exact at any time, for nobody else makes a thread any of these there, nor takes it away.
  bool is_owned_by(CpuId cpu) const {
    // acquire: pairs with the release in transition().
    const std::uint32_t word = word_.load(std::memory_order_acquire);
    return word >> kStateBits == index_of(cpu) &&
           is_at_home(static_cast<ThreadState>(word & kStateMask));
  }

  // The same for one that is ready there.
  bool is_ready_on(CpuId cpu) const {
    // acquire: pairs with the release in transition().
    return word_.load(std::memory_order_acquire) == pack(ThreadState::kReady, cpu);
  }

  // The same for one that is parked there.
  bool is_parked_on(CpuId cpu) const {
    // acquire: pairs with the release in transition().
    return word_.load(std::memory_order_acquire) == pack(ThreadState::kParked, cpu);
  }

  // Makes the one step `from` -> `to` by that CPU; anything else is an error of the runtime.
  void transition(ThreadState from, ThreadState to, CpuId by) {
    expects(may_follow(from, to), "the state table allows this step");
    expects(get() == from, "the thread is in the state its caller believes");
    // release: pairs with the acquire in get() and is_owned_by().
    word_.store(pack(to, by), std::memory_order_release);
  }

 private:
  static constexpr std::uint32_t kStateBits = 4;
  static constexpr std::uint32_t kStateMask = (1u << kStateBits) - 1;
  static_assert(kThreadStates <= kStateMask + 1);

  static constexpr std::uint32_t pack(ThreadState state, CpuId by) {
    return index_of(by) << kStateBits | static_cast<std::uint32_t>(state);
  }

  Atomic<std::uint32_t> word_;
};

}  // namespace tb::sched
