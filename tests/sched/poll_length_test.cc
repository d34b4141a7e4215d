// How long a CPU without work polls, by what its polls have led to.
#include "sched/poll_length.h"

#include <gtest/gtest.h>

#include "tests/sched/world.h"

namespace tb::sched {
namespace {

constexpr Duration kFarAway = 1h;
constexpr Duration kLong = PollLength::kMost + 1ns;

int polls_of_the_next(int idle_times, PollLength& length, Duration idle) {
  int polls = 0;
  for (int count = 0; count < idle_times; ++count) {
    polls += length.next(kFarAway) > 0ns ? 1 : 0;
    length.note(idle);
  }
  return polls;
}

TEST(PollLength, IsAllThatPaysAtFirst) {
  EXPECT_EQ(PollLength().next(kFarAway), PollLength::kMost);
}

TEST(PollLength, StaysWhileSomethingComesInTime) {
  PollLength length;
  EXPECT_EQ(polls_of_the_next(1'000, length, PollLength::kMost), 1'000);
}

TEST(PollLength, IsNothingMoreAndMoreOftenWhileNothingComes) {
  PollLength length;
  EXPECT_EQ(polls_of_the_next(1, length, kLong), 1);
  EXPECT_EQ(polls_of_the_next(2, length, kLong), 1);
  EXPECT_EQ(polls_of_the_next(4, length, kLong), 1);
  EXPECT_EQ(polls_of_the_next(8, length, kLong), 1);
  polls_of_the_next(1'000, length, kLong);
  EXPECT_EQ(polls_of_the_next(64 * 100, length, Duration::max()), 100)
      << "but it is never given up";
}

TEST(PollLength, ComesBackWithTheFirstShortTimeWhetherItPolledOrSlept) {
  PollLength length;
  polls_of_the_next(1'000, length, kLong);
  length.note(1us);
  EXPECT_EQ(length.next(kFarAway), PollLength::kMost);
}

// Each is idle for as long as the other takes to come out of its sleep, and to bring it out of its
// own; longer than would pay, though an answer takes no time.
TEST(PollLength, TwoThatAnswerEachOtherComeToPollHoweverLongTheySleptBefore) {
  constexpr Duration kToWake = 60us;
  PollLength mine;
  PollLength its;
  polls_of_the_next(1'000, mine, 10ms);
  polls_of_the_next(1'017, its, 10ms);
  bool it_sleeps = true;
  int turns = 0;
  for (bool i_sleep = true; i_sleep || it_sleeps; ++turns) {
    ASSERT_LT(turns, 200);
    const Duration answered_after = it_sleeps ? kToWake : 0us;
    i_sleep = mine.next(kFarAway) <= answered_after;
    mine.note(answered_after + (i_sleep ? kToWake : 0us));
    const Duration asked_after = i_sleep ? kToWake : 0us;
    it_sleeps = its.next(kFarAway) <= asked_after;
    its.note(asked_after + (it_sleeps ? kToWake : 0us));
  }
}

TEST(PollLength, ReachesToASleeperThatIsDueSoonWhateverCameOfEarlierPolls) {
  PollLength length;
  polls_of_the_next(1'000, length, kLong);
  EXPECT_EQ(length.next(PollLength::kMost), PollLength::kMost);
  EXPECT_EQ(length.next(3us), 3us);
  EXPECT_EQ(length.next(-3us), 0us) << "it is due";
}

TEST(PollLength, AClockThatGoesBackCountsAsNoTime) {
  PollLength length;
  EXPECT_EQ(polls_of_the_next(100, length, -5us), 100);
}

}  // namespace
}  // namespace tb::sched
