// The life word in every order of its operations: exactly one is told to free the record, when the
// thread has done with it.
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "runtime/life_word.h"
#include "tests/explorer/explore.h"
#include "tests/explorer/passes.h"

namespace tb {
namespace {

using explorer::ensure;
using explorer::ExploredAtomic;
using explorer::ExploredData;
using explorer::passes;

// The end, somebody who joins, and somebody who joins or detaches, by `kJoins`.
template <bool kJoins>
struct Ending {
  std::vector<std::function<void()>> threads() {
    const auto claim = [this](JoinOutcome outcome) {
      if (outcome == JoinOutcome::kEnded) {
        free_record();
      }
      waits += outcome == JoinOutcome::kWait ? 1 : 0;
      ensure(outcome != JoinOutcome::kNotFound, "the record is still this thread's");
    };
    return {[this] {
              record.write(1);
              const EndOutcome outcome = word.end().outcome;
              // A joiner that is woken frees the record.
              if (outcome != EndOutcome::kKeep) {
                free_record();
              }
              woken = outcome == EndOutcome::kWakeJoiner;
            },
            [this, claim] { claim(word.join(generation, 1)); },
            [this, claim] { claim(kJoins ? word.join(generation, 2) : word.detach(generation)); }};
  }

  void check() {
    ensure(frees == 1, "exactly one frees");
    ensure(waits <= 1 && (!woken || waits == 1), "who is woken has waited");
    ensure(word.has_ended(generation), "it has ended");
  }

  void free_record() {
    record.write(0);
    ++frees;
  }

  LifeWord<ExploredAtomic> word;
  std::uint32_t generation = word.begin();
  ExploredData<int> record{0};
  int frees = 0;
  int waits = 0;
  bool woken = false;
};

// The end, and a joiner that gives up and then lets go of the thread, or joins it again.
template <bool kJoinsAgain>
struct GivingUp {
  std::vector<std::function<void()>> threads() {
    return {[this] {
              record.write(1);
              const EndOutcome outcome = word.end().outcome;
              if (outcome == EndOutcome::kFree) {
                free_record();
              }
              woken = outcome == EndOutcome::kWakeJoiner;
            },
            [this] {
              if (word.join(generation, 1) == JoinOutcome::kEnded ||
                  !word.give_up_join(generation, 1)) {
                free_record();
                return;
              }
              const JoinOutcome next =
                  kJoinsAgain ? word.join(generation, 1) : word.detach(generation);
              waits = next == JoinOutcome::kWait;
              if (next == JoinOutcome::kEnded) {
                free_record();
              }
            }};
  }

  void check() {
    const bool joiner_frees = kJoinsAgain && waits && woken;
    ensure(frees + (joiner_frees ? 1 : 0) == 1, "exactly one frees");
  }

  void free_record() {
    record.write(0);
    ++frees;
  }

  LifeWord<ExploredAtomic> word;
  std::uint32_t generation = word.begin();
  ExploredData<int> record{0};
  int frees = 0;
  bool waits = false;
  bool woken = false;
};

template <class Scenario>
void expect_one_frees() {
  const explorer::Report report = explorer::explore<Scenario>({.spurious_failures = 1});
  EXPECT_TRUE(passes(report));
  EXPECT_EQ(report.coverage, explorer::Coverage::kEverything);
  EXPECT_GT(report.runs, 500U);
}

TEST(LifeWordInterleaving, OfTwoJoinersAndTheEndExactlyOneFrees) {
  expect_one_frees<Ending<true>>();
}

TEST(LifeWordInterleaving, OfAJoinerADetacherAndTheEndExactlyOneFrees) {
  expect_one_frees<Ending<false>>();
}

TEST(LifeWordInterleaving, OfAJoinerThatGivesUpAndTheEndExactlyOneFrees) {
  for (const auto& report :
       {explorer::explore<GivingUp<true>>(), explorer::explore<GivingUp<false>>()}) {
    EXPECT_TRUE(passes(report));
    EXPECT_EQ(report.coverage, explorer::Coverage::kEverything);
  }
}

}  // namespace
}  // namespace tb
