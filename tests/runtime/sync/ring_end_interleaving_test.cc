// Two ends of a ring in every order of their steps: a value comes once, in its turn, and nobody is
// inside while the ends are shut.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <vector>

#include "runtime/sync/ring_end.h"
#include "tests/explorer/explore.h"
#include "tests/explorer/passes.h"
#include "tests/explorer/weaken.h"

namespace tb {
namespace {

using explorer::ensure;
using explorer::ExploredAtomic;
using explorer::ExploredData;
using explorer::passes;
using explorer::wait_for_change;

using End = RingEnd<&wait_for_change, ExploredAtomic, ExploredData>;

template <std::size_t kSlots>
struct Ring {
  Ring() {
    senders.open(receivers);
    receivers.open(senders);
  }

  Passage try_send(int value) {
    const Passage passage = senders.enter(receivers);
    if (passage == Passage::kFree) {
      slots[senders.slot()].write(value);
      senders.leave(nullptr);
    }
    return passage;
  }

  // Zero is none.
  int try_receive() {
    if (receivers.enter(senders) != Passage::kFree) {
      return 0;
    }
    const int value = slots[receivers.slot()].read();
    slots[receivers.slot()].write(0);
    receivers.leave(nullptr);
    return value;
  }

  std::array<ExploredData<int>, kSlots> slots;
  End senders{kSlots, kSlots};
  End receivers{kSlots, 0};
};

// More tries than slots, so that those are used again.
template <std::size_t kSlots, int kTries>
struct InOrder {
  std::vector<std::function<void()>> threads() {
    return {[this] {
              for (int i = 0; i < kTries; ++i) {
                sent += ring.try_send(sent + 1) == Passage::kFree ? 1 : 0;
              }
            },
            [this] {
              for (int i = 0; i < kTries; ++i) {
                receive();
              }
            }};
  }
  void receive() {
    const int value = ring.try_receive();
    ensure(value == 0 || value == received + 1, "values come in the order in which they were sent");
    received += value != 0 ? 1 : 0;
  }
  void check() {
    for (std::size_t i = 0; i < kSlots; ++i) {
      receive();
    }
    ensure(received == sent, "each value comes");
  }

  Ring<kSlots> ring;
  int sent = 0;
  int received = 0;
};

// Two at one end and one at the other; each tries once. There is a value before.
struct TwoSenders {
  TwoSenders() { sent = ring.try_send(1) == Passage::kFree ? 1 : 0; }

  std::vector<std::function<void()>> threads() {
    const auto send = [this](int value) {
      accepted[value - 2] = ring.try_send(value) == Passage::kFree ? value : 0;
    };
    return {[send] { send(2); }, [send] { send(3); }, [this] { received = ring.try_receive(); }};
  }
  void check() {
    ensure(sent + accepted[0] + accepted[1] == received + ring.try_receive(),
           "each value comes once");
  }

  Ring<1> ring;
  int sent = 0;
  std::array<int, 2> accepted{};
  int received = 0;
};

// The same, but there is none before.
struct TwoReceivers {
  std::vector<std::function<void()>> threads() {
    return {[this] { received[0] = ring.try_receive(); },
            [this] { received[1] = ring.try_receive(); },
            [this] { ensure(ring.try_send(1) == Passage::kFree, "there is room"); }};
  }
  void check() {
    ensure(received[0] + received[1] + ring.try_receive() == 1, "each value comes once");
  }

  Ring<1> ring;
  std::array<int, 2> received{};
};

// Who has shut both ends has the slots, and finds what was sent before; who comes then is told.
struct Shutting {
  std::vector<std::function<void()>> threads() {
    return {[this] { is_sent = ring.try_send(1) == Passage::kFree; },
            [this] {
              ring.senders.shut();
              ring.receivers.shut();
              if (ring.senders.ahead_of(ring.receivers) > 0) {
                taken = ring.slots[ring.receivers.slot()].read();
                ring.receivers.pass(nullptr);
              }
              ring.slots[ring.senders.slot()].write(2);
              ring.senders.pass(nullptr);
              ring.senders.open(ring.receivers);
              ring.receivers.open(ring.senders);
            },
            [this] { received = ring.try_receive(); }};
  }
  void check() {
    int left = 0;
    while (const int value = ring.try_receive()) {
      left += value;
    }
    ensure(taken + received + left == (is_sent ? 1 : 0) + 2, "each value comes once");
  }

  Ring<2> ring;
  bool is_sent = false;
  int taken = 0;
  int received = 0;
};

template <class Scenario>
void expect_it_holds() {
  const explorer::Report report = explorer::explore<Scenario>();
  EXPECT_TRUE(passes(report));
  EXPECT_EQ(report.coverage, explorer::Coverage::kEverything);
}

TEST(RingEndInterleaving, OneSlotCarriesValuesInOrder) { expect_it_holds<InOrder<1, 2>>(); }

TEST(RingEndInterleaving, TwoSlotsCarryValuesInOrder) { expect_it_holds<InOrder<2, 3>>(); }

TEST(RingEndInterleaving, ManySendAndEachValueComesOnce) { expect_it_holds<TwoSenders>(); }

TEST(RingEndInterleaving, ManyReceiveAndEachValueComesOnce) { expect_it_holds<TwoReceivers>(); }

TEST(RingEndInterleaving, WhoHasShutTheEndsIsAlone) { expect_it_holds<Shutting>(); }

TEST(RingEndInterleaving, NeedsItsMemoryOrders) {
  const auto weakenings =
      explorer::try_weakenings<InOrder<1, 2>, Shutting, TwoSenders, TwoReceivers>(
          "runtime/sync/ring_end.h");
  EXPECT_THAT(weakenings.unnoticed, testing::IsEmpty());
  EXPECT_THAT(weakenings.noticed, testing::SizeIs(testing::Ge(5U)));
}

}  // namespace
}  // namespace tb
