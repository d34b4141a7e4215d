// Who meets whom at a channel. All who wait there wait for the same: to send while it is full, or
// to receive while it is empty.
#include "runtime/sync/channel.h"

#include <chrono>

#include "arch/clock.h"
#include "runtime/sync/channel_inside.h"
#include "runtime/sync/watching.h"

namespace tb::detail {
namespace {

// The pauses between two looks of one who watches the other end: each look takes the line from
// whoever goes through there, so it is left alone for some values at a time.
constexpr Duration kShortestPause = std::chrono::nanoseconds(200);
constexpr Duration kLongestPause = std::chrono::nanoseconds(1600);

// So long watches who waits for one partner, and looks all the time.
constexpr Duration kWatch = std::chrono::microseconds(4);

// No other thread could use this CPU, nor would the two be faster on one.
bool is_free_to_watch(const ThreadRecord& partner) {
  const PreemptionGuard guard;
  const sched::CpuScheduler& scheduler = this_cpu().scheduler;
  return !scheduler.has_work() && !scheduler.would_follow_to(partner.home.load());
}

// While that thread runs on another CPU.
bool pays_to_watch(const void* thread) {
  if (!arch::polling_pays() || thread == nullptr || thread == arch::current()) {
    return false;
  }
  const auto& partner = *static_cast<const ThreadRecord*>(thread);
  return partner.state.get() == sched::ThreadState::kRunning && is_free_to_watch(partner);
}

void note_watched(Time begin) {
  const PreemptionGuard guard;
  this_cpu().scheduler.note_wait(begin, arch::now());
}

void watch_for_end(const Waiter& waiter) {
  const Time begin = arch::now();
  do {
    arch::relax();
  } while (!is_over(waiter) && arch::now() - begin < kWatch);
  note_watched(begin);
}

// False if the wait is over; else it has to be woken from here on.
bool stop_watching(Waiter& waiter) {
  WaitPhase expected = WaitPhase::kWatches;
  // acquire: pairs with the release in finish_watched().
  return waiter.phase.compare_exchange_strong(expected, WaitPhase::kAsleep,
                                              std::memory_order_acquire);
}

}  // namespace

ChannelCore::ChannelCore(const ElementType& type, void* room, std::size_t capacity)
    : senders_(capacity, capacity),
      receivers_(capacity, 0),
      type_(type),
      room_(static_cast<std::byte*>(room)),
      capacity_(capacity) {
  if (capacity_ > 0) {
    senders_.open(receivers_);
    receivers_.open(senders_);
  }
}

ChannelCore::~ChannelCore() {
  for (std::size_t left = size(); left > 0; --left) {
    type_.destroy(slot(receivers_.slot()));
    receivers_.pass(nullptr);
  }
}

bool ChannelCore::watch(Wish wish) const {
  const ChannelEnd& end = end_for(wish);
  const ChannelEnd& other = end_beyond(wish);
  const auto pays = [&] { return !end.is_shut() && pays_to_watch(other.last_one()); };
  if (!pays()) {
    return false;
  }
  const Time begin = arch::now();
  Duration length = kShortestPause;
  bool is_free = false;
  do {
    pause_for(length);
    is_free = end.seems_free(other);
    length *= 2;
  } while (!is_free && length <= kLongestPause && pays());
  note_watched(begin);
  return is_free;
}

Passage ChannelCore::go_through(Wish wish, void* element) {
  if (wish == Wish::kSend) {
    return send_through([&](std::size_t number) { type_.move(slot(number), element); });
  }
  return receive_through([&](std::size_t number) {
    type_.move(element, slot(number));
    type_.destroy(slot(number));
  });
}

[[gnu::always_inline]] inline ChannelCore::Outcome ChannelCore::send_now(Inside& inside,
                                                                         void* element,
                                                                         ElementWaiter*& partner) {
  if (inside.is_closed()) {
    return Outcome::kClosed;
  }
  partner = inside.take_partner(Wish::kReceive);
  if (partner != nullptr) {
    type_.move(partner->element, element);
    note_meeting(arch::current(), partner->thread);
    return Outcome::kDone;
  }
  if (senders_.ahead_of(receivers_) == capacity_) {
    return Outcome::kMustWait;
  }
  type_.move(slot(senders_.slot()), element);
  senders_.pass(arch::current());
  return Outcome::kDone;
}

[[gnu::always_inline]] inline ChannelCore::Outcome ChannelCore::receive_now(
    Inside& inside, void* place, ElementWaiter*& partner) {
  if (senders_.ahead_of(receivers_) == 0) {
    partner = inside.take_partner(Wish::kSend);
    if (partner == nullptr) {
      return inside.is_closed() ? Outcome::kClosed : Outcome::kMustWait;
    }
    type_.move(place, partner->element);
    note_meeting(partner->thread, arch::current());
    return Outcome::kDone;
  }
  type_.move(place, slot(receivers_.slot()));
  type_.destroy(slot(receivers_.slot()));
  receivers_.pass(arch::current());
  partner = inside.take_partner(Wish::kSend);
  if (partner != nullptr) {
    type_.move(slot(senders_.slot()), partner->element);
    senders_.pass(partner->thread);
  }
  return Outcome::kDone;
}

void ChannelCore::note_meeting(const void* sender, const void* receiver) {
  senders_.note(sender);
  receivers_.note(receiver);
}

ChannelCore::Outcome ChannelCore::do_now(Inside& inside, Wish wish, void* element,
                                         ElementWaiter*& partner) {
  return wish == Wish::kSend ? send_now(inside, element, partner)
                             : receive_now(inside, element, partner);
}

// What comes of a look at the channel; who has to wait stands in the queue.
struct ChannelCore::Attempt {
  Outcome outcome;
  ElementWaiter* partner = nullptr;

  [[gnu::always_inline]] Attempt(ChannelCore& channel, Wish wish, ElementWaiter& waiter) {
    Inside inside(channel);
    outcome = wish == Wish::kSend ? channel.send_now(inside, waiter.element, partner)
                                  : channel.receive_now(inside, waiter.element, partner);
    if (outcome == Outcome::kMustWait) {
      enqueue(inside.word(), waiter, Order::kByUrgency);
    }
    waiter.is_done = outcome == Outcome::kDone;
  }
};

[[gnu::always_inline]] inline Turn ChannelCore::begin(Wish wish, ElementWaiter& waiter) {
  const bool watches = capacity_ == 0 && pays_to_watch(end_beyond(wish).last_one());
  if (watches) {
    // Relaxed: pairs with nothing, nobody else knows it yet.
    waiter.phase.store(WaitPhase::kWatches, std::memory_order_relaxed);
  }
  Cpu& cpu = hold_cpu_to_block();
  const Attempt attempt(*this, wish, waiter);
  if (attempt.outcome != Outcome::kMustWait) {
    note_over(waiter);
    if (attempt.partner != nullptr) {
      finish_watched(*attempt.partner);
    }
    return Turn();
  }
  if (!watches) {
    return begin_wait_on(cpu);
  }
  let_go_of_the_cpu();
  watch_for_end(waiter);
  Cpu& cpu_now = hold_cpu_to_block();
  return stop_watching(waiter) ? begin_wait_on(cpu_now) : Turn();
}

Turn ChannelCore::begin_send(ElementWaiter& waiter) { return begin(Wish::kSend, waiter); }

Turn ChannelCore::begin_receive(ElementWaiter& waiter) { return begin(Wish::kReceive, waiter); }

ChannelCore::Result ChannelCore::try_once(Wish wish, void* element) {
  switch (go_through(wish, element)) {
    case Passage::kFree:
      return {};
    case Passage::kBarred:
      return std::unexpected(ChannelError::kNotNow);
    case Passage::kShut:
      break;
  }
  const PreemptionGuard guard;
  ElementWaiter* partner = nullptr;
  Outcome outcome{};
  {
    Inside inside(*this);
    outcome = do_now(inside, wish, element, partner);
  }
  if (partner != nullptr) {
    finish_watched(*partner);
  }
  return outcome == Outcome::kDone
             ? Result()
             : std::unexpected(outcome == Outcome::kClosed ? ChannelError::kClosed
                                                           : ChannelError::kNotNow);
}

ChannelCore::Result ChannelCore::wait_patiently(Wish wish, void* element,
                                                const Patience& patience) {
  if (go_through(wish, element) == Passage::kFree) {
    return {};
  }
  ElementWaiter waiter(wish, element);
  WaitEnd end = WaitEnd::kOver;
  bool waits = false;
  {
    const PreemptionGuard guard;
    const Attempt attempt(*this, wish, waiter);
    waits = attempt.outcome == Outcome::kMustWait;
    if (attempt.partner != nullptr) {
      finish_watched(*attempt.partner);
    }
  }
  if (waits) {
    end = wait(word_, waiter, patience, never, nothing_to_mend);
  }
  if (end != WaitEnd::kOver) {
    return std::unexpected(end == WaitEnd::kStopped ? ChannelError::kStopped
                                                    : ChannelError::kTimedOut);
  }
  return waiter.is_done ? Result() : std::unexpected(ChannelError::kClosed);
}

// Once it is closed nobody begins to wait.
void ChannelCore::close() {
  finish_by_and_by([this](Leaving& leaving) {
    Inside inside(*this);
    inside.close();
    return inside.dismiss(leaving);
  });
}

bool ChannelCore::is_closed() {
  const PreemptionGuard guard;
  return word_.value() != Inside::kOpen;
}

std::size_t ChannelCore::size() const { return std::min(senders_.ahead_of(receivers_), capacity_); }

}  // namespace tb::detail
