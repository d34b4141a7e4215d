// When a CPU has to be interrupted for what stands in its inbox: not while it looks there by itself
// before long. And the sleepers, whose timer it shares.
#include <gtest/gtest.h>

#include "tests/sched/runtime_steps.h"

namespace tb::sched {
namespace {

struct Machines : testing::Test {
  // Sends CPU 0 a thread; whether CPU 0 has to be told.
  bool has_to_be_told() {
    const auto tell = machine[1].start(machine.make_thread(cpu_set({0})), kCpu0);
    EXPECT_TRUE(!tell || *tell == kCpu0);
    return tell.has_value();
  }

  Machinery machine{3};
};

using Watching = Machines;
using Sleepers = Machines;
using Backstopped = Machines;

TEST_F(Watching, ABusyCpuWithoutReadyThreadsHasToBeTold) {
  machine.runs_on(0);
  EXPECT_TRUE(has_to_be_told());
}

TEST_F(Watching, ABusyCpuWithReadyThreadsHasNotForItsTimerIsArmed) {
  machine.runs_on(0);
  machine.ready_on(0);
  machine.pass(0);
  EXPECT_FALSE(has_to_be_told());
  EXPECT_TRUE(machine[0].has_arrivals());
}

TEST_F(Watching, AskingForTheTimerIsEnough) {
  machine.runs_on(0);
  machine.ready_on(0);
  EXPECT_NE(machine[0].timer_at(at(0ms)), kNever);
  EXPECT_FALSE(has_to_be_told());
}

TEST_F(Watching, EndsWithTheTimersInterrupt) {
  machine.runs_on(0);
  machine.ready_on(0);
  machine.pass(0);
  machine[0].note_timer_interrupt();
  EXPECT_TRUE(has_to_be_told());
}

TEST_F(Watching, WhatCameBeforeTheTimersInterruptIsFoundByThePassThatFollows) {
  machine.runs_on(0);
  machine.ready_on(0);
  machine.pass(0);
  EXPECT_FALSE(has_to_be_told());
  machine[0].note_timer_interrupt();
  EXPECT_FALSE(has_to_be_told()) << "the inbox is not empty";
  machine.pass(0);
  EXPECT_FALSE(machine[0].has_arrivals());
}

TEST_F(Watching, BeginsAnewWithThePassAfterTheTimersInterrupt) {
  machine.runs_on(0);
  machine.ready_on(0, cpu_set({0}));
  machine.pass(0);
  machine[0].note_timer_interrupt();
  machine.pass(0);
  EXPECT_FALSE(has_to_be_told());
}

TEST_F(Watching, GoesOnUntilTheTimerComesWhenTheLastReadyThreadHasGone) {
  machine.runs_on(0);
  machine.ready_on(0);
  machine.pass(0);
  machine.leave(0, Leave::kParked);
  EXPECT_FALSE(has_to_be_told()) << "the timer is armed still";
  machine.pass(0);
  machine[0].note_timer_interrupt();
}

TEST_F(Watching, APollingCpuHasNotToBeTold) {
  machine[0].begin_idle();
  EXPECT_FALSE(has_to_be_told());
  EXPECT_TRUE(machine[0].has_work());
}

TEST_F(Watching, ACpuThatHasDecidedToBeIdleHasNotToBeTold) {
  Entity& thread = machine.runs_on(0);
  EXPECT_TRUE(has_to_be_told());
  machine.pass(0);
  while (!machine[0].is_idle()) {
    machine.leave(0, Leave::kParked);
  }
  EXPECT_EQ(machine[1].wake(thread), std::nullopt) << "it looks before it sleeps";
  EXPECT_EQ(&machine.leave(0, Leave::kYielded), &thread);
  EXPECT_TRUE(has_to_be_told());
}

TEST_F(Watching, ASleepingCpuHasToBeTold) {
  machine[0].begin_idle();
  machine[0].stop_watching();
  EXPECT_TRUE(has_to_be_told());
}

// It may have seen the arrival as it polled, or in a word that it slept on; then no timer is armed.
TEST_F(Watching, EndsAsTheCpuIsIdleNoMore) {
  Entity& arrival = machine.make_thread(cpu_set({0}));
  machine[0].begin_idle();
  machine.start(1, arrival, kCpu0);
  EXPECT_EQ(&machine.leave(0, Leave::kYielded), &arrival);
  EXPECT_EQ(machine[0].timer_at(at(0ms)), kNever);
  EXPECT_TRUE(has_to_be_told()) << "or nobody would look until the thread leaves";
}

TEST_F(Watching, ARequestTellsAsAnArrivalDoes) {
  Entity& thread = machine.runs_on(0);
  EXPECT_EQ(machine[1].tell_of_requests(thread), kCpu0);
  EXPECT_EQ(machine[1].tell_of_requests(thread), std::nullopt) << "it is told already";
  machine.ready_on(0);
  machine.pass(0);
  EXPECT_EQ(machine[1].tell_of_requests(thread), std::nullopt) << "it watches";
  EXPECT_TRUE(machine[0].has_arrivals());
}

TEST_F(Watching, TheWordOfTheInboxIsZeroWhileThereAreNoArrivals) {
  const auto word = [&] { return *static_cast<const std::uintptr_t*>(machine[0].arrivals_word()); };
  EXPECT_EQ(word(), 0U);
  has_to_be_told();
  EXPECT_NE(word(), 0U);
  machine.pass(0);
  EXPECT_EQ(word(), 0U);
}

TEST_F(Sleepers, SayWhenTheTimerIsNeeded) {
  machine.asleep_on(0, at(30ms));
  machine.asleep_on(0, at(20ms));
  EXPECT_EQ(machine[0].timer_at(at(0ms)), at(20ms)) << "for the idle thread";
  machine.runs_on(0);
  EXPECT_EQ(machine[0].timer_at(at(0ms)), at(20ms)) << "for one alone";
}

TEST_F(Sleepers, ComeBeforeTheEndOfTheInterval) {
  machine.asleep_on(0, at(300us));
  machine.runs_on(0);
  machine.ready_on(0);
  EXPECT_EQ(machine[0].timer_at(at(0ms)), at(300us));
  machine.wake_sleepers(0, at(300us));
  EXPECT_EQ(machine[0].timer_at(at(300us)), at(300us) + CpuScheduler::kChargeInterval);
}

TEST_F(Sleepers, AreTakenWhenTheirTimeHasComeEarliestFirst) {
  Entity& late = machine.asleep_on(0, at(30ms));
  Entity& early = machine.asleep_on(0, at(20ms));
  EXPECT_EQ(machine[0].take_due_sleeper(at(20ms) - 1ns), nullptr);
  EXPECT_EQ(machine[0].take_due_sleeper(at(40ms)), &early);
  EXPECT_FALSE(early.has_timer());
  EXPECT_TRUE(late.has_timer());
  EXPECT_EQ(machine[0].take_due_sleeper(at(40ms)), &late);
  EXPECT_EQ(machine[0].take_due_sleeper(at(40ms)), nullptr);
}

TEST_F(Sleepers, WokenEarlyAtHomeNeedTheTimerNoMore) {
  Entity& thread = machine.asleep_on(0, at(10ms));
  machine.wake(0, thread);
  EXPECT_EQ(machine[0].timer_at(at(0ms)), kNever);
  EXPECT_EQ(&machine.pass(0), &thread);
}

TEST_F(Sleepers, WokenFromAfarAndByTheirTimerAreWokenTwiceAndRunOnce) {
  Entity& thread = machine.asleep_on(0, at(10ms));
  machine.wake(1, thread);
  machine.wake_sleepers(0, at(10ms));
  EXPECT_EQ(&machine.pass(0, at(10ms)), &thread);
  EXPECT_TRUE(machine[0].take_wakes());
  EXPECT_EQ(&machine.leave(0, Leave::kParked), &machine.idle[0]);
}

TEST_F(Sleepers, WokenFromAfarDoNotSleep) {
  Entity& thread = machine.asleep_on(0, at(10ms));
  machine.wake(1, thread);
  EXPECT_EQ(&machine.pass(0), &thread);
  EXPECT_FALSE(thread.has_timer());
  EXPECT_EQ(machine[0].timer_at(at(0ms)), kNever);
}

// Or nobody would, if it sleeps for long.
TEST_F(Backstopped, ASleepingCpuLooksAgainWhileTheInboxIsFull) {
  EXPECT_EQ(machine[1].must_look_again_at(at(1ms)), kNever);
  EXPECT_TRUE(has_to_be_told());
  EXPECT_EQ(machine[1].must_look_again_at(at(1ms)), at(1ms + Backstop::kPatience));
  machine.pass(0);
  EXPECT_EQ(machine[1].must_look_again_at(at(1ms)), kNever);
}

// In case the interrupt is lost.
TEST_F(Backstopped, ATellIsRepeatedUntilTheInboxIsTaken) {
  machine.runs_on(1);
  EXPECT_TRUE(has_to_be_told());
  machine.pass(1, at(7ms));
  EXPECT_EQ(machine.take_told(), CpuSet()) << "however long ago the last decision was";
  machine.pass(1, at(7ms + Backstop::kPatience - 1ns));
  EXPECT_EQ(machine.take_told(), CpuSet());
  machine.pass(1, at(7ms + Backstop::kPatience));
  EXPECT_EQ(machine.take_told(), cpu_set({0}));
  machine.pass(0);
  machine.pass(1, at(9ms));
  EXPECT_EQ(machine.take_told(), CpuSet());
}

}  // namespace
}  // namespace tb::sched
