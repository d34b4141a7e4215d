// One of several waits of a thread that is to happen. For the sources beside this.
#pragma once

#include <cstdint>

#include "base/atomic.h"
#include "runtime/sync/channel_core.h"

namespace tb::detail {

// What the waiters of one select() share; lies on its stack. They are taken out under the locks of
// different channels, so they settle here who is the one; the others stay where they are until the
// thread takes them out itself, or somebody finds them in his way.
class Choice {
 public:
  Choice() = default;
  Choice(const Choice&) = delete;
  Choice& operator=(const Choice&) = delete;

  // So many waiters there are. Before the first stands in a queue that is not locked.
  void expect(std::uint32_t waiters) { open_ = waiters; }

  // Whether that waiter is the one: true once. By whoever has taken it out, under the lock of its
  // channel.
  bool settle(ElementWaiter& waiter) {
    ElementWaiter* nobody = nullptr;
    return settled_.compare_exchange_strong(nobody, &waiter);
  }

  // The same of one whose channel is closed: it is the one if there is no other channel left.
  bool settle_closed(ElementWaiter& waiter) { return --open_ == 0 && settle(waiter); }

  // By the thread itself: nobody is to be the one any more. False if somebody is.
  bool give_up() {
    ElementWaiter* nobody = nullptr;
    return settled_.compare_exchange_strong(nobody, &no_one_);
  }

  // Null while nobody is.
  ElementWaiter* settled() const { return settled_.load(); }

 private:
  Atomic<ElementWaiter*> settled_{nullptr};  // shared
  Atomic<std::uint32_t> open_{0};            // shared: waiters whose channel is not closed
  ElementWaiter no_one_{Wish::kReceive, nullptr};
};

}  // namespace tb::detail
