// Things that one thread at a time has, made of what there is for that; see kinds.h. One of them is
// shared.
#pragma once

#include <mutex>
#include <string_view>

#include "base/time.h"
#include "runtime/sync/condition_variable.h"
#include "runtime/sync/mutex.h"
#include "runtime/sync/recursive_mutex.h"
#include "runtime/sync/semaphore.h"
#include "runtime/sync/shared_mutex.h"

namespace tb::test {

// Whoever has locked it has it.
template <class Lockable>
class LockedThing {
 public:
  static constexpr bool kIsShared = false;

  void take() { lockable_.lock(); }
  bool try_take() { return lockable_.try_lock(); }
  bool take_for(Duration duration) { return lockable_.try_lock_for(duration); }
  bool take_until(Time deadline) { return lockable_.try_lock_until(deadline); }
  bool take(const StopToken& token) { return lockable_.lock(token); }
  void put_back() { lockable_.unlock(); }

 protected:
  Lockable lockable_;
};

class MutexThing : public LockedThing<Mutex> {
 public:
  static constexpr std::string_view kName = "a mutex";

  MutexThing() { take(); }
  void give() { put_back(); }
};

// For those who write, while its maker reads.
class WriterThing : public LockedThing<SharedMutex> {
 public:
  static constexpr std::string_view kName = "a shared mutex, to write";

  WriterThing() { lockable_.lock_shared(); }
  void give() { lockable_.unlock_shared(); }
};

// Whoever has it locks it again in the same way.
class RecursiveThing {
 public:
  static constexpr std::string_view kName = "a recursive mutex";
  static constexpr bool kIsShared = false;

  RecursiveThing() { take(); }
  void give() { put_back(); }

  void take() {
    mutex_.lock();
    mutex_.lock();
  }
  bool try_take() { return mutex_.try_lock() && mutex_.try_lock(); }
  bool take_for(Duration duration) {
    return mutex_.try_lock_for(duration) && mutex_.try_lock_for(Duration(-1));
  }
  bool take_until(Time deadline) {
    return mutex_.try_lock_until(deadline) && mutex_.try_lock_until(Time::min());
  }
  bool take(const StopToken& token) { return mutex_.lock(token) && mutex_.lock(token); }
  void put_back() {
    mutex_.unlock();
    mutex_.unlock();
  }

 private:
  RecursiveMutex mutex_;
};

// For those who read, while its maker writes.
class ReaderThing {
 public:
  static constexpr std::string_view kName = "a shared mutex, to read";
  static constexpr bool kIsShared = true;

  ReaderThing() { mutex_.lock(); }
  void give() { mutex_.unlock(); }

  void take() { mutex_.lock_shared(); }
  bool try_take() { return mutex_.try_lock_shared(); }
  bool take_for(Duration duration) { return mutex_.try_lock_shared_for(duration); }
  bool take_until(Time deadline) { return mutex_.try_lock_shared_until(deadline); }
  bool take(const StopToken& token) { return mutex_.lock_shared(token); }
  void put_back() { mutex_.unlock_shared(); }

 private:
  SharedMutex mutex_;
};

class PermitThing {
 public:
  static constexpr std::string_view kName = "a semaphore";
  static constexpr bool kIsShared = false;

  void give() { put_back(); }

  void take() { semaphore_.acquire(); }
  bool try_take() { return semaphore_.try_acquire(); }
  bool take_for(Duration duration) { return semaphore_.try_acquire_for(duration); }
  bool take_until(Time deadline) { return semaphore_.try_acquire_until(deadline); }
  bool take(const StopToken& token) { return semaphore_.acquire(token); }
  void put_back() { semaphore_.release(); }

 private:
  Semaphore semaphore_{0};
};

// One is notified each time that it is there.
class NotifiedThing {
 public:
  static constexpr std::string_view kName = "a condition variable";
  static constexpr bool kIsShared = false;

  void give() { put_back(); }

  void take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_there_; });
    is_there_ = false;
  }
  bool try_take() { return take_for(Duration::zero()); }
  bool take_for(Duration duration) {
    std::unique_lock lock(mutex_);
    return note(changed_.wait_for(lock, duration, [this] { return is_there_; }));
  }
  bool take_until(Time deadline) {
    std::unique_lock lock(mutex_);
    return note(changed_.wait_until(lock, deadline, [this] { return is_there_; }));
  }
  bool take(const StopToken& token) {
    std::unique_lock lock(mutex_);
    return note(changed_.wait(lock, token, [this] { return is_there_; }));
  }
  bool take_until(Time deadline, const StopToken& token) {
    std::unique_lock lock(mutex_);
    return note(changed_.wait_until(lock, token, deadline, [this] { return is_there_; }));
  }
  void put_back() {
    const std::lock_guard lock(mutex_);
    is_there_ = true;
    changed_.notify_one();
  }

 private:
  bool note(bool has_it) {
    is_there_ = is_there_ && !has_it;
    return has_it;
  }

  Mutex mutex_;
  ConditionVariable changed_;
  bool is_there_ = false;  // guarded by the mutex
};

}  // namespace tb::test
