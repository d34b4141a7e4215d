// Requests that hang on a thread, in every order of their operations, and with every old value that
// their memory orders allow: whoever has the thread finds each request once, wherever it goes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <vector>

#include "sched/request.h"
#include "tests/explorer/explore.h"
#include "tests/explorer/passes.h"
#include "tests/explorer/weaken.h"
#include "tests/sched/posted_machine.h"

namespace tb::sched {
namespace {

using explorer::Coverage;
using explorer::ensure;
using explorer::ExploredAtomic;
using explorer::ExploredData;
using explorer::passes;

using Threads = std::vector<std::function<void()>>;

struct Node {
  Node* next = nullptr;
  ExploredData<int> contents{0};
  int answers = 0;
};

using List = RequestList<Node, ExploredAtomic>;

void hang_on(List& list, Node& node) {
  node.contents.write(1);
  list.push(node);
}

void answer_all(Node* node) {
  while (node != nullptr) {
    Node* const next = node->next;
    ensure(node->contents.read() == 1, "a request comes with its contents");
    node->contents.write(2);
    ++node->answers;
    node = next;
  }
}

// `kAsking` requesters of `kRequests` each; the owner answers `kLooks` times, and what is left in
// the end.
template <std::size_t kAsking, std::size_t kRequests, int kLooks>
struct Asking {
  Asking() { explorer::name(list, "list"); }

  Threads threads() {
    Threads threads{[this] {
      for (int look = 0; look < kLooks; ++look) {
        answer_all(list.take_all());
      }
    }};
    for (auto& pile : nodes) {
      threads.emplace_back([this, &pile] {
        for (Node& node : pile) {
          hang_on(list, node);
        }
      });
    }
    return threads;
  }

  void check() {
    answer_all(list.take_all());
    ensure(list.empty(), "nothing is left");
    for (const auto& pile : nodes) {
      for (const Node& node : pile) {
        ensure(node.answers == 1, "every request is answered once");
      }
    }
  }

  List list;
  std::array<std::array<Node, kRequests>, kAsking> nodes;
};

// The thread dies while requests are hung on it: the CPU it dies on looks at them then, and
// whenever the link comes that is pushed behind each of them.
template <std::size_t kRequests>
struct Dying {
  Threads threads() {
    return {[this] {
              is_dead.store(true);
              answer_all(list.take_all());
              look();
              look();
            },
            [this] {
              for (Node& node : nodes) {
                hang_on(list, node);
                is_linked.store(true);
              }
            }};
  }

  void look() {
    if (is_linked.exchange(false) && is_dead.load()) {
      answer_all(list.take_all());
    }
  }

  void check() {
    look();
    for (const Node& node : nodes) {
      ensure(node.answers == 1, "every request is answered once");
    }
  }

  List list;
  ExploredAtomic<bool> is_dead{false};
  ExploredAtomic<bool> is_linked{false};
  std::array<Node, kRequests> nodes;
};

// The whole way of a request to a thread that is parked on CPU 0, until that gives it to CPU 1 if
// the thread moves: whoever has it may touch it. Somebody may wake it meanwhile.
template <std::size_t kAsking, bool kMoves, bool kIsWoken>
struct Following : PostedMachine<> {
  Threads threads() {
    Threads threads{[this] {
      drain(0);
      if (kMoves) {
        give_to(1);
        drain(0);
      }
    }};
    if (kMoves) {
      threads.emplace_back([this] { drain(1); });
    }
    for (Node& node : nodes) {
      threads.emplace_back([this, &node] {
        hang_on(list, node);
        post(Wakes());
      });
    }
    if (kIsWoken) {
      threads.emplace_back([this] { post(Wakes(WakeKind::kOrdinary)); });
    }
    return threads;
  }

  void look_at_requests() override {
    affinity.write(affinity.read() + 1);
    answer_all(list.take_all());
  }

  void check() {
    drain_all();
    for (const Node& node : nodes) {
      ensure(node.answers == 1, "every request is answered once");
    }
    ensure(take_wakes() == kIsWoken, "a request is no wake, and swallows none");
  }

  List list;
  std::array<Node, kAsking> nodes;
  ExploredData<int> affinity{0};  // the owner's
};

// The thread is asked to go to CPU 1, where it takes note of its wakes, and is woken.
struct SentAway : PostedMachine<> {
  Threads threads() {
    return {[this] { drain(0); }, [this] { drain(1); },
            [this] {
              hang_on(list, node);
              post(Wakes());
            },
            [this] { post(Wakes(WakeKind::kOrdinary)); }};
  }

  void look_at_requests() override {
    answer_all(list.take_all());
    if (node.answers > 0 && is_owned_by(0)) {
      give_to(1);
    }
  }

  void run() override { seen += take_wakes() ? 1 : 0; }

  void check() {
    drain_all();
    ensure(node.answers == 1, "the request is answered once");
    ensure(is_owned_by(1), "the thread has gone");
    ensure(seen == 1, "the wake is seen once");
  }

  List list;
  Node node;
  int seen = 0;  // the owner's
};

struct WakesAddedTooLate : SentAway {
  WakesAddedTooLate() { adds_wakes_first = false; }
};

// The second requester counts on the link that the first one has pushed to the old home.
struct NotForwarded : Following<2, true, false> {
  NotForwarded() { forwards = false; }
};

template <class Scenario>
void expect_nothing_lost(std::size_t at_least, const explorer::Options& options = {}) {
  const explorer::Report report = explorer::explore<Scenario>(options);
  EXPECT_TRUE(passes(report));
  EXPECT_EQ(report.coverage, Coverage::kEverything);
  EXPECT_GT(report.runs, at_least);
}

template <class Scenario>
void expect_nothing_found(explorer::Search search) {
  const explorer::Report report =
      explorer::explore<Scenario>({.search = search, .runs = 20'000, .spurious_failures = 2});
  EXPECT_TRUE(passes(report));
}

TEST(RequestInterleaving, OneRequesterOfThreeAndTheOwner) {
  expect_nothing_lost<Asking<1, 3, 3>>(100);
}

TEST(RequestInterleaving, TwoRequestersAndTheOwner) {
  expect_nothing_lost<Asking<2, 1, 2>>(100, {.spurious_failures = 1});
  expect_nothing_lost<Asking<2, 2, 2>>(1'000);
}

TEST(RequestInterleaving, AThreadThatDiesLeavesNobodyWaiting) {
  expect_nothing_lost<Dying<1>>(5);
  expect_nothing_lost<Dying<3>>(50);
}

TEST(RequestInterleaving, ARequestOfAThreadThatStaysIsAnsweredByItsHome) {
  expect_nothing_lost<Following<1, false, true>>(5);
  expect_nothing_lost<Following<2, false, false>>(50);
  expect_nothing_lost<Following<2, false, true>>(500);
}

TEST(RequestInterleaving, ARequestFollowsTheThreadToItsNewHome) {
  expect_nothing_lost<Following<1, true, false>>(100);
  expect_nothing_lost<Following<1, true, true>>(1'000);
}

TEST(RequestInterleaving, AThreadThatIsSentAwayTakesItsWakesAlong) {
  expect_nothing_lost<SentAway>(100);
}

TEST(RequestInterleaving, FindsTheWakeThatIsAddedToAThreadThatHasGone) {
  const explorer::Report report = explorer::explore<WakesAddedTooLate>();
  ASSERT_FALSE(passes(report));
  EXPECT_THAT(report.failure->what, testing::HasSubstr("data race"));
}

TEST(RequestInterleaving, FindsTheRequestThatIsLostIfTheOldHomeKeepsIt) {
  const explorer::Report report = explorer::explore<NotForwarded>();
  ASSERT_FALSE(passes(report));
  EXPECT_THAT(report.failure->what, testing::HasSubstr("every request is answered once"));
}

TEST(RequestInterleaving, ManyByLot) {
  for (const auto search : {explorer::Search::kRandom, explorer::Search::kPriorities}) {
    expect_nothing_found<Asking<3, 3, 4>>(search);
    expect_nothing_found<Following<2, true, true>>(search);
    expect_nothing_found<Following<3, true, true>>(search);
  }
}

TEST(RequestInterleaving, NeedsItsMemoryOrders) {
  const auto weakenings =
      explorer::try_weakenings<Asking<1, 2, 2>, Asking<2, 1, 2>, Dying<2>>("sched/request.h");
  // The exchange could be weaker, and the first look, but that would cost the same.
  EXPECT_THAT(weakenings.noticed, testing::ElementsAre("push: release to relaxed"));
  EXPECT_THAT(weakenings.unnoticed,
              testing::ElementsAre("empty: seq_cst to acquire", "take_all: seq_cst to acq_rel"));
}

}  // namespace
}  // namespace tb::sched
