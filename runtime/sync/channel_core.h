// What a channel is, whatever it carries: a ring of slots with two ends, and those who wait.
//
// For the headers beside this one; applications use channel.h and select.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>

#include "arch/cpu.h"
#include "runtime/preemption.h"
#include "runtime/sync/ring_end.h"
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

// What somebody wants of a channel.
enum class Wish : std::uint8_t { kSend, kReceive };

using ChannelEnd = RingEnd<&arch::relax>;

class Choice;

// A waiter with the element that is sent, or the place for the one that is received.
struct ElementWaiter : Waiter {
  ElementWaiter(Wish wanted, void* what) : element(what) {
    wish = static_cast<std::uint32_t>(wanted);
  }
  Wish wants() const { return static_cast<Wish>(wish); }

  // Begins anew, as one of several.
  void begin_choice(Choice& of) {
    // Relaxed: pairs with nothing, nobody else knows it yet.
    phase.store(WaitPhase::kAsleep, std::memory_order_relaxed);
    choice = &of;
    is_done = false;
  }

  void* const element;
  Choice* choice = nullptr;  // of a select(), which waits at several channels
  bool is_done = false;      // else it was closed
};

class ChannelCore {
 public:
  // `room` for `capacity` elements.
  ChannelCore(const ElementType& type, void* room, std::size_t capacity);
  ChannelCore(const ChannelCore&) = delete;
  ChannelCore& operator=(const ChannelCore&) = delete;
  ~ChannelCore();

  // While nobody waits: `fill(slot)` puts an element into the slot of that number, `empty(slot)`
  // takes one out. Preemption is off meanwhile.
  template <class Fill>
  [[gnu::always_inline]] Passage send_through(Fill fill) {
    return go_through(senders_, receivers_, fill);
  }
  template <class Empty>
  [[gnu::always_inline]] Passage receive_through(Empty empty) {
    return go_through(receivers_, senders_, empty);
  }

  // For one who was barred: whether that seems to be over. Looks for a moment if whoever is to
  // change it runs on another CPU, and nobody needs this one.
  bool watch(Wish wish) const;

  // As long as it takes: begin, finish, then is_done tells.
  Turn begin_send(ElementWaiter& waiter);
  Turn begin_receive(ElementWaiter& waiter);
  [[gnu::always_inline]] void finish(const Turn& turn, ElementWaiter& waiter) {
    finish_wait(turn, word_, waiter);
  }

  using Result = std::expected<void, ChannelError>;
  Result try_once(Wish wish, void* element);
  Result wait_patiently(Wish wish, void* element, const Patience& patience);

  void close();
  bool is_closed();
  std::size_t size() const;

 private:
  friend class Selection;

  enum class Outcome : std::uint8_t { kDone, kClosed, kMustWait };
  class Inside;
  struct Attempt;

  // Whose other end it is that one with that wish comes to.
  const ChannelEnd& end_for(Wish wish) const { return wish == Wish::kSend ? senders_ : receivers_; }
  const ChannelEnd& end_beyond(Wish wish) const {
    return wish == Wish::kSend ? receivers_ : senders_;
  }

  template <class Move>
  [[gnu::always_inline]] static Passage go_through(ChannelEnd& end, const ChannelEnd& other,
                                                   Move move) {
    const PreemptionGuard guard;
    const Passage passage = end.enter(other);
    if (passage == Passage::kFree) [[likely]] {
      move(end.slot());
      end.leave(arch::current());
    }
    return passage;
  }

  Turn begin(Wish wish, ElementWaiter& waiter);
  Passage go_through(Wish wish, void* element);
  Outcome do_now(Inside& inside, Wish wish, void* element, ElementWaiter*& partner);
  Outcome send_now(Inside& inside, void* element, ElementWaiter*& partner);
  Outcome receive_now(Inside& inside, void* place, ElementWaiter*& partner);
  void note_meeting(const void* sender, const void* receiver);
  void* slot(std::size_t number) const { return room_ + number * type_.size; }

  ChannelEnd senders_;
  ChannelEnd receivers_;
  WaitWord word_{0};  // shared; the value tells whether it is closed
  const ElementType& type_;
  std::byte* const room_;
  const std::size_t capacity_;
};

}  // namespace detail
}  // namespace tb
