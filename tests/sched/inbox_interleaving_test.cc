// The inbox in every order of its operations, and with every old value that its memory orders
// allow: two pushers and the owner.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <vector>

#include "sched/inbox.h"
#include "tests/explorer/explore.h"
#include "tests/explorer/passes.h"
#include "tests/explorer/weaken.h"

namespace tb::sched {
namespace {

using explorer::Coverage;
using explorer::ensure;
using explorer::ExploredAtomic;
using explorer::ExploredData;
using explorer::passes;

struct Node {
  std::uintptr_t link = 0;
  ExploredData<int> contents{0};
  int arrivals = 0;  // the owner's
};

using Nodes = Inbox<Node, &Node::link, ExploredAtomic>;

// The owner takes `kTakes` times while the pushers push `kPushes` nodes each; the rest is taken in
// the end.
template <std::size_t kPushers, std::size_t kPushes, int kTakes>
struct Delivery {
  Delivery() {
    explorer::name(inbox, "inbox");
    explorer::name(nodes, "nodes");
  }

  std::vector<std::function<void()>> threads() {
    std::vector<std::function<void()>> threads{[this] {
      for (int count = 0; count < kTakes; ++count) {
        take();
      }
    }};
    for (auto& pile : nodes) {
      threads.emplace_back([this, &pile] {
        for (Node& node : pile) {
          node.contents.write(1);
          announced += inbox.push(node) == Tell::kOwner ? 1 : 0;
        }
      });
    }
    return threads;
  }

  void take() {
    if (inbox.empty()) {
      return;
    }
    ++batches;
    for (Node* node = inbox.take_all().first; node != nullptr; node = Nodes::after(*node)) {
      ++node->arrivals;
      ensure(node->contents.read() == 1, "a node comes with its contents");
      node->contents.write(2);
      for (const auto& pile : nodes) {
        for (const Node* before = pile.data(); before < node && node < pile.data() + kPushes;
             ++before) {
          ensure(before->arrivals == 1, "a pusher's nodes come in its order");
        }
      }
    }
  }

  void check() {
    take();
    for (const auto& pile : nodes) {
      for (const Node& node : pile) {
        ensure(node.arrivals == 1, "every node comes once");
      }
    }
    ensure(announced == batches, "the owner is told as often as there is something to take");
    ensure(inbox.empty(), "nothing is left");
  }

  Nodes inbox;
  std::array<std::array<Node, kPushes>, kPushers> nodes;
  int announced = 0;
  int batches = 0;
};

template <class Scenario>
void expect_nothing_wrong(std::size_t at_least, const explorer::Options& options = {}) {
  const explorer::Report report = explorer::explore<Scenario>(options);
  EXPECT_TRUE(passes(report));
  EXPECT_EQ(report.coverage, Coverage::kEverything);
  EXPECT_GT(report.runs, at_least);
}

// The owner watches at first, then stops and looks, as often as `kRounds`; meanwhile the pushers
// push. Whoever is left in the inbox in the end has had the owner told.
template <std::size_t kPushers, std::size_t kPushes, int kRounds>
struct Watching {
  Watching() {
    explorer::name(inbox, "inbox");
    inbox.watch();
  }

  std::vector<std::function<void()>> threads() {
    std::vector<std::function<void()>> threads{[this] {
      for (int round = 0; round < kRounds; ++round) {
        if (round > 0) {
          inbox.watch();
        }
        inbox.stop_watching();
        if (!inbox.empty()) {
          take();
        }
      }
    }};
    for (auto& pile : nodes) {
      threads.emplace_back([this, &pile] {
        for (Node& node : pile) {
          told += inbox.push(node) == Tell::kOwner ? 1 : 0;
        }
      });
    }
    return threads;
  }

  void take() {
    ++batches;
    for (Node* node = inbox.take_all().first; node != nullptr; node = Nodes::after(*node)) {
      ++taken;
    }
  }

  void check() {
    if (!inbox.empty()) {
      ensure(told > 0, "somebody tells the owner, or the owner sees what came");
      take();
    }
    ensure(told <= batches, "nobody tells the owner twice of the same");
    ensure(taken == kPushers * kPushes, "every node comes once");
  }

  Nodes inbox;
  std::array<std::array<Node, kPushes>, kPushers> nodes;
  int told = 0;
  int batches = 0;
  std::size_t taken = 0;
};

// Two who each leave a note about their node or, where that cannot be, push it; the owner watches
// no more, then looks.
template <std::size_t kRounds>
struct Notes {
  Notes() {
    explorer::name(inbox, "inbox");
    inbox.watch();
  }

  std::vector<std::function<void()>> threads() {
    std::vector<std::function<void()>> threads{[this] {
      if (inbox.take_note_about(nodes[0][0]) != 0) {
        note(nodes[0][0]);
      }
      inbox.stop_watching();
      take();
    }};
    for (auto& pile : nodes) {
      threads.emplace_back([this, &pile] {
        for (Node& node : pile) {
          node.contents.write(1);
          const auto noted = inbox.push_note(node, 2);
          told += noted.value_or(Tell::kNobody) == Tell::kOwner ? 1 : 0;
          if (!noted) {
            told += inbox.push(node) == Tell::kOwner ? 1 : 0;
          }
        }
      });
    }
    return threads;
  }

  void take() {
    if (inbox.empty()) {
      return;
    }
    ++batches;
    const Nodes::Contents contents = inbox.take_all();
    if (contents.noted != nullptr) {
      ensure(contents.note == 2, "the note is the one that was left");
      note(*contents.noted);
    }
    for (Node* node = contents.first; node != nullptr; node = Nodes::after(*node)) {
      note(*node);
    }
  }

  static void note(Node& node) {
    ++node.arrivals;
    ensure(node.contents.read() == 1, "a note comes with what was written before");
    node.contents.write(2);
  }

  void check() {
    ensure(inbox.empty() || told > 0, "somebody tells the owner, or the owner sees what came");
    take();
    ensure(told <= batches + 1, "nobody tells the owner twice of the same");
    for (const auto& pile : nodes) {
      for (const Node& node : pile) {
        ensure(node.arrivals == 1, "every node comes once, by a note or itself");
      }
    }
  }

  Nodes inbox;
  std::array<std::array<Node, kRounds>, 2> nodes;
  int told = 0;
  int batches = 0;
};

TEST(InboxInterleaving, TwoWhoLeaveNotesAndTheOwner) { expect_nothing_wrong<Notes<1>>(10); }

TEST(InboxInterleaving, OnePusherOfTwoAndTheOwner) { expect_nothing_wrong<Delivery<1, 2, 2>>(10); }

TEST(InboxInterleaving, TwoPushersOfOneAndTheOwner) {
  expect_nothing_wrong<Delivery<2, 1, 2>>(200, {.spurious_failures = 1});
}

TEST(InboxInterleaving, TwoPushersOfTwoAndTheOwner) {
  expect_nothing_wrong<Delivery<2, 2, 1>>(500);
}

TEST(InboxInterleaving, TwoPushersOfOneWithoutTheOwner) {
  expect_nothing_wrong<Delivery<2, 1, 0>>(1);
}

TEST(InboxInterleaving, AnOwnerThatStopsWatchingAndOnePusher) {
  expect_nothing_wrong<Watching<1, 1, 1>>(2);
  expect_nothing_wrong<Watching<1, 3, 1>>(5);
  expect_nothing_wrong<Watching<1, 2, 2>>(50);
  expect_nothing_wrong<Watching<1, 3, 3>>(1'000);
}

TEST(InboxInterleaving, AnOwnerThatStopsWatchingAndTwoPushers) {
  expect_nothing_wrong<Watching<2, 1, 1>>(30);
  expect_nothing_wrong<Watching<2, 1, 2>>(300);
  expect_nothing_wrong<Watching<2, 2, 1>>(1'000);
}

template <class Scenario>
void expect_nothing_found(explorer::Search search) {
  const explorer::Report report =
      explorer::explore<Scenario>({.search = search, .runs = 20'000, .spurious_failures = 2});
  EXPECT_TRUE(passes(report));
  EXPECT_EQ(report.runs, 20'000U);
}

TEST(InboxInterleaving, ManyPushersByLot) {
  for (const auto search : {explorer::Search::kRandom, explorer::Search::kPriorities}) {
    expect_nothing_found<Delivery<3, 3, 4>>(search);
    expect_nothing_found<Watching<3, 3, 4>>(search);
    expect_nothing_found<Notes<4>>(search);
  }
}

TEST(InboxInterleaving, NeedsEachOfItsMemoryOrders) {
  const auto weakenings =
      explorer::try_weakenings<Delivery<1, 2, 2>, Delivery<2, 1, 2>, Watching<1, 1, 1>,
                               Watching<1, 2, 2>, Notes<1>>("sched/inbox.h");
  EXPECT_THAT(
      weakenings.noticed,
      testing::ElementsAre("push: seq_cst to acq_rel", "push_note: seq_cst to acq_rel",
                           "empty: seq_cst to acquire", "take_all: acquire to relaxed",
                           "take_note_about: acquire to relaxed",
                           "stop_watching: seq_cst to release", "tell_after: seq_cst to acquire"));
  EXPECT_THAT(weakenings.unnoticed, testing::IsEmpty());
}

}  // namespace
}  // namespace tb::sched
