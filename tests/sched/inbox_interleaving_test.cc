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
  Node* link = nullptr;
  ExploredData<int> contents{0};
  int arrivals = 0;  // the owner's
};

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
          announced += inbox.push(node) == InboxWas::kEmpty ? 1 : 0;
        }
      });
    }
    return threads;
  }

  void take() {
    Node* node = inbox.empty() ? nullptr : inbox.take_all();
    batches += node != nullptr ? 1 : 0;
    for (; node != nullptr; node = node->link) {
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

  Inbox<Node, &Node::link, ExploredAtomic> inbox;
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

TEST(InboxInterleaving, OnePusherOfTwoAndTheOwner) { expect_nothing_wrong<Delivery<1, 2, 2>>(20); }

TEST(InboxInterleaving, TwoPushersOfOneAndTheOwner) {
  expect_nothing_wrong<Delivery<2, 1, 2>>(200, {.spurious_failures = 1});
}

TEST(InboxInterleaving, TwoPushersOfTwoAndTheOwner) {
  expect_nothing_wrong<Delivery<2, 2, 1>>(500);
}

TEST(InboxInterleaving, TwoPushersOfOneWithoutTheOwner) {
  expect_nothing_wrong<Delivery<2, 1, 0>>(5);
}

TEST(InboxInterleaving, NeedsEachOfItsMemoryOrders) {
  const auto weakenings =
      explorer::try_weakenings<Delivery<1, 2, 2>, Delivery<2, 1, 2>>("sched/inbox.h");
  EXPECT_THAT(weakenings.noticed,
              testing::ElementsAre("push: release to relaxed", "take_all: acquire to relaxed"));
  EXPECT_THAT(weakenings.unnoticed, testing::IsEmpty());
}

}  // namespace
}  // namespace tb::sched
