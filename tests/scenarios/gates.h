// Gates through which all go once they are open, as the things of kinds.h: whoever has passed takes
// nothing away, and has nothing to put back.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <mutex>
#include <string_view>

#include "base/assert.h"
#include "base/time.h"
#include "runtime/sync/atomic_wait.h"
#include "runtime/sync/barrier.h"
#include "runtime/sync/condition_variable.h"
#include "runtime/sync/event.h"
#include "runtime/sync/latch.h"
#include "runtime/sync/mutex.h"
#include "runtime/sync/once.h"
#include "runtime/thread.h"

namespace tb::test {

// What all gates are.
class Gate {
 public:
  static constexpr bool kIsShared = true;

  void put_back() {}
};

class EventGate : public Gate {
 public:
  static constexpr std::string_view kName = "an event";

  void give() { event_.set(); }

  void take() { event_.wait(); }
  bool try_take() { return event_.is_set(); }
  bool take_for(Duration duration) { return event_.wait_for(duration); }
  bool take_until(Time deadline) { return event_.wait_until(deadline); }
  bool take(const StopToken& token) { return event_.wait(token); }

 private:
  Event event_;
};

class LatchGate : public Gate {
 public:
  static constexpr std::string_view kName = "a latch";

  void give() { latch_.count_down(); }

  void take() { latch_.wait(); }
  bool try_take() { return latch_.try_wait(); }
  bool take_for(Duration duration) { return latch_.wait_for(duration); }
  bool take_until(Time deadline) { return latch_.wait_until(deadline); }
  bool take(const StopToken& token) { return latch_.wait(token); }

 private:
  Latch latch_{1};
};

// One has arrived, for whom all wait; the other one opens it.
class BarrierGate : public Gate {
 public:
  static constexpr std::string_view kName = "a barrier";

  void give() { static_cast<void>(barrier_.arrive()); }

  void take() { barrier_.wait(arrival_); }
  bool try_take() { return barrier_.wait_for(arrival_, Duration::zero()); }
  bool take_for(Duration duration) { return barrier_.wait_for(arrival_, duration); }
  bool take_until(Time deadline) { return barrier_.wait_until(arrival_, deadline); }
  bool take(const StopToken& token) { return barrier_.wait(arrival_, token); }

 private:
  Barrier<> barrier_{2};
  Barrier<>::ArrivalToken arrival_ = barrier_.arrive();
};

// One has begun the call, for whose end all wait.
class OnceGate : public Gate {
 public:
  static constexpr std::string_view kName = "a call";

  OnceGate() { has_begun_.wait(); }
  OnceGate(const OnceGate&) = delete;
  OnceGate& operator=(const OnceGate&) = delete;
  ~OnceGate() { give(); }

  void give() {
    may_end_.set();
    if (caller_ && caller_->joinable()) {
      expects(caller_->join().has_value(), "the caller ends");
    }
  }

  void take() { call_once(once_, no_second_call); }
  bool try_take() { return take_for(Duration::zero()); }
  bool take_for(Duration duration) { return call_once_for(once_, duration, no_second_call); }
  bool take_until(Time deadline) { return call_once_until(once_, deadline, no_second_call); }
  bool take(const StopToken& token) { return call_once(once_, token, no_second_call); }

 private:
  static void no_second_call() { expects(false, "it is called once"); }

  OnceFlag once_;
  Event has_begun_;
  Event may_end_;
  std::expected<Thread, Error> caller_ = spawn([this] {
    call_once(once_, [this] {
      has_begun_.set();
      may_end_.wait();
    });
  });
};

class AtomicGate : public Gate {
 public:
  static constexpr std::string_view kName = "an atomic variable";

  void give() {
    is_open_ = 1;
    atomic_notify_all(is_open_);
  }

  void take() { atomic_wait(is_open_, 0U); }
  bool try_take() { return is_open_ == 1; }
  bool take_for(Duration duration) { return atomic_wait_for(is_open_, 0U, duration); }
  bool take_until(Time deadline) { return atomic_wait_until(is_open_, 0U, deadline); }
  bool take(const StopToken& token) { return atomic_wait(is_open_, 0U, token); }

 private:
  std::atomic<std::uint32_t> is_open_ = 0;
};

// All are notified.
class NotifiedGate : public Gate {
 public:
  static constexpr std::string_view kName = "a condition variable of all";

  void give() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
    opened_.notify_all();
  }

  void take() {
    std::unique_lock lock(mutex_);
    opened_.wait(lock, [this] { return is_open_; });
  }
  bool try_take() { return take_for(Duration::zero()); }
  bool take_for(Duration duration) {
    std::unique_lock lock(mutex_);
    return opened_.wait_for(lock, duration, [this] { return is_open_; });
  }
  bool take_until(Time deadline) {
    std::unique_lock lock(mutex_);
    return opened_.wait_until(lock, deadline, [this] { return is_open_; });
  }
  bool take(const StopToken& token) {
    std::unique_lock lock(mutex_);
    return opened_.wait(lock, token, [this] { return is_open_; });
  }

 private:
  Mutex mutex_;
  ConditionVariable opened_;
  bool is_open_ = false;  // guarded by the mutex
};

}  // namespace tb::test
