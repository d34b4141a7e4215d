// Who meets whom at a channel. All who wait there wait for the same: to send while it is full, or
// to receive while it is empty.
#include "runtime/sync/channel.h"

#include "runtime/sync/taking.h"

namespace tb::detail {
namespace {

constexpr std::uintptr_t kOpen = 0;
constexpr std::uintptr_t kIsClosed = WaitWord::kUnit;

enum Wish : std::uint32_t { kSends, kReceives };

// The next one who waits for that, who is taken out; null if nobody does.
ChannelCore::ElementWaiter* take_partner(WaitWord::Locked& word, Wish wish) {
  Waiter* const first = word.first();
  if (first == nullptr || first->wish != wish) {
    return nullptr;
  }
  word.remove(*first);
  auto& partner = static_cast<ChannelCore::ElementWaiter&>(*first);
  partner.is_done = true;
  return &partner;
}

}  // namespace

ChannelCore::~ChannelCore() {
  for (; count_ > 0; --count_) {
    type_.destroy(slot(first_));
    first_ = (first_ + 1) % capacity_;
  }
}

ChannelCore::Outcome ChannelCore::send_now(WaitWord::Locked& word, void* element,
                                           ElementWaiter*& partner) {
  if (word.value() == kIsClosed) {
    return Outcome::kClosed;
  }
  partner = take_partner(word, kReceives);
  if (partner != nullptr) {
    type_.move(partner->element, element);
    return Outcome::kDone;
  }
  if (count_ == capacity_) {
    return Outcome::kMustWait;
  }
  type_.move(slot((first_ + count_) % capacity_), element);
  ++count_;
  return Outcome::kDone;
}

ChannelCore::Outcome ChannelCore::receive_now(WaitWord::Locked& word, void* place,
                                              ElementWaiter*& partner) {
  if (count_ == 0) {
    partner = take_partner(word, kSends);
    if (partner == nullptr) {
      return word.value() == kIsClosed ? Outcome::kClosed : Outcome::kMustWait;
    }
    type_.move(place, partner->element);
    return Outcome::kDone;
  }
  type_.move(place, slot(first_));
  type_.destroy(slot(first_));
  first_ = (first_ + 1) % capacity_;
  --count_;
  partner = take_partner(word, kSends);
  if (partner != nullptr) {
    type_.move(slot((first_ + count_) % capacity_), partner->element);
    ++count_;
  }
  return Outcome::kDone;
}

// What comes of a look at the channel; who has to wait stands in the ring.
struct ChannelCore::Attempt {
  Outcome outcome;
  ElementWaiter* partner = nullptr;

  template <class Now>
  Attempt(WaitWord& word, ElementWaiter& waiter, Now now) {
    WaitWord::Locked locked(word);
    outcome = now(locked, waiter.element, partner);
    if (outcome == Outcome::kMustWait) {
      enqueue(locked, waiter, Order::kByUrgency);
    }
    waiter.is_done = outcome == Outcome::kDone;
  }
};

template <class Now>
Turn ChannelCore::begin(ElementWaiter& waiter, std::uint32_t wish, Now now) {
  waiter.wish = wish;
  Cpu& cpu = hold_cpu_to_block();
  const Attempt attempt(word_, waiter, now);
  if (attempt.outcome == Outcome::kMustWait) {
    return begin_wait_on(cpu);
  }
  note_over(waiter);
  if (attempt.partner != nullptr) {
    finish(*attempt.partner);
  }
  return Turn();
}

Turn ChannelCore::begin_send(ElementWaiter& waiter) {
  return begin(waiter, kSends, [this](WaitWord::Locked& word, void* element, auto& partner) {
    return send_now(word, element, partner);
  });
}

Turn ChannelCore::begin_receive(ElementWaiter& waiter) {
  return begin(waiter, kReceives, [this](WaitWord::Locked& word, void* place, auto& partner) {
    return receive_now(word, place, partner);
  });
}

template <class Now>
ChannelCore::Result ChannelCore::once(Now now) {
  const PreemptionGuard guard;
  ElementWaiter* partner = nullptr;
  Outcome outcome{};
  {
    WaitWord::Locked word(word_);
    outcome = now(word, partner);
  }
  if (partner != nullptr) {
    finish(*partner);
  }
  return outcome == Outcome::kDone
             ? Result()
             : std::unexpected(outcome == Outcome::kClosed ? ChannelError::kClosed
                                                           : ChannelError::kNotNow);
}

ChannelCore::Result ChannelCore::try_send(void* element) {
  return once(
      [&](WaitWord::Locked& word, auto& partner) { return send_now(word, element, partner); });
}

ChannelCore::Result ChannelCore::try_receive(void* place) {
  return once(
      [&](WaitWord::Locked& word, auto& partner) { return receive_now(word, place, partner); });
}

template <class Now>
ChannelCore::Result ChannelCore::patiently(void* element, std::uint32_t wish,
                                           const Patience& patience, Now now) {
  ElementWaiter waiter(element);
  waiter.wish = wish;
  WaitEnd end = WaitEnd::kOver;
  bool waits = false;
  {
    const PreemptionGuard guard;
    const Attempt attempt(word_, waiter, now);
    waits = attempt.outcome == Outcome::kMustWait;
    if (attempt.partner != nullptr) {
      finish(*attempt.partner);
    }
  }
  if (waits) {
    end = wait(word_, waiter, patience, never);
  }
  if (end != WaitEnd::kOver) {
    return std::unexpected(end == WaitEnd::kStopped ? ChannelError::kStopped
                                                    : ChannelError::kTimedOut);
  }
  return waiter.is_done ? Result() : std::unexpected(ChannelError::kClosed);
}

ChannelCore::Result ChannelCore::send_patiently(void* element, const Patience& patience) {
  return patiently(element, kSends, patience,
                   [this](WaitWord::Locked& word, void* from, auto& partner) {
                     return send_now(word, from, partner);
                   });
}

ChannelCore::Result ChannelCore::receive_patiently(void* place, const Patience& patience) {
  return patiently(place, kReceives, patience,
                   [this](WaitWord::Locked& word, void* to, auto& partner) {
                     return receive_now(word, to, partner);
                   });
}

// Once it is closed nobody begins to wait.
void ChannelCore::close() {
  bool is_done = false;
  while (!is_done) {
    const PreemptionGuard guard;
    Leaving leaving;
    {
      WaitWord::Locked word(word_);
      word.set_value(kIsClosed);
      is_done = leaving.take(word, [](const Waiter&) { return true; });
    }
    leaving.finish_all();
  }
}

bool ChannelCore::is_closed() {
  const PreemptionGuard guard;
  return word_.value() != kOpen;
}

std::size_t ChannelCore::size() {
  const PreemptionGuard guard;
  const WaitWord::Locked word(word_);
  return count_;
}

}  // namespace tb::detail
