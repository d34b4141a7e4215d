// Which of several cases happens: one that can at once; else the thread stands in the queues of all
// channels, and whoever takes it out of one of them settles the choice.
#include "runtime/sync/select.h"

#include <algorithm>
#include <functional>
#include <optional>

#include "arch/clock.h"
#include "runtime/park.h"
#include "runtime/sync/channel_inside.h"

namespace tb::detail {
namespace {

// One of so many, by chance: the time, of which every bit changes the whole result (the last step
// of G. L. Steele's SplitMix64), for turns may be of the same length.
std::size_t any_of(std::size_t count) {
  auto bits = static_cast<std::uint64_t>(arch::now().time_since_epoch().count());
  bits = (bits ^ bits >> 30U) * 0xbf58'476d'1ce4'e5b9U;
  bits = (bits ^ bits >> 27U) * 0x94d0'49bb'1331'11ebU;
  return static_cast<std::size_t>(bits ^ bits >> 31U) % count;
}

// The first one for which `happens(case)` is true, from any one on.
template <class Happens>
std::optional<std::size_t> find_case(SelectCases cases, Happens happens) {
  const std::size_t first = any_of(cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const std::size_t index = (first + i) % cases.size();
    if (happens(*cases[index])) {
      return index;
    }
  }
  return std::nullopt;
}

void expect_one_direction(SelectCases cases) {
  for (const SelectCase* const a : cases) {
    for (const SelectCase* const b : cases) {
      expects(&a->channel != &b->channel || a->waiter.wants() == b->waiter.wants(),
              "a select sends to a channel or receives from it, not both");
    }
  }
}

}  // namespace

// The waiters of one call in the queues of their channels.
class Selection {
 public:
  explicit Selection(SelectCases cases) : cases_(cases) {}
  Selection(const Selection&) = delete;
  Selection& operator=(const Selection&) = delete;

  // What can be done at once is done now; else they stand in their queues.
  std::optional<Selected> begin();

  // After that: waits, and takes out who is left.
  Selected finish(const Patience& patience);

 private:
  class Everywhere;

  bool happens(Everywhere& everywhere, SelectCase& candidate, ElementWaiter*& partner);
  WaitEnd wait(const Patience& patience);
  void leave_all();

  SelectCases cases_;
  Choice choice_;
  std::uint32_t closed_ = 0;
};

// The locks of all channels; preemption is off meanwhile.
class Selection::Everywhere {
 public:
  // In the order of their addresses, so that two who want the same ones do not wait for each other.
  explicit Everywhere(SelectCases cases) {
    std::ranges::transform(cases, channels_.begin(),
                           [](SelectCase* each) { return &each->channel; });
    const auto end = channels_.begin() + static_cast<std::ptrdiff_t>(cases.size());
    std::sort(channels_.begin(), end, std::less<>());
    count_ = static_cast<std::size_t>(std::unique(channels_.begin(), end) - channels_.begin());
    for (std::size_t i = 0; i < count_; ++i) {
      insides_[i].emplace(*channels_[i]);
    }
  }
  Everywhere(const Everywhere&) = delete;
  Everywhere& operator=(const Everywhere&) = delete;

  ChannelCore::Inside& at(const ChannelCore& channel) {
    std::size_t i = 0;
    while (channels_[i] != &channel) {
      ++i;
    }
    return *insides_[i];
  }

 private:
  std::array<ChannelCore*, kMostCases> channels_{};
  std::array<std::optional<ChannelCore::Inside>, kMostCases> insides_;
  std::size_t count_ = 0;
};

bool Selection::happens(Everywhere& everywhere, SelectCase& candidate, ElementWaiter*& partner) {
  ChannelCore& channel = candidate.channel;
  const auto outcome = channel.do_now(everywhere.at(channel), candidate.waiter.wants(),
                                      candidate.waiter.element, partner);
  closed_ += outcome == ChannelCore::Outcome::kClosed ? 1 : 0;
  return outcome == ChannelCore::Outcome::kDone;
}

std::optional<Selected> Selection::begin() {
  const PreemptionGuard guard;
  ElementWaiter* partner = nullptr;
  std::optional<std::size_t> chosen;
  {
    Everywhere everywhere(cases_);
    chosen = find_case(
        cases_, [&](SelectCase& candidate) { return happens(everywhere, candidate, partner); });
    if (!chosen && closed_ < cases_.size()) {
      choice_.expect(static_cast<std::uint32_t>(cases_.size()) - closed_);
      for (SelectCase* const each : cases_) {
        each->waiter.begin_choice(choice_);
        ChannelCore::Inside& inside = everywhere.at(each->channel);
        if (!inside.is_closed()) {
          enqueue(inside.word(), each->waiter, Order::kByUrgency);
        }
      }
      return std::nullopt;
    }
  }
  if (partner != nullptr) {
    finish_watched(*partner);
  }
  return chosen ? Selected(*chosen) : std::unexpected(ChannelError::kClosed);
}

WaitEnd Selection::wait(const Patience& patience) {
  bool is_late = false;
  for (;;) {
    const ElementWaiter* const settled = choice_.settled();
    if (settled != nullptr && is_over(*settled)) {
      return WaitEnd::kOver;
    }
    const std::optional<WaitEnd> reason = reason_to_leave(patience, is_late);
    if (reason && choice_.give_up()) {
      return *reason;
    }
    // Who could not give up need not be patient.
    is_late = park_until(reason ? kNever : patience.deadline) == ParkEnd::kTimedOut;
  }
}

void Selection::leave_all() {
  for (SelectCase* const each : cases_) {
    const PreemptionGuard guard;
    WaitWord::Locked word(each->channel.word_);
    if (WaitWord::Locked::is_queued(each->waiter)) {
      word.remove(each->waiter);
    }
  }
}

Selected Selection::finish(const Patience& patience) {
  const WaitEnd end = wait(patience);
  leave_all();
  if (end == WaitEnd::kToldToEnd) {
    end_without_return();
  }
  if (end != WaitEnd::kOver) {
    return std::unexpected(end == WaitEnd::kStopped ? ChannelError::kStopped
                                                    : ChannelError::kTimedOut);
  }
  const auto chosen =
      std::ranges::find(cases_, choice_.settled(), [](SelectCase* each) { return &each->waiter; });
  return (*chosen)->waiter.is_done ? Selected(chosen - cases_.begin())
                                   : std::unexpected(ChannelError::kClosed);
}

Selected select_at_once(SelectCases cases) {
  expect_one_direction(cases);
  std::size_t closed = 0;
  const auto chosen = find_case(cases, [&closed](SelectCase& candidate) {
    const auto result =
        candidate.channel.try_once(candidate.waiter.wants(), candidate.waiter.element);
    closed += result == std::unexpected(ChannelError::kClosed) ? 1 : 0;
    return result.has_value();
  });
  if (chosen) {
    return *chosen;
  }
  return std::unexpected(closed == cases.size() ? ChannelError::kClosed : ChannelError::kNotNow);
}

Selected select_patiently(SelectCases cases, const Patience& patience) {
  const Selected at_once = select_at_once(cases);
  if (at_once || at_once.error() == ChannelError::kClosed) {
    return at_once;
  }
  Selection selection(cases);
  const std::optional<Selected> begun = selection.begin();
  return begun ? *begun : selection.finish(patience);
}

}  // namespace tb::detail
