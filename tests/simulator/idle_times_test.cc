// Which times count as idle beside two ready threads, and how their lengths are kept.
#include "tests/simulator/idle_times.h"

#include <gtest/gtest.h>

namespace tb::simulator {
namespace {

using Keep = IdleTimes::Keep;
using Runs = IdleTimes::Runs;

constexpr CpuId kFirst{0};
constexpr CpuId kSecond{1};
constexpr CpuId kThird{2};

constexpr Time at(std::int64_t nanoseconds) { return Time(Duration(nanoseconds)); }

class IdleTimesTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const CpuId cpu : {kFirst, kSecond, kThird}) {
      times.note_runs(cpu, Runs::kIdleThread, at(0));
    }
    times.note_runs(kFirst, Runs::kThread, at(10));
    times.note_runs(kSecond, Runs::kThread, at(10));
  }

  IdleTimes times{3, Keep::kLengths};
};

TEST_F(IdleTimesTest, OneReadyThreadIsNoWorkForOthers) {
  times.note_turn(kFirst, 1, at(100), at(110));
  times.finish(at(1000));
  EXPECT_EQ(times.lengths().count(), 0);
}

TEST_F(IdleTimesTest, ATimeGoesFromTheTurnInWhichThereWereTwo) {
  times.note_turn(kFirst, 2, at(100), at(110));
  times.note_runs(kThird, Runs::kThread, at(150));
  times.finish(at(1000));
  EXPECT_EQ(times.lengths().count(), 1);
  EXPECT_EQ(times.lengths().longest(), Duration(50));
}

TEST_F(IdleTimesTest, ATimeGoesToTheEndOfTheTurnAfterWhichThereAreFewer) {
  times.note_turn(kFirst, 2, at(100), at(110));
  times.note_turn(kFirst, 1, at(130), at(170));
  times.finish(at(1000));
  EXPECT_EQ(times.lengths().longest(), Duration(70));
}

TEST_F(IdleTimesTest, ATimeBeginsWithIdlingIfWorkIsThereAlready) {
  times.note_turn(kFirst, 3, at(100), at(110));
  times.note_runs(kThird, Runs::kThread, at(120));
  times.note_runs(kSecond, Runs::kIdleThread, at(200));
  times.finish(at(260));
  EXPECT_EQ(times.lengths().count(), 2);
  EXPECT_EQ(times.lengths().longest(), Duration(60));
}

TEST_F(IdleTimesTest, WorkThatPassesFromOneToAnotherIsOneTime) {
  times.note_turn(kFirst, 2, at(100), at(110));
  times.note_turn(kFirst, 0, at(120), at(200));
  times.note_turn(kSecond, 2, at(190), at(210));
  times.note_turn(kSecond, 0, at(300), at(310));
  times.finish(at(1000));
  EXPECT_EQ(times.lengths().count(), 1);
  EXPECT_EQ(times.lengths().longest(), Duration(210));
}

TEST_F(IdleTimesTest, WorkThatComesAfterAPauseIsAnotherTime) {
  times.note_turn(kFirst, 2, at(100), at(110));
  times.note_turn(kFirst, 0, at(120), at(200));
  times.note_turn(kSecond, 2, at(220), at(230));
  times.finish(at(250));
  EXPECT_EQ(times.lengths().count(), 2);
  EXPECT_EQ(times.lengths().sum(), Duration(130));
}

TEST_F(IdleTimesTest, ACpuIsNotIdleBesideItsOwnQueue) {
  times.note_turn(kThird, 2, at(100), at(110));
  times.finish(at(1000));
  EXPECT_EQ(times.lengths().count(), 0);
}

TEST(Moments, AreKeptEachFewMicroseconds) {
  IdleTimes times(2, Keep::kMomentsToo);
  times.note_runs(kFirst, Runs::kIdleThread, at(0));
  times.note_runs(kSecond, Runs::kIdleThread, at(0));
  times.note_runs(kFirst, Runs::kThread, at(3000));
  times.note_turn(kFirst, 7, at(3000), at(4000));
  times.note_turn(kFirst, 0, at(11'000), at(12'000));
  ASSERT_EQ(times.moments().size(), 3);
  EXPECT_EQ(times.moments()[2].time, at(10'000));
  EXPECT_EQ(times.moments()[2].busy, 1);
  EXPECT_EQ(times.moments()[2].waiting, 7);
}

TEST(Lengths, FallIntoTheClassThatEndsBehindThem) {
  for (const std::int64_t length : {0, 1, 7, 8, 9, 15, 16, 17, 1000, 50'000, 123'456'789}) {
    const std::uint32_t found = Lengths::class_of(Duration(length));
    EXPECT_LT(Duration(length), Lengths::end_of(found)) << length;
    if (found > 0) {
      EXPECT_GE(Duration(length), Lengths::end_of(found - 1)) << length;
    }
  }
}

TEST(Lengths, HaveQuantilesThatAreNeverTooShort) {
  Lengths low;
  Lengths all;
  for (std::int64_t length = 1; length <= 500; ++length) {
    low.add(Duration(length));
    all.add(Duration(500 + length));
  }
  all.add(low);
  EXPECT_EQ(all.count(), 1000);
  EXPECT_EQ(all.longest(), Duration(1000));
  EXPECT_GE(all.quantile(50), Duration(500));
  EXPECT_LE(all.quantile(50), Duration(563));
  EXPECT_GE(all.quantile(99), Duration(990));
  EXPECT_LE(all.quantile(99), Duration(1000));
  EXPECT_EQ(Lengths().quantile(99), Duration(0));
}

}  // namespace
}  // namespace tb::simulator
