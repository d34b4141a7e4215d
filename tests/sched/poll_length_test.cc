// How long a CPU without work polls, by how long it was idle before.
#include "sched/poll_length.h"

#include <gtest/gtest.h>

#include <initializer_list>

#include "tests/sched/world.h"

namespace tb::sched {
namespace {

PollLength after_times(std::initializer_list<Duration> idle) {
  PollLength length;
  for (const Duration each : idle) {
    length.note(each);
  }
  return length;
}

TEST(PollLength, IsNothingAtFirst) { EXPECT_EQ(PollLength().next(), 0ns); }

TEST(PollLength, IsTwiceTheUsualTimeOnceThatIsShort) {
  PollLength length;
  for (int count = 0; count < 100; ++count) {
    length.note(3us);
  }
  EXPECT_GE(length.next(), 6us);
  EXPECT_LT(length.next(), 6us + 10ns);
}

TEST(PollLength, ComesBackAfterAFewShortTimes) {
  EXPECT_EQ(after_times({1us, 1us}).next(), 0ns);
  EXPECT_GT(after_times({1us, 1us, 1us}).next(), 0ns);
}

TEST(PollLength, OneLongTimeStopsItHoweverLongItWas) {
  for (const Duration long_time : {PollLength::kMost, Duration(1ms), Duration::max()}) {
    PollLength length;
    for (int count = 0; count < 100; ++count) {
      length.note(8us);
    }
    EXPECT_GT(length.next(), 0ns);
    length.note(long_time);
    EXPECT_EQ(length.next(), 0ns);
    length.note(8us);
    length.note(4us);
    EXPECT_GT(length.next(), 0ns) << "it counts for no more than " << PollLength::kMost.count();
  }
}

TEST(PollLength, IsNeverMoreThanWhatASleepCosts) {
  for (Duration idle = 0ns; idle <= 30us; idle += 100ns) {
    PollLength length;
    for (int count = 0; count < 50; ++count) {
      length.note(idle);
      EXPECT_LE(length.next(), PollLength::kMost);
      EXPECT_GE(length.next(), 0ns);
    }
    EXPECT_EQ(length.next() == 0ns, idle >= PollLength::kMost / 2) << idle.count();
  }
}

TEST(PollLength, AClockThatGoesBackCountsAsNoTime) {
  const PollLength length = after_times({-5us, -5us, -5us, -5us});
  EXPECT_GT(length.next(), 0ns);
  EXPECT_LE(length.next(), PollLength::kMost);
}

}  // namespace
}  // namespace tb::sched
