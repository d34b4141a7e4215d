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
#include <cstdint>
#include <expected>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "base/time.h"
#include "runtime/sync/stop_token.h"
#include "runtime/sync/wait.h"

namespace tb {

// Why nothing was sent or received.
enum class ChannelError : std::uint8_t {
  kClosed,  // for good; what was sent before has been received
  kNotNow,  // it would have had to wait
  kTimedOut,
  kStopped,
};

namespace detail {

// What a channel does with values of some type.
struct ElementType {
  std::size_t size;
  void (*move)(void* to, void* from);  // makes a new one out of one that stays
  void (*destroy)(void* element);
};

class ChannelCore {
 public:
  // `room` for `capacity` elements.
  ChannelCore(const ElementType& type, void* room, std::size_t capacity)
      : type_(type), room_(static_cast<std::byte*>(room)), capacity_(capacity) {}
  ChannelCore(const ChannelCore&) = delete;
  ChannelCore& operator=(const ChannelCore&) = delete;
  ~ChannelCore();

  // A waiter with the element that is sent, or the place for the one that is received.
  struct ElementWaiter : Waiter {
    explicit ElementWaiter(void* element) : element(element) {}
    void* element;
    bool is_done = false;  // else it was closed
  };

  // As long as it takes: begin, finish_wait(), then is_done tells.
  Turn begin_send(ElementWaiter& waiter);
  Turn begin_receive(ElementWaiter& waiter);

  using Result = std::expected<void, ChannelError>;
  Result try_send(void* element);
  Result try_receive(void* place);
  Result send_patiently(void* element, const Patience& patience);
  Result receive_patiently(void* place, const Patience& patience);

  void close();
  bool is_closed();
  std::size_t size();

 private:
  enum class Outcome : std::uint8_t { kDone, kClosed, kMustWait };
  struct Attempt;

  Outcome send_now(WaitWord::Locked& word, void* element, ElementWaiter*& partner);
  Outcome receive_now(WaitWord::Locked& word, void* place, ElementWaiter*& partner);
  template <class Now>
  Turn begin(ElementWaiter& waiter, std::uint32_t wish, Now now);
  template <class Now>
  Result once(Now now);
  template <class Now>
  Result patiently(void* element, std::uint32_t wish, const Patience& patience, Now now);
  std::byte* slot(std::size_t position) const { return room_ + position * type_.size; }

  WaitWord word_{0};  // shared; the value tells whether it is closed
  const ElementType& type_;
  std::byte* const room_;
  const std::size_t capacity_;
  std::size_t first_ = 0;  // guarded by the word's lock, as the next
  std::size_t count_ = 0;
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
    detail::ChannelCore::ElementWaiter waiter(std::addressof(value));
    detail::finish_wait(core_.begin_send(waiter), waiter);
    return waiter.is_done ? std::expected<void, ChannelError>()
                          : std::unexpected(ChannelError::kClosed);
  }
  std::expected<void, ChannelError> send(const T& value) { return send(T(value)); }

  // Sends if that can be done at once. Does not block. Errors: kClosed, kNotNow.
  std::expected<void, ChannelError> try_send(T&& value) {
    return core_.try_send(std::addressof(value));
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
  std::expected<void, ChannelError> send_until(T&& value, Time deadline) {
    return core_.send_patiently(std::addressof(value), {.deadline = deadline});
  }
  std::expected<void, ChannelError> send_until(const T& value, Time deadline) {
    return send_until(T(value), deadline);
  }

  // Until a stop is requested. Errors: kClosed, kStopped; then `value` has not been moved.
  template <StoppableToken Token>
  std::expected<void, ChannelError> send(T&& value, const Token& token) {
    return detail::wait_with(token, [&](const detail::Patience& patience) {
      return core_.send_patiently(std::addressof(value), patience);
    });
  }
  template <StoppableToken Token>
  std::expected<void, ChannelError> send(const T& value, const Token& token) {
    return send(T(value), token);
  }

  // Waits until there is a value, and takes it. Errors: kClosed.
  std::expected<T, ChannelError> receive() {
    Place place;
    detail::ChannelCore::ElementWaiter waiter(&place);
    detail::finish_wait(core_.begin_receive(waiter), waiter);
    return waiter.is_done ? place.take() : std::unexpected(ChannelError::kClosed);
  }

  // Takes one if that can be done at once. Does not block. Errors: kClosed, kNotNow.
  std::expected<T, ChannelError> try_receive() {
    return received([this](void* place) { return core_.try_receive(place); });
  }

  // Waits for at least so long, or until then. Errors: kClosed, kTimedOut.
  std::expected<T, ChannelError> receive_for(Duration duration) {
    return receive_until(detail::deadline_after(duration));
  }
  std::expected<T, ChannelError> receive_until(Time deadline) {
    return received(
        [&](void* place) { return core_.receive_patiently(place, {.deadline = deadline}); });
  }

  // Until a stop is requested. Errors: kClosed, kStopped.
  template <StoppableToken Token>
  std::expected<T, ChannelError> receive(const Token& token) {
    return received([&](void* place) {
      return detail::wait_with(token, [&](const detail::Patience& patience) {
        return core_.receive_patiently(place, patience);
      });
    });
  }

  // From here on nothing is sent, and once it is empty nothing is received: all who wait are told.
  // To close it again does nothing. Does not block; not from interrupts.
  void close() { core_.close(); }
  bool is_closed() { return core_.is_closed(); }

  // How many values are on their way; old news when it returns.
  std::size_t size() { return core_.size(); }

 private:
  // Room for a value that nobody has made yet.
  struct Slot {
    alignas(T) std::byte bytes[sizeof(T)];
  };
  struct Place : Slot {
    std::expected<T, ChannelError> take() {
      T* const value = std::launder(reinterpret_cast<T*>(this->bytes));
      std::expected<T, ChannelError> taken(std::move(*value));
      std::destroy_at(value);
      return taken;
    }
  };

  template <class Receive>
  static std::expected<T, ChannelError> received(Receive receive) {
    Place place;
    const auto result = receive(&place);
    return result ? place.take() : std::unexpected(result.error());
  }

  static constexpr detail::ElementType kType = {
      .size = sizeof(Slot),
      .move = [](void* to, void* from) { new (to) T(std::move(*static_cast<T*>(from))); },
      .destroy = [](void* element) { std::destroy_at(static_cast<T*>(element)); }};

  std::unique_ptr<Slot[]> room_;
  detail::ChannelCore core_;
};

}  // namespace tb
