// When a Deadline thread's jobs begin, and what they may use up.
#include "sched/deadline_server.h"

#include <gtest/gtest.h>

#include "tests/sched/world.h"

namespace tb::sched {
namespace {

// 3 ms in every 10 ms.
struct Server : testing::Test {
  Begin ready(Duration since) { return become_ready(server, budget, at(since)); }
  Begin period(Duration since) { return replenish(server, budget, at(since)); }
  void leaves(Duration since, Duration used) {
    budget -= used;
    server.left_at = at(since);
  }

  Server() { server.task = {3ms, 10ms, 10ms}; }

  DeadlineServer server;
  Duration budget{};
};

TEST_F(Server, BeginsAJobWhenItsThreadFirstBecomesReady) {
  EXPECT_EQ(ready(7ms), Begin::kNow);
  EXPECT_EQ(server.deadline, at(17ms));
  EXPECT_EQ(next_release(server), at(17ms));
  EXPECT_EQ(budget, 3ms);
}

TEST_F(Server, KeepsBudgetAndDeadlineThroughAShortBlock) {
  ready(0ms);
  leaves(1ms, 1ms);
  EXPECT_EQ(ready(2ms), Begin::kNow);
  EXPECT_EQ(server.deadline, at(10ms));
  EXPECT_EQ(budget, 2ms);
}

TEST_F(Server, KeepsThemAsLongAsTheRestFitsTheRateOfTheTask) {
  ready(0ms);
  leaves(0ms, 0ms);
  EXPECT_EQ(ready(0ms), Begin::kNow) << "3 in 10";
  leaves(0ms, 1500us);
  EXPECT_EQ(ready(5ms), Begin::kNow) << "1.5 in 5";
  EXPECT_EQ(server.deadline, at(10ms));
}

TEST_F(Server, BeginsANewJobWhenTheRestWouldComeTooLateForTheOthers) {
  ready(0ms);
  leaves(0ms, 1500us);
  EXPECT_EQ(ready(6ms), Begin::kNow) << "1.5 in 4 is more than 3 in 10";
  EXPECT_EQ(server.deadline, at(16ms));
  EXPECT_EQ(budget, 3ms);
}

TEST_F(Server, BeginsANewJobAfterThePeriod) {
  ready(0ms);
  leaves(3ms, 3ms);
  EXPECT_EQ(ready(10ms), Begin::kNow);
  EXPECT_EQ(server.deadline, at(20ms));
  EXPECT_EQ(budget, 3ms);
}

TEST_F(Server, WaitsForThePeriodWhenTheBudgetIsUsedUp) {
  ready(0ms);
  leaves(3ms, 3ms);
  EXPECT_EQ(ready(9ms), Begin::kLater);
  EXPECT_EQ(period(10ms), Begin::kNow);
  EXPECT_EQ(server.deadline, at(20ms));
}

TEST_F(Server, PaysBackWhatItTookTooMuch) {
  ready(0ms);
  budget -= 4ms;
  EXPECT_EQ(period(10ms), Begin::kNow);
  EXPECT_EQ(budget, 2ms);
  budget -= 9ms;
  EXPECT_EQ(period(20ms), Begin::kLater) << "it owes 7";
  EXPECT_EQ(period(30ms), Begin::kLater) << "4";
  EXPECT_EQ(period(40ms), Begin::kNow) << "1";
  EXPECT_EQ(budget, 2ms);
}

TEST_F(Server, BeginsItsPeriodsInTheirOldRhythmEvenIfItsCpuIsLate) {
  ready(0ms);
  budget = 0ms;
  EXPECT_EQ(period(13ms), Begin::kNow);
  EXPECT_EQ(server.deadline, at(20ms));
  budget = 0ms;
  EXPECT_EQ(period(35ms), Begin::kNow) << "more than a period late";
  EXPECT_EQ(server.deadline, at(45ms));
}

TEST_F(Server, CountsBlockingAsRunningWhereTheDeadlineIsEarly) {
  server.task = {3ms, 6ms, 10ms};
  ready(0ms);
  leaves(1ms, 1ms);
  EXPECT_EQ(ready(2ms), Begin::kNow);
  EXPECT_EQ(budget, 1ms);
  EXPECT_EQ(server.deadline, at(6ms));
  leaves(2ms, 0ms);
  EXPECT_EQ(ready(3ms), Begin::kLater);
  EXPECT_EQ(next_release(server), at(10ms));
}

TEST_F(Server, OwesNothingForALongBlock) {
  server.task = {3ms, 6ms, 10ms};
  ready(0ms);
  leaves(0ms, 1ms);
  EXPECT_EQ(ready(5ms), Begin::kLater);
  EXPECT_EQ(period(10ms), Begin::kNow);
  EXPECT_EQ(budget, 3ms);
}

TEST_F(Server, WaitsForThePeriodOnceAnEarlyDeadlineIsOver) {
  server.task = {3ms, 6ms, 10ms};
  ready(0ms);
  leaves(1ms, 1ms);
  EXPECT_EQ(ready(7ms), Begin::kLater);
  EXPECT_EQ(ready(10ms), Begin::kNow);
}

}  // namespace
}  // namespace tb::sched
