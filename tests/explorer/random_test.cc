// The searches by lot, for what is too large to see all of it.
#include <gtest/gtest.h>

#include "tests/explorer/explore.h"
#include "tests/explorer/litmus.h"

namespace tb::explorer {
namespace {

// Goes wrong only if the second thread sees each of many steps of the first, one by one.
template <int kSteps>
struct Lockstep : Litmus {
  Threads threads() {
    return {[this] {
              for (int step = 1; step <= kSteps; ++step) {
                x.store(step);
              }
            },
            [this] {
              int seen = 0;
              for (int step = 0; step < kSteps; ++step) {
                seen += x.load() == step + 1 ? 1 : 0;
              }
              ensure(seen != kSteps, "not in lockstep");
            }};
  }
  void check() {}
};

TEST(Random, FindsByLotAndSaysWhichRun) {
  const Report report = explore<Lockstep<4>>({.search = Search::kRandom, .runs = 100'000});
  ASSERT_FALSE(passes(report));
  EXPECT_EQ(report.coverage, Coverage::kPart);
  const Report again = explore<Lockstep<4>>({.replay = report.failure->path});
  ASSERT_FALSE(passes(again));
  EXPECT_EQ(again.failure->trace, report.failure->trace);
}

TEST(Random, RepeatsItselfWithTheSameSeedOnly) {
  const auto runs_with = [](std::uint64_t seed) {
    return explore<Lockstep<4>>({.search = Search::kRandom, .runs = 100'000, .seed = seed}).runs;
  };
  const std::size_t first = runs_with(1);
  EXPECT_EQ(runs_with(1), first);
  EXPECT_TRUE(runs_with(2) != first || runs_with(3) != first);
}

// The second thread's way, which is longer, has to lie between two steps of the first: one change
// of priorities is enough, but fair lots advance both alike.
struct LongGap : Litmus {
  Threads threads() {
    return {[this] {
              x.store(1);
              walk(50);
              x.store(0);
            },
            [this] {
              r[0] = x.load();
              walk(150);
              r[1] = x.load();
            }};
  }
  void check() { ensure(!(r[0] == 1 && r[1] == 1), "the longer way is not in the gap"); }

  void walk(int steps) {
    for (int count = 0; count < steps; ++count) {
      z.fetch_add(1);
    }
  }

  ExploredAtomic<int> z{0};
};

TEST(Random, PrioritiesFindWhatNeedsFewChangesAndFairLotsDoNot) {
  EXPECT_FALSE(passes(explore<LongGap>({.search = Search::kPriorities, .runs = 200})));
  EXPECT_TRUE(passes(explore<LongGap>({.search = Search::kRandom, .runs = 2'000})));
}

}  // namespace
}  // namespace tb::explorer
