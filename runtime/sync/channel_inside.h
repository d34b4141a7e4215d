// A channel while somebody has its lock: nobody goes through either end, and those who wait may be
// taken out. For the sources beside this.
#pragma once

#include "runtime/sync/channel_core.h"
#include "runtime/sync/choice.h"
#include "runtime/sync/taking.h"

namespace tb::detail {

// For a few instructions; preemption is off meanwhile. The ends stay shut if somebody waits then,
// and for good if it is closed or without room.
class ChannelCore::Inside {
 public:
  static constexpr std::uintptr_t kOpen = 0;

  [[gnu::always_inline]] explicit Inside(ChannelCore& channel)
      : channel_(channel), word_(channel.word_) {
    if (!channel_.senders_.is_shut()) {
      channel_.senders_.shut();
      channel_.receivers_.shut();
    }
  }
  [[gnu::always_inline]] ~Inside() {
    if (channel_.capacity_ > 0 && word_.first() == nullptr && !is_closed()) {
      channel_.senders_.open(channel_.receivers_);
      channel_.receivers_.open(channel_.senders_);
    }
  }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

  WaitWord::Locked& word() { return word_; }
  bool is_closed() const { return word_.value() == kIsClosed; }
  void close() { word_.set_value(kIsClosed); }

  // The next one who wants that, who is taken out; null if nobody does. Who waits at other
  // channels, too, may have been served there.
  [[gnu::always_inline]] ElementWaiter* take_partner(Wish wish) {
    while (word_.first() != nullptr) {
      auto& partner = static_cast<ElementWaiter&>(*word_.first());
      if (partner.wants() != wish) {
        break;
      }
      word_.remove(partner);
      if (partner.choice == nullptr || partner.choice->settle(partner)) {
        partner.is_done = true;
        return &partner;
      }
    }
    return nullptr;
  }

  // Of one that is closed: takes those out who wait, as far as there is room; true if that was all.
  // Who waits at other channels, too, goes on waiting there.
  bool dismiss(Leaving& leaving) {
    while (word_.first() != nullptr && !leaving.is_full()) {
      auto& waiter = static_cast<ElementWaiter&>(*word_.first());
      word_.remove(waiter);
      if (waiter.choice == nullptr || waiter.choice->settle_closed(waiter)) {
        leaving.add(waiter);
      }
    }
    return word_.first() == nullptr;
  }

 private:
  static constexpr std::uintptr_t kIsClosed = WaitWord::kUnit;

  ChannelCore& channel_;
  WaitWord::Locked word_;
};

}  // namespace tb::detail
