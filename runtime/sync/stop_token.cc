// Callbacks are called without the lock, one at a time; who destroys one that is just called waits.
#include "runtime/sync/stop_token.h"

#include <mutex>
#include <new>

#include "runtime/dispatch.h"
#include "runtime/no_termination.h"
#include "runtime/park.h"
#include "runtime/thread.h"

namespace tb::detail {

StopState* StopState::make() { return new (std::nothrow) StopState; }

void StopState::drop_reference() {
  if (--references_ == 0) {
    delete this;
  }
}

bool StopState::request() {
  // A callback may let go of the last one who knows this.
  add_reference();
  const bool is_first = call_all();
  drop_reference();
  return is_first;
}

bool StopState::call_all() {
  const NoTermination stays;
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
      ThreadRecord* const destroyer = callback->destroyer_;
      // Its memory may be gone from here on.
      callback->is_over_ = true;
      called_ = nullptr;
      if (destroyer != nullptr) {
        wake(*destroyer);
      }
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
    callback.destroyer_ = &current_thread();
  }
  // Not the application's own park, whose wakes are not for this.
  while (!callback.is_over_) {
    park();
  }
}

}  // namespace tb::detail
