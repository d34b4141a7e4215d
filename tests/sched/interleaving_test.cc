// The explorer itself: it goes through every order exactly once, and finds what only one order
// breaks.
#include "tests/sched/interleaving.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace tb {
namespace {

std::set<std::string> seen_orders;

// Two threads of three operations each write down the order in which they ran.
struct Writers {
  std::vector<std::function<void()>> threads() {
    const auto write = [this](char name) {
      for (int count = 0; count < 3; ++count) {
        word.store(0);
        order += name;
      }
    };
    return {[write] { write('a'); }, [write] { write('b'); }};
  }

  void check() { seen_orders.insert(order); }

  ExploredAtomic<int> word;
  std::string order;
};

// A thread of n operations is n + 1 pieces, for it stops before each; so it is begun and ended
// around them.
TEST(Interleaving, GoesThroughEveryOrder) {
  seen_orders.clear();
  EXPECT_EQ(explore_interleavings<Writers>(), 70U) << "8! / (4! 4!)";
  EXPECT_EQ(seen_orders.size(), 20U) << "6! / (3! 3!)";
}

std::set<int> sums;

// The oldest bug: a counter that is read and written in two steps.
struct SplitCounter {
  std::vector<std::function<void()>> threads() {
    const auto add = [this] { count.store(count.load() + 1); };
    return {add, add};
  }
  void check() { sums.insert(count.load()); }

  ExploredAtomic<int> count;
};

TEST(Interleaving, FindsALostUpdate) {
  sums.clear();
  explore_interleavings<SplitCounter>();
  EXPECT_EQ(sums, (std::set{1, 2}));
}

struct ExchangedCounter {
  std::vector<std::function<void()>> threads() {
    const auto add = [this] {
      int seen = count.load();
      while (!count.compare_exchange_weak(seen, seen + 1)) {
      }
    };
    return {add, add, add};
  }
  void check() { sums.insert(count.load()); }

  ExploredAtomic<int> count;
};

TEST(Interleaving, FindsNothingWhereNothingIsLost) {
  sums.clear();
  explore_interleavings<ExchangedCounter>();
  EXPECT_EQ(sums, std::set{3});
}

}  // namespace
}  // namespace tb
