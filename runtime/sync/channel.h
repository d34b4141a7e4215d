// A way for values from thread to thread, in the order in which they are sent.
//
//   tb::Channel<Work> channel(16);                    // room for 16 on their way
//   channel.send(work);                               // waits while it is full
//   while (auto work = channel.receive()) { ... }     // until it is closed and empty
//
// Without room, a sender waits until somebody receives. Many may send, many may receive. Of those
// who wait the most urgent go first, then those who came first.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "base/time.h"
#include "runtime/deadline.h"
#include "runtime/sync/channel_core.h"
#include "runtime/sync/stop_token.h"
#include "runtime/sync/wait.h"

namespace tb {

namespace detail {

// Room for a value that nobody has made yet.
template <class T>
struct ElementSlot {
  alignas(T) std::byte bytes[sizeof(T)];

  T take() {
    T* const value = std::launder(reinterpret_cast<T*>(bytes));
    T taken(std::move(*value));
    std::destroy_at(value);
    return taken;
  }
};

}  // namespace detail

// To move a T takes a few instructions, and does not block: what is large is better sent by a
// std::unique_ptr.
template <class T>
class Channel {
  static_assert(std::is_nothrow_move_constructible_v<T>, "a value is moved where nothing may fail");

 public:
  // With room for so many values. Takes memory from the heap for those.
  explicit Channel(std::size_t capacity = 0)
      : room_(capacity > 0 ? std::make_unique<Slot[]>(capacity) : nullptr),
        core_(kType, room_.get(), capacity) {}

  // Waits until there is room, or somebody receives. Errors: kClosed; then `value` has not been
  // moved. Blocks; from threads only, as all below that waits.
  std::expected<void, ChannelError> send(T&& value) {
    const Passage passage = put(value);
    if (passage == Passage::kFree) [[likely]] {
      return {};
    }
    return send_waiting(value, passage);
  }
  std::expected<void, ChannelError> send(const T& value) { return send(T(value)); }

  // Sends if that can be done at once. Does not block. Errors: kClosed, kNotNow.
  std::expected<void, ChannelError> try_send(T&& value) {
    return core_.try_once(detail::Wish::kSend, std::addressof(value));
  }
  std::expected<void, ChannelError> try_send(const T& value) { return try_send(T(value)); }

  // Waits for at least so long, or until then. Errors: kClosed, kTimedOut; then `value` has not
  // been moved.
  std::expected<void, ChannelError> send_for(T&& value, Duration duration) {
    return send_until(std::move(value), detail::deadline_after(duration));
  }
  std::expected<void, ChannelError> send_for(const T& value, Duration duration) {
    return send_for(T(value), duration);
  }
  std::expected<void, ChannelError> send_until(T&& value, Deadline deadline) {
    return send_patiently(value, {.deadline = deadline});
  }
  std::expected<void, ChannelError> send_until(const T& value, Deadline deadline) {
    return send_until(T(value), deadline);
  }

  // Until a stop is requested. Errors: kClosed, kStopped; then `value` has not been moved.
  template <StoppableToken Token>
  std::expected<void, ChannelError> send(T&& value, const Token& token) {
    return detail::wait_with(
        token, [&](const detail::Patience& patience) { return send_patiently(value, patience); });
  }
  template <StoppableToken Token>
  std::expected<void, ChannelError> send(const T& value, const Token& token) {
    return send(T(value), token);
  }

  // Waits until there is a value, and takes it. Errors: kClosed.
  std::expected<T, ChannelError> receive() {
    std::expected<T, ChannelError> taken = std::unexpected(ChannelError::kNotNow);
    const Passage passage = take(taken);
    if (passage != Passage::kFree) [[unlikely]] {
      receive_waiting(taken, passage);
    }
    return taken;
  }

  // Takes one if that can be done at once. Does not block. Errors: kClosed, kNotNow.
  std::expected<T, ChannelError> try_receive() {
    return received([this](void* place) { return core_.try_once(detail::Wish::kReceive, place); });
  }

  // Waits for at least so long, or until then. Errors: kClosed, kTimedOut.
  std::expected<T, ChannelError> receive_for(Duration duration) {
    return receive_until(detail::deadline_after(duration));
  }
  std::expected<T, ChannelError> receive_until(Deadline deadline) {
    return received([&](void* place) {
      return core_.wait_patiently(detail::Wish::kReceive, place, {.deadline = deadline});
    });
  }

  // Until a stop is requested. Errors: kClosed, kStopped.
  template <StoppableToken Token>
  std::expected<T, ChannelError> receive(const Token& token) {
    return received([&](void* place) {
      return detail::wait_with(token, [&](const detail::Patience& patience) {
        return core_.wait_patiently(detail::Wish::kReceive, place, patience);
      });
    });
  }

  // From here on nothing is sent, and once it is empty nothing is received: all who wait are told.
  // To close it again does nothing. Does not block; not from interrupts.
  void close() { core_.close(); }
  bool is_closed() { return core_.is_closed(); }

  // How many values are on their way; old news when it returns.
  std::size_t size() const { return core_.size(); }

 private:
  template <class U, class Function>
  friend auto receive_from(Channel<U>& channel, Function function);
  template <class U, class Function>
  friend auto send_to(Channel<U>& channel, std::type_identity_t<U>&& value, Function function);
  template <class U, class Function>
  friend auto send_to(Channel<U>& channel, const std::type_identity_t<U>& value, Function function);

  using Slot = detail::ElementSlot<T>;

  // Through the ends of the channel, if they are open.
  [[gnu::always_inline]] Passage put(T& value) {
    if (room_ == nullptr) {
      return Passage::kShut;
    }
    return core_.send_through([&](std::size_t slot) { new (&room_[slot]) T(std::move(value)); });
  }
  [[gnu::always_inline]] Passage take(std::expected<T, ChannelError>& taken) {
    if (room_ == nullptr) {
      return Passage::kShut;
    }
    return core_.receive_through([&](std::size_t slot) { taken.emplace(room_[slot].take()); });
  }

  [[gnu::noinline]] std::expected<void, ChannelError> send_waiting(T& value, Passage passage) {
    if (passage == Passage::kBarred && core_.watch(detail::Wish::kSend) &&
        put(value) == Passage::kFree) {
      return {};
    }
    detail::ElementWaiter waiter(detail::Wish::kSend, std::addressof(value));
    core_.finish(core_.begin_send(waiter), waiter);
    return waiter.is_done ? std::expected<void, ChannelError>()
                          : std::unexpected(ChannelError::kClosed);
  }

  [[gnu::noinline]] void receive_waiting(std::expected<T, ChannelError>& taken, Passage passage) {
    if (passage == Passage::kBarred && core_.watch(detail::Wish::kReceive) &&
        take(taken) == Passage::kFree) {
      return;
    }
    Slot place;
    detail::ElementWaiter waiter(detail::Wish::kReceive, &place);
    core_.finish(core_.begin_receive(waiter), waiter);
    if (waiter.is_done) {
      taken.emplace(place.take());
    } else {
      taken = std::unexpected(ChannelError::kClosed);
    }
  }

  std::expected<void, ChannelError> send_patiently(T& value, const detail::Patience& patience) {
    return core_.wait_patiently(detail::Wish::kSend, std::addressof(value), patience);
  }

  template <class Receive>
  static std::expected<T, ChannelError> received(Receive receive) {
    Slot place;
    const auto result = receive(&place);
    std::expected<T, ChannelError> taken =
        std::unexpected(result ? ChannelError() : result.error());
    if (result) {
      taken.emplace(place.take());
    }
    return taken;
  }

  static constexpr detail::ElementType kType = {
      .size = sizeof(Slot),
      .move = [](void* to, void* from) { new (to) T(std::move(*static_cast<T*>(from))); },
      .destroy = [](void* element) { std::destroy_at(static_cast<T*>(element)); }};

  std::unique_ptr<Slot[]> room_;
  detail::ChannelCore core_;
};

}  // namespace tb
