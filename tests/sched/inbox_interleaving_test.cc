// The inbox in every order of its operations: two pushers and the owner.
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <vector>

#include "sched/inbox.h"
#include "tests/sched/interleaving.h"

namespace tb::sched {
namespace {

struct Node {
  Node* link = nullptr;
  int arrivals = 0;
};

// The owner takes `kTakes` times while the pushers push `kPushes` nodes each; the rest is taken in
// the end.
template <std::size_t kPushers, std::size_t kPushes, int kTakes>
struct Delivery {
  std::vector<std::function<void()>> threads() {
    std::vector<std::function<void()>> threads{[this] {
      for (int count = 0; count < kTakes; ++count) {
        take();
      }
    }};
    for (auto& pile : nodes) {
      threads.emplace_back([this, &pile] {
        for (Node& node : pile) {
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
      for (const auto& pile : nodes) {
        // In its pusher's order: whoever was pushed before it has come already.
        for (const Node* before = pile.data(); before < node && node < pile.data() + kPushes;
             ++before) {
          wrong += before->arrivals == 1 ? 0 : 1;
        }
      }
    }
  }

  void check() {
    take();
    for (const auto& pile : nodes) {
      for (const Node& node : pile) {
        wrong += node.arrivals == 1 ? 0 : 1;
      }
    }
    wrong += announced == batches ? 0 : 1;
    wrong += inbox.empty() ? 0 : 1;
  }

  static inline std::size_t wrong = 0;

  Inbox<Node, &Node::link, ExploredAtomic> inbox;
  std::array<std::array<Node, kPushes>, kPushers> nodes;
  int announced = 0;
  int batches = 0;
};

template <class Scenario>
void expect_nothing_wrong(std::size_t at_least) {
  EXPECT_GT(explore_interleavings<Scenario>(), at_least);
  EXPECT_EQ(Scenario::wrong, 0U);
}

TEST(InboxInterleaving, OnePusherOfTwoAndTheOwner) { expect_nothing_wrong<Delivery<1, 2, 2>>(50); }

TEST(InboxInterleaving, TwoPushersOfOneAndTheOwner) {
  expect_nothing_wrong<Delivery<2, 1, 1>>(200);
}

TEST(InboxInterleaving, TwoPushersOfOneWithoutTheOwner) {
  expect_nothing_wrong<Delivery<2, 1, 0>>(10);
}

}  // namespace
}  // namespace tb::sched
