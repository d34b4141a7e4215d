// Asking others to stop, as std::stop_token: whoever is asked looks when it likes, or has a
// callback called. All that waits takes such a token, and ends its wait when it is asked to stop.
//
//   tb::StopSource source;
//   auto worker = tb::spawn([token = source.get_token()] {
//     while (queue.receive(token)) { ... }
//   });
//   source.request_stop();
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "base/atomic.h"
#include "base/intrusive_list.h"
#include "runtime/spin_lock.h"
#include "runtime/thread_id.h"

namespace tb {

struct ThreadRecord;

namespace detail {

// A callback as the state knows it.
class StopCallbackBase {
 public:
  StopCallbackBase(const StopCallbackBase&) = delete;
  StopCallbackBase& operator=(const StopCallbackBase&) = delete;

 protected:
  explicit StopCallbackBase(void (*call)(StopCallbackBase& self)) : call_(call) {}
  ~StopCallbackBase() = default;

 private:
  friend class StopState;
  void (*const call_)(StopCallbackBase& self);
  ListHook<StopCallbackBase> hook_;    // guarded by the state's lock, as the next
  ThreadRecord* destroyer_ = nullptr;  // waits for the end of the call
  Atomic<bool> is_over_{false};        // shared: the call's end, for the destroyer
};

// What sources, tokens and callbacks share.
class StopState {
 public:
  static StopState* make();  // null if there is no memory; with one reference

  void add_reference() { ++references_; }
  void drop_reference();

  bool is_requested() const { return requested_.load(); }
  bool request();

  // Called at once if a stop has been requested already; true if it is kept for later.
  bool add(StopCallbackBase& callback);
  // After this the callback is not called, and no call of it by another thread goes on.
  void remove(StopCallbackBase& callback);

 private:
  bool call_all();

  Atomic<std::uint32_t> references_{1};  // shared
  Atomic<bool> requested_{false};        // shared

  // Guarded by the lock.
  SpinLock lock_;
  IntrusiveList<StopCallbackBase, &StopCallbackBase::hook_> callbacks_;
  StopCallbackBase* called_ = nullptr;  // at this moment, by the thread below; null if it is gone
  ThreadId caller_;
};

// Counts the references.
class StopHandle {
 public:
  StopHandle() = default;
  explicit StopHandle(StopState* state) : state_(state) {}
  StopHandle(const StopHandle& other) : state_(other.state_) {
    if (state_ != nullptr) {
      state_->add_reference();
    }
  }
  StopHandle(StopHandle&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  StopHandle& operator=(StopHandle other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~StopHandle() {
    if (state_ != nullptr) {
      state_->drop_reference();
    }
  }

  StopState* get() const { return state_; }

 private:
  StopState* state_ = nullptr;
};

}  // namespace detail

template <class Callback>
class StopCallback;

// Tells whether a stop was requested. One that no source has made never is.
class StopToken {
 public:
  // The type of what is called when a stop is requested.
  template <class Callback>
  using callback_type = StopCallback<Callback>;

  StopToken() = default;

  // Whether a stop has been requested. May be called from anywhere.
  bool stop_requested() const { return handle_.get() != nullptr && handle_.get()->is_requested(); }

  // Whether one has been, or still can be as far as the token knows.
  bool stop_possible() const { return handle_.get() != nullptr; }

 private:
  friend class StopSource;
  template <class Callback>
  friend class StopCallback;
  explicit StopToken(const detail::StopHandle& handle) : handle_(handle) {}

  detail::StopHandle handle_;
};

// Requests stops.
class StopSource {
 public:
  // Without memory for what it shares with its tokens, it can request nothing: stop_possible().
  StopSource() : handle_(detail::StopState::make()) {}

  StopToken get_token() const { return StopToken(handle_); }
  bool stop_possible() const { return handle_.get() != nullptr; }
  bool stop_requested() const { return handle_.get() != nullptr && handle_.get()->is_requested(); }

  // Calls all callbacks; true if nobody has requested it before. As long as those take; not from
  // interrupts.
  bool request_stop() { return handle_.get() != nullptr && handle_.get()->request(); }

 private:
  detail::StopHandle handle_;
};

// Calls its function when a stop is requested: by the thread that does so, or at once by the one
// that makes it if that has happened. Once it is destroyed the function is not running any more.
template <class Callback>
class [[nodiscard]] StopCallback : detail::StopCallbackBase {
 public:
  template <class Function>
  StopCallback(const StopToken& token, Function&& function)
      : StopCallbackBase([](StopCallbackBase& self) {
          std::forward<Callback>(static_cast<StopCallback&>(self).callback_)();
        }),
        callback_(std::forward<Function>(function)),
        handle_(token.handle_) {
    is_kept_ = handle_.get() != nullptr && handle_.get()->add(*this);
  }
  ~StopCallback() {
    if (is_kept_) {
      handle_.get()->remove(*this);
    }
  }

 private:
  Callback callback_;
  detail::StopHandle handle_;
  bool is_kept_ = false;
};

template <class Callback>
StopCallback(StopToken, Callback) -> StopCallback<Callback>;

// Which callback goes with a token; to be specialised for those that do not say so themselves.
template <class Token, class Callback>
struct StopCallbackOf {
  using type = typename Token::template callback_type<Callback>;
};

template <class Token>
concept StoppableToken = requires(const Token& token) {
  { token.stop_requested() } -> std::same_as<bool>;
  typename StopCallbackOf<Token, void (*)()>::type;
};

}  // namespace tb
