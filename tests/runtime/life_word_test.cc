// Joining, detaching, ending and freeing a thread record in every order, and by real threads: the
// record is freed once, by exactly one, and an old id finds nothing.
#include "runtime/life_word.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <string>
#include <thread>
#include <vector>

namespace tb {
namespace {

constexpr std::uint32_t kJoiner = 7;

using enum JoinOutcome;

struct Life : testing::Test {
  LifeWord<> word;
  std::uint32_t me = word.begin();
};

TEST_F(Life, BeginsWithAGenerationOfItsOwn) {
  EXPECT_TRUE(word.is(me));
  EXPECT_FALSE(word.is(me - 1));
  EXPECT_FALSE(word.is(me + 1));
  EXPECT_FALSE(word.has_ended(me));
}

TEST_F(Life, JoinedBeforeItsEndItWakesTheJoinerWhoFreesIt) {
  EXPECT_EQ(word.join(me, kJoiner), kWait);
  EXPECT_FALSE(word.has_ended(me));
  const auto end = word.end();
  EXPECT_EQ(end.outcome, EndOutcome::kWakeJoiner);
  EXPECT_EQ(end.joiner, kJoiner);
  EXPECT_TRUE(word.has_ended(me));
  word.release();
  EXPECT_FALSE(word.is(me));
}

TEST_F(Life, JoinedAfterItsEndItIsFreedByTheJoinerAtOnce) {
  EXPECT_EQ(word.end().outcome, EndOutcome::kKeep);
  EXPECT_TRUE(word.is(me)) << "it has not been joined yet";
  EXPECT_EQ(word.join(me, kJoiner), kEnded);
  word.release();
  EXPECT_FALSE(word.is(me));
}

TEST_F(Life, IsOverFromItsEndUntilItIsFreed) {
  EXPECT_FALSE(word.is_over(me));
  word.end();
  EXPECT_TRUE(word.is_over(me));
  EXPECT_FALSE(word.is_over(me + 1)) << "another thread's";
  EXPECT_EQ(word.detach(me), kEnded);
  EXPECT_TRUE(word.is_over(me));
  word.release();
  EXPECT_FALSE(word.is_over(me));
}

TEST_F(Life, AJoinerThatGivesUpLeavesItToTheNext) {
  EXPECT_EQ(word.join(me, kJoiner), kWait);
  EXPECT_FALSE(word.give_up_join(me, kJoiner + 1)) << "somebody else's join";
  EXPECT_TRUE(word.give_up_join(me, kJoiner));
  EXPECT_FALSE(word.give_up_join(me, kJoiner)) << "it has already";
  EXPECT_EQ(word.join(me, kJoiner + 1), kWait);
  EXPECT_EQ(word.end().joiner, kJoiner + 1);
}

TEST_F(Life, NobodyGivesUpAfterTheEnd) {
  EXPECT_EQ(word.join(me, kJoiner), kWait);
  EXPECT_EQ(word.end().outcome, EndOutcome::kWakeJoiner);
  EXPECT_FALSE(word.give_up_join(me, kJoiner));
  EXPECT_TRUE(word.has_ended(me));
}

TEST_F(Life, DetachedBeforeItsEndItIsFreedByItsCpu) {
  EXPECT_EQ(word.detach(me), kWait);
  EXPECT_EQ(word.end().outcome, EndOutcome::kFree);
  word.release();
  EXPECT_FALSE(word.is(me));
}

TEST_F(Life, DetachedAfterItsEndItIsFreedByWhoeverDetachesIt) {
  EXPECT_EQ(word.end().outcome, EndOutcome::kKeep);
  EXPECT_EQ(word.detach(me), kEnded);
}

TEST_F(Life, TakesTheSmallestAndTheLargestIndexForAJoiner) {
  for (const std::uint32_t joiner : {0U, LifeWord<>::kMaxIndex - 1}) {
    EXPECT_EQ(word.join(me, joiner), kWait);
    EXPECT_EQ(word.join(me, 1), kTaken);
    EXPECT_EQ(word.end().joiner, joiner);
    word.release();
    me = word.begin();
  }
}

// Everything that can be asked, in a row; each answer is a letter. Whoever is told to free the
// record frees it only at the end of the row, if ever: until then nobody else may be told so.
struct Row {
  const char* what;     // j join, d detach, e end
  const char* answers;  // w wait, E ended, t taken; J wake joiner, F free, k keep
};

constexpr Row kRows[] = {
    {"jje", "wtJ"}, {"jde", "wtJ"}, {"dje", "wtF"}, {"dde", "wtF"}, {"jej", "wJt"}, {"jed", "wJt"},
    {"dej", "wFt"}, {"ded", "wFt"}, {"ejj", "kEt"}, {"ejd", "kEt"}, {"edj", "kEt"}, {"edd", "kEt"},
};

TEST(LifeRow, ExactlyOneIsTheLastOneInEveryOrder) {
  for (const Row& row : kRows) {
    LifeWord<> word;
    const std::uint32_t me = word.begin();
    std::string answers;
    std::uint32_t joiner = kJoiner;
    for (const char* what = row.what; *what != '\0'; ++what) {
      if (*what == 'e') {
        answers += "JFk"[static_cast<int>(word.end().outcome)];
      } else {
        const JoinOutcome outcome = *what == 'j' ? word.join(me, joiner++) : word.detach(me);
        answers += "wEt?"[static_cast<int>(outcome)];
      }
    }
    EXPECT_EQ(answers, row.answers) << row.what;
  }
}

TEST(LifeRow, AJoinerOfIndexZeroIsAJoinerLikeAnyOther) {
  LifeWord<> word;
  const std::uint32_t me = word.begin();
  EXPECT_EQ(word.join(me, 0), kWait);
  word.end();
  EXPECT_EQ(word.join(me, 1), kTaken) << "the joiner frees the record, nobody else may";
}

TEST_F(Life, AnIdOfAFreedRecordFindsNothing) {
  word.end();
  word.join(me, kJoiner);
  word.release();
  EXPECT_EQ(word.join(me, kJoiner), kNotFound);
  EXPECT_EQ(word.detach(me), kNotFound);
  EXPECT_FALSE(word.is(me));
  EXPECT_FALSE(word.has_ended(me));
}

TEST_F(Life, AnOldIdNeitherFindsNorDisturbsTheNextThread) {
  word.detach(me);
  word.end();
  word.release();
  const std::uint32_t next = word.begin();
  EXPECT_NE(next, me);
  EXPECT_EQ(word.join(me, kJoiner), kNotFound);
  EXPECT_EQ(word.detach(me), kNotFound);
  EXPECT_EQ(word.join(next, kJoiner), kWait) << "the old id's detach must not have counted";
  EXPECT_EQ(word.end().outcome, EndOutcome::kWakeJoiner);
  EXPECT_FALSE(word.has_ended(me));
  EXPECT_TRUE(word.has_ended(next));
}

TEST_F(Life, AnIdOfTheFutureFindsNothing) {
  EXPECT_EQ(word.join(me + 1, kJoiner), kNotFound);
  EXPECT_EQ(word.detach(me + 1), kNotFound);
}

using LifeDeathTest = Life;

TEST_F(LifeDeathTest, RefusesToBeginTwice) { EXPECT_DEATH(word.begin(), "the record is free"); }

TEST_F(LifeDeathTest, RefusesAJoinerWhoseIndexDoesNotFit) {
  EXPECT_DEATH(word.join(me, LifeWord<>::kMaxIndex), "the joiner's index fits");
}

// Two joiners, one who detaches, and the end, all at once: of the many orders that happen, each has
// exactly one who frees the record.
TEST(LifeRace, FreesEveryRecordExactlyOnce) {
  constexpr int kRounds = 20'000;
  LifeWord<> word;
  std::uint32_t generation = 0;
  std::atomic<int> frees = 0, waits = 0;
  bool woken = false;
  int wrong = 0, round = 0;
  const auto start = [&]() noexcept { generation = word.begin(); };
  const auto judge = [&]() noexcept {
    // A joiner that waits and was woken is the one who frees.
    frees += woken ? 1 : 0;
    wrong += frees == 1 && waits <= 1 ? 0 : 1;
    wrong += word.has_ended(generation) ? 0 : 1;
    word.release();
    frees = waits = 0;
    ++round;
    start();
  };
  start();
  std::barrier barrier(4, judge);
  const auto claimer = [&](bool joins, std::uint32_t index) {
    for (int i = 0; i < kRounds; ++i) {
      const JoinOutcome outcome = joins ? word.join(generation, index) : word.detach(generation);
      frees += outcome == kEnded ? 1 : 0;
      waits += outcome == kWait ? 1 : 0;
      barrier.arrive_and_wait();
    }
  };
  {
    std::jthread first(claimer, true, 0), second(claimer, true, 1), third(claimer, false, 0);
    for (int i = 0; i < kRounds; ++i) {
      const auto end = word.end();
      woken = end.outcome == EndOutcome::kWakeJoiner;
      frees += end.outcome == EndOutcome::kFree ? 1 : 0;
      barrier.arrive_and_wait();
    }
  }
  EXPECT_EQ(round, kRounds);
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace tb
