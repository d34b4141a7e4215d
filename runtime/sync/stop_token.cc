// Callbacks are called without the lock, one at a time; who destroys one that is just called waits.
#include "runtime/sync/stop_token.h"

#include <mutex>
#include <new>

#include "runtime/thread.h"

namespace tb::detail {

StopState* StopState::make() { return new (std::nothrow) StopState; }

void StopState::drop_reference() {
  if (--references_ == 0) {
    delete this;
  }
}

bool StopState::request() {
  std::unique_lock guard(lock_);
  if (requested_.exchange(true)) {
    return false;
  }
  caller_ = this_thread::id();
  while (StopCallbackBase* const callback = callbacks_.pop_front()) {
    called_ = callback;
    guard.unlock();
    callback->call_(*callback);
    guard.lock();
    // It may have destroyed itself.
    if (called_ != nullptr) {
      const ThreadId destroyer = callback->destroyer_;
      // Its memory may be gone from here on.
      callback->is_over_ = true;
      called_ = nullptr;
      static_cast<void>(wake(destroyer));
    }
  }
  return true;
}

bool StopState::add(StopCallbackBase& callback) {
  {
    const std::lock_guard guard(lock_);
    if (!requested_.load()) {
      callbacks_.push_back(callback);
      return true;
    }
  }
  callback.call_(callback);
  return false;
}

void StopState::remove(StopCallbackBase& callback) {
  {
    const std::lock_guard guard(lock_);
    if (callback.hook_.linked) {
      callbacks_.remove(callback);
      return;
    }
    if (called_ != &callback) {
      return;
    }
    if (caller_ == this_thread::id()) {
      called_ = nullptr;
      return;
    }
    callback.destroyer_ = this_thread::id();
  }
  while (!callback.is_over_) {
    this_thread::park();
  }
}

}  // namespace tb::detail
