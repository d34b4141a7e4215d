// How threads reach a CPU: started, woken at any moment, by anybody; who has to be told of it; and
// that every wake is worth exactly one run.
#include <gtest/gtest.h>

#include <optional>

#include "tests/sched/world.h"

namespace tb::sched {
namespace {

using Start = Scenario;
using Wake = Scenario;

TEST_F(Start, OnItsOwnCpuItIsReadyAtOnceAndNobodyHasToBeTold) {
  Entity& thread = world.make_thread();
  EXPECT_EQ(cpu.start(thread, kCpu0), std::nullopt);
  EXPECT_EQ(thread.state.get(), ThreadState::kReady);
  EXPECT_EQ(thread.home.load(), kCpu0);
  EXPECT_TRUE(cpu.has_work());
  EXPECT_EQ(cpu.counters().arrivals, 0U);
}

TEST_F(Start, OnAnotherCpuItTravelsThroughThatInbox) {
  Entity& thread = world.make_thread();
  EXPECT_EQ(cpu.start(thread, kCpu1), kCpu1);
  EXPECT_EQ(thread.state.get(), ThreadState::kWaking);
  EXPECT_EQ(thread.home.load(), kCpu1);
  EXPECT_FALSE(cpu.has_work());
  EXPECT_TRUE(other.has_work());
  EXPECT_EQ(other.reschedule(Leave::kPreempted, at(0ms)).next, &thread);
  EXPECT_EQ(thread.state.get(), ThreadState::kRunning);
  EXPECT_EQ(other.counters().arrivals, 1U);
}

TEST_F(Start, OnlyTheFirstIntoAnEmptyInboxHasToBeTold) {
  for (const auto& told : {std::optional(kCpu1), std::optional<CpuId>(), std::optional<CpuId>()}) {
    EXPECT_EQ(cpu.start(world.make_thread(), kCpu1), told);
  }
  other.reschedule(Leave::kYielded, at(0ms));
  other.note_timer_interrupt();
  EXPECT_EQ(cpu.start(world.make_thread(), kCpu1), kCpu1) << "the inbox was empty again";
}

TEST_F(Start, TheInboxIsDrainedInTheOrderOfArrival) {
  Order started;
  for (int count = 0; count < 4; ++count) {
    started.push_back(&world.make_thread());
    other.start(*started.back(), kCpu0);
  }
  EXPECT_EQ(order_of_parking(), started);
  EXPECT_EQ(cpu.counters().arrivals, 4U);
}

TEST_F(Start, ArrivalsQueueBehindThoseWhoAreReady) {
  Entity& early = ready_thread();
  Entity& arrival = world.make_thread();
  other.start(arrival, kCpu0);
  Entity& late = ready_thread();
  EXPECT_EQ(order_of_parking(), (Order{&early, &late, &arrival}));
}

TEST_F(Wake, AtHomeAParkedThreadIsReadyAtOnce) {
  Entity& thread = parked_thread();
  EXPECT_EQ(cpu.wake(thread), std::nullopt);
  EXPECT_EQ(thread.state.get(), ThreadState::kReady);
  EXPECT_EQ(order_of_parking(), Order{&thread});
}

TEST_F(Wake, FromAnotherCpuAParkedThreadGoesHomeThroughTheInbox) {
  Entity& thread = parked_thread();
  EXPECT_EQ(other.wake(thread), kCpu0);
  EXPECT_EQ(thread.state.get(), ThreadState::kWaking);
  EXPECT_FALSE(other.has_work());
  EXPECT_EQ(order_of_parking(), Order{&thread});
}

TEST_F(Wake, FromAnInterruptEvenAtHomeItGoesThroughTheInbox) {
  Entity& thread = parked_thread();
  EXPECT_EQ(cpu.wake_from_interrupt(thread), kCpu0);
  EXPECT_EQ(thread.state.get(), ThreadState::kWaking);
  EXPECT_TRUE(cpu.has_work());
  EXPECT_EQ(order_of_parking(), Order{&thread});
}

TEST_F(Wake, OnlyTheFirstIntoAnEmptyInboxHasToBeTold) {
  Entity& first = parked_thread();
  Entity& second = parked_thread();
  Entity& third = parked_thread();
  EXPECT_EQ(other.wake(first), kCpu0);
  EXPECT_EQ(other.wake(second), std::nullopt);
  EXPECT_EQ(cpu.wake_from_interrupt(third), std::nullopt);
  EXPECT_EQ(order_of_parking(), (Order{&first, &second, &third}));
}

TEST_F(Wake, ManyWakesOfAParkedThreadAreWorthOneRun) {
  Entity& thread = parked_thread();
  EXPECT_EQ(other.wake(thread), kCpu0);
  EXPECT_EQ(other.wake(thread), std::nullopt);
  EXPECT_EQ(cpu.wake(thread), std::nullopt);
  EXPECT_EQ(cpu.wake_from_interrupt(thread), std::nullopt);
  cpu.reschedule(Leave::kPreempted, at(0ms));
  EXPECT_TRUE(thread.park_word.consume());
  EXPECT_FALSE(thread.park_word.consume());
  EXPECT_EQ(order_of_parking(), Order{&thread});
  EXPECT_EQ(thread.state.get(), ThreadState::kParked);
}

TEST_F(Wake, BeforeTheParkItIsKeptForTheParkToSee) {
  Entity& thread = running_thread();
  EXPECT_EQ(other.wake(thread), std::nullopt);
  EXPECT_EQ(thread.state.get(), ThreadState::kRunning);
  EXPECT_TRUE(thread.park_word.consume()) << "so the thread does not park at all";
  EXPECT_FALSE(cpu.has_work());
}

TEST_F(Wake, BeforeAParkThatDidNotLookItBringsTheThreadStraightBack) {
  Entity& thread = running_thread();
  other.wake(thread);
  EXPECT_EQ(cpu.reschedule(Leave::kParked, at(0ms)).next, &idle);
  cpu.complete_park(thread);
  EXPECT_EQ(thread.state.get(), ThreadState::kReady);
  EXPECT_EQ(cpu.reschedule(Leave::kPreempted, at(0ms)).next, &thread);
}

TEST_F(Wake, WhileItLeavesItsStackItIsNotedAndTheThreadRunsOnce) {
  for (const bool from_interrupt : {false, true}) {
    Entity& thread = running_thread();
    cpu.reschedule(Leave::kParked, at(0ms));
    EXPECT_EQ(from_interrupt ? cpu.wake_from_interrupt(thread) : other.wake(thread), std::nullopt);
    EXPECT_EQ(thread.state.get(), ThreadState::kParking) << "it still stands on its stack";
    EXPECT_FALSE(cpu.has_work());
    cpu.complete_park(thread);
    EXPECT_TRUE(cpu.has_work());
    cpu.reschedule(Leave::kPreempted, at(0ms));
    EXPECT_TRUE(thread.park_word.consume());
    EXPECT_EQ(order_of_parking(), Order{&thread});
  }
}

TEST_F(Wake, ThatCameInTheMiddleOfTheParkMakesTheNextThreadPreemptible) {
  Entity& parking = running_thread();
  Entity& next = ready_thread();
  const Decision decision = cpu.reschedule(Leave::kParked, at(0ms));
  EXPECT_EQ(decision.next, &next);
  EXPECT_EQ(decision.timer_at, kNever);
  other.wake(parking);
  cpu.complete_park(parking);
  EXPECT_LE(cpu.timer_at(at(0ms)), at(kQuantum)) << "the timer has to be armed again";
}

TEST_F(Wake, OfAReadyThreadIsKeptAndDoesNotQueueItTwice) {
  Entity& thread = ready_thread();
  EXPECT_EQ(cpu.wake(thread), std::nullopt);
  EXPECT_EQ(other.wake(thread), std::nullopt);
  cpu.reschedule(Leave::kPreempted, at(0ms));
  EXPECT_TRUE(thread.park_word.consume());
  EXPECT_EQ(order_of_parking(), Order{&thread});
}

TEST_F(Wake, OfAThreadInTheInboxIsKeptAndDoesNotPushItTwice) {
  Entity& thread = world.make_thread();
  EXPECT_EQ(other.start(thread, kCpu0), kCpu0);
  EXPECT_EQ(other.wake(thread), std::nullopt);
  EXPECT_EQ(cpu.wake_from_interrupt(thread), std::nullopt);
  cpu.reschedule(Leave::kPreempted, at(0ms));
  EXPECT_EQ(cpu.counters().arrivals, 1U);
  EXPECT_EQ(&cpu.current(), &thread);
  EXPECT_TRUE(thread.park_word.consume());
}

using StartDeathTest = Scenario;

TEST_F(StartDeathTest, RefusesACpuThatDoesNotExist) {
  Entity& thread = world.make_thread();
  EXPECT_DEATH(cpu.start(thread, CpuId{3}), "the thread may run on its first CPU");
  EXPECT_DEATH(cpu.start(thread, kNoCpu), "the thread may run on its first CPU");
}

TEST_F(StartDeathTest, RefusesToStartAThreadTwice) {
  Entity& thread = ready_thread();
  EXPECT_DEATH(cpu.start(thread, kCpu0), "the thread is in the state its caller believes");
}

}  // namespace
}  // namespace tb::sched
