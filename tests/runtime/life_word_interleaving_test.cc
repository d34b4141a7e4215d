// The life word in every order of its operations: exactly one is told to free the record.
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "runtime/life_word.h"
#include "tests/sched/interleaving.h"

namespace tb {
namespace {

// The end, somebody who joins, and somebody who joins or detaches, by `kJoins`.
template <bool kJoins>
struct Ending {
  std::vector<std::function<void()>> threads() {
    const auto claim = [this](JoinOutcome outcome) {
      frees += outcome == JoinOutcome::kEnded ? 1 : 0;
      waits += outcome == JoinOutcome::kWait ? 1 : 0;
      wrong += outcome == JoinOutcome::kNotFound ? 1 : 0;
    };
    return {[this] {
              const EndOutcome outcome = word.end().outcome;
              // A joiner that is woken frees the record.
              frees += outcome == EndOutcome::kKeep ? 0 : 1;
              woken = outcome == EndOutcome::kWakeJoiner;
            },
            [this, claim] { claim(word.join(generation, 1)); },
            [this, claim] { claim(kJoins ? word.join(generation, 2) : word.detach(generation)); }};
  }

  void check() {
    wrong += frees == 1 && waits <= 1 && (!woken || waits == 1) ? 0 : 1;
    wrong += word.has_ended(generation) ? 0 : 1;
  }

  static inline int wrong = 0;

  LifeWord<ExploredAtomic> word;
  std::uint32_t generation = word.begin();
  int frees = 0;
  int waits = 0;
  bool woken = false;
};

TEST(LifeWordInterleaving, OfTwoJoinersAndTheEndExactlyOneFrees) {
  EXPECT_GT(explore_interleavings<Ending<true>>(), 500U);
  EXPECT_EQ(Ending<true>::wrong, 0);
}

TEST(LifeWordInterleaving, OfAJoinerADetacherAndTheEndExactlyOneFrees) {
  EXPECT_GT(explore_interleavings<Ending<false>>(), 500U);
  EXPECT_EQ(Ending<false>::wrong, 0);
}

}  // namespace
}  // namespace tb
