// Requests that hang on a thread, in every order of their operations, and with every old value that
// their memory orders allow: whoever has the thread finds each request once, wherever it goes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <vector>

#include "sched/park_word.h"
#include "sched/request.h"
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

using Threads = std::vector<std::function<void()>>;

struct Node {
  Node* next = nullptr;
  ExploredData<int> contents{0};
  bool hung = false;
  int answers = 0;
};

using List = RequestList<Node, ExploredAtomic>;

void hang_on(List& list, Node& node) {
  node.contents.write(1);
  node.hung = list.push(node);
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
  Asking() {
    explorer::name(list, "list");
    list.open();
  }

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
        ensure(node.hung && node.answers == 1, "every request is answered once");
      }
    }
  }

  List list;
  std::array<std::array<Node, kRequests>, kAsking> nodes;
};

// The thread dies, and its record is the next one's: a request hangs on the one or the other, or on
// nobody.
template <std::size_t kRequests>
struct Dying {
  Dying() { list.open(); }

  Threads threads() {
    return {[this] {
              answer_all(list.close());
              list.open();
              answer_all(list.take_all());
            },
            [this] {
              for (Node& node : nodes) {
                hang_on(list, node);
              }
            }};
  }

  void check() {
    answer_all(list.close());
    for (const Node& node : nodes) {
      ensure(node.answers == (node.hung ? 1 : 0), "who hangs is answered, and nobody else");
    }
    Node late;
    ensure(!list.push(late), "nothing hangs on nobody");
    ensure(list.take_all() == nullptr && list.close() == nullptr, "nobody has no requests");
  }

  List list;
  std::array<Node, kRequests> nodes;
};

// Somebody asks and reads where the thread is at home; somebody takes it to another home and looks
// at its requests there.
struct AskingAgainstMoving {
  AskingAgainstMoving() { list.open(); }

  Threads threads() {
    return {[this] {
              hang_on(list, node);
              told = home.load();
            },
            [this] {
              home.store(2);
              answer_all(list.take_all());
            }};
  }

  void check() const {
    ensure(node.answers == 1 || told == 2, "the new home sees the request, or is told of it");
  }

  List list;
  ExploredAtomic<int> home{1};
  Node node;
  int told = 0;
};

// The whole way of a request. CPUs 0 and 1; the thread is parked, at home on CPU 0, until a waker
// takes it to CPU 1. The one link of the thread stands in the inbox of who is told.
template <std::size_t kAsking>
struct Forwarding {
  Forwarding() { list.open(); }

  Threads threads() {
    Threads threads{
        [this] {
          home.store(1);
          answer_all(list.take_all());  // as it arrives
        },
        [this] { look_at_inbox(0); },
    };
    for (Node& node : nodes) {
      threads.emplace_back([this, &node] {
        hang_on(list, node);
        tell();
      });
    }
    return threads;
  }

  void tell() {
    if (!is_told.exchange(true)) {
      inboxes[static_cast<std::size_t>(home.load())].store(true);
    }
  }

  // As CpuScheduler::look_at_requests() for a thread that this CPU does not own.
  void look_at_inbox(int cpu) {
    if (inboxes[static_cast<std::size_t>(cpu)].exchange(false)) {
      static_cast<void>(is_told.exchange(false));
      if (home.load() != cpu) {
        tell();
      }
    }
  }

  // In the end the thread runs on CPU 1.
  void check() {
    look_at_inbox(0);
    if (inboxes[1].exchange(false)) {
      answer_all(list.take_all());
    }
    for (const Node& node : nodes) {
      ensure(node.answers == 1, "every request is answered once");
    }
  }

  List list;
  ExploredAtomic<int> home{0};
  ExploredAtomic<bool> is_told{false};
  std::array<ExploredAtomic<bool>, 2> inboxes{};
  std::array<Node, kAsking> nodes;
};

// A thread parked on CPU `kHome` that somebody asks something of, while the link of an earlier
// request stands in CPU 0's inbox: whoever wins the thread, as a waker or to answer, may touch it.
template <int kHome, bool kWithWaker, bool kExchange = true>
struct AskingOfParked {
  AskingOfParked() {
    list.open();
    word.commit();
    home.store(kHome);
    is_told.store(true);
    inboxes[0].store(true);
  }

  Threads threads() {
    Threads threads{[this] { look_at_inbox(0); },
                    [this] {
                      hang_on(list, node);
                      tell();
                    }};
    if (kWithWaker) {
      threads.emplace_back([this] {
        if (word.wake() == WakeOutcome::kThreadIsYours) {
          bring();
        }
      });
    } else {
      threads.emplace_back([this] { look_at_inbox(kHome); });
    }
    return threads;
  }

  void tell() {
    if (!is_told.exchange(true)) {
      inboxes[static_cast<std::size_t>(home.load())].store(true);
    }
  }

  // As CpuScheduler::look_at_requests() for a thread that runs on no CPU of these.
  void look_at_inbox(int cpu) {
    if (!inboxes[static_cast<std::size_t>(cpu)].exchange(false)) {
      return;
    }
    static_cast<void>(kExchange ? is_told.exchange(false) : (is_told.store(false), true));
    if (word.claim()) {
      const bool is_own = home.load() == cpu;
      if (is_own) {
        answer();
      }
      if (word.commit() == ParkOutcome::kWokenMeanwhile) {
        bring();
      }
      if (!is_own) {
        tell();
      }
    } else if (home.load() != cpu) {
      tell();
    }
  }

  // To CPU 2, where it arrives.
  void bring() {
    home.store(2);
    answer();
    ++brought;
  }

  void answer() {
    affinity.write(affinity.read() + 1);
    answer_all(list.take_all());
  }

  void check() {
    for (int round = 0; round < 3; ++round) {
      look_at_inbox(0);
      look_at_inbox(1);
    }
    if (inboxes[2].exchange(false)) {
      answer();
    }
    ensure(node.answers == 1, "the request is answered once");
    ensure(brought == (kWithWaker ? 1 : 0), "a wake brings the thread once");
    ensure(!word.has_lost_a_wake(), "it is not parked over a wake");
  }

  List list;
  ParkWord<ExploredAtomic> word;
  ExploredAtomic<int> home{0};
  ExploredAtomic<bool> is_told{false};
  std::array<ExploredAtomic<bool>, 3> inboxes{};
  ExploredData<int> affinity{0};  // the owner's
  Node node;
  int brought = 0;
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

TEST(RequestInterleaving, AThreadThatMovesIsFoundByTheRequestOrFindsIt) {
  expect_nothing_lost<AskingAgainstMoving>(2);
}

TEST(RequestInterleaving, ARequestFollowsTheThreadToItsNewHome) {
  expect_nothing_lost<Forwarding<1>>(5);
  expect_nothing_lost<Forwarding<2>>(100);
}

TEST(RequestInterleaving, ARequestOfAParkedThreadIsAnsweredByWhoeverWinsIt) {
  expect_nothing_lost<AskingOfParked<0, true>>(100);
  expect_nothing_lost<AskingOfParked<1, true>>(100);
}

TEST(RequestInterleaving, ACpuThatIsNotTheHomeOfAParkedThreadGivesItBack) {
  expect_nothing_lost<AskingOfParked<1, false>>(50);
}

// With a store the home may see the thread as that CPU held it, and take it for one under way.
TEST(RequestInterleaving, FindsTheRequestThatIsLostIfTheLinkIsTakenByAStore) {
  const explorer::Report report = explorer::explore<AskingOfParked<1, false, false>>();
  ASSERT_FALSE(passes(report));
  EXPECT_THAT(report.failure->what, testing::HasSubstr("the request is answered once"));
}

TEST(RequestInterleaving, ManyByLot) {
  for (const auto search : {explorer::Search::kRandom, explorer::Search::kPriorities}) {
    expect_nothing_found<Asking<3, 3, 4>>(search);
    expect_nothing_found<Forwarding<2>>(search);
    expect_nothing_found<Forwarding<3>>(search);
  }
}

TEST(RequestInterleaving, NeedsItsMemoryOrders) {
  const auto weakenings =
      explorer::try_weakenings<Asking<1, 2, 2>, Asking<2, 1, 2>, Dying<2>, AskingAgainstMoving>(
          "sched/request.h");
  // The exchanges could be weaker, and the first look of push(), but that would cost the same.
  EXPECT_THAT(weakenings.noticed,
              testing::ElementsAre("push: seq_cst to acq_rel", "empty: seq_cst to acquire"));
  EXPECT_THAT(weakenings.unnoticed,
              testing::ElementsAre("push: seq_cst to acquire", "take_all: seq_cst to acq_rel",
                                   "open: seq_cst to release", "close: seq_cst to acq_rel"));
}

}  // namespace
}  // namespace tb::sched
