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
  EXPECT_EQ(thread.state.get(), ThreadState::kParked) << "its home has not looked yet";
  EXPECT_FALSE(other.has_work());
  EXPECT_EQ(order_of_parking(), Order{&thread});
}

TEST_F(Wake, FromAnInterruptEvenAtHomeItGoesThroughTheInbox) {
  Entity& thread = parked_thread();
  EXPECT_EQ(cpu.wake_from_interrupt(thread), kCpu0);
  EXPECT_EQ(thread.state.get(), ThreadState::kParked);
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
  EXPECT_EQ(cpu.wake_from_interrupt(thread), std::nullopt);
  EXPECT_EQ(cpu.wake(thread), std::nullopt);
  cpu.reschedule(Leave::kPreempted, at(0ms));
  EXPECT_TRUE(cpu.take_wakes());
  EXPECT_FALSE(cpu.take_wakes());
  EXPECT_EQ(order_of_parking(), Order{&thread});
  EXPECT_EQ(thread.state.get(), ThreadState::kParked);
}

TEST_F(Wake, BeforeTheParkItIsKeptForTheParkToSee) {
  Entity& thread = running_thread();
  EXPECT_EQ(other.wake(thread), kCpu0);
  EXPECT_EQ(thread.state.get(), ThreadState::kRunning);
  EXPECT_TRUE(cpu.take_wakes()) << "so the thread does not park at all";
  EXPECT_EQ(cpu.reschedule(Leave::kYielded, at(0ms)).next, &thread);
  EXPECT_FALSE(cpu.take_wakes()) << "it is the same wake";
}

TEST_F(Wake, BeforeAParkThatDidNotLookItBringsTheThreadStraightBack) {
  for (const bool from_interrupt : {false, true}) {
    Entity& thread = running_thread();
    from_interrupt ? cpu.wake_from_interrupt(thread) : other.wake(thread);
    cpu.wake_current_at(world.make_sleeper(), at(10ms));
    EXPECT_EQ(cpu.leave_quickly(Leave::kParked), nullptr) << "something stands in the inbox";
    EXPECT_EQ(cpu.reschedule(Leave::kParked, at(0ms)).next, &thread);
    EXPECT_FALSE(thread.has_timer());
    EXPECT_EQ(order_of_parking(), Order{&thread});
  }
}

TEST_F(Wake, OfOneWhoIsParkedBehindAThreadThatRunsAloneMakesThatPreemptible) {
  Entity& parked = parked_thread();
  Entity& next = running_thread();
  EXPECT_EQ(cpu.timer_at(at(0ms)), kNever);
  EXPECT_EQ(cpu.wake_quickly(parked, WakeKind::kOrdinary), CpuScheduler::QuickWake::kNot)
      << "no timer is armed";
  EXPECT_EQ(cpu.wake(parked), std::nullopt);
  EXPECT_TRUE(cpu.lacks_timer());
  EXPECT_LE(cpu.timer_at(at(0ms)), at(kQuantum));
  EXPECT_FALSE(cpu.lacks_timer());
  EXPECT_EQ(cpu.leave_quickly(Leave::kParked), &parked);
  EXPECT_EQ(cpu.wake_quickly(next, WakeKind::kOrdinary), CpuScheduler::QuickWake::kDone)
      << "the timer is armed";
}

TEST_F(Wake, OfAReadyThreadIsKeptAndDoesNotQueueItTwice) {
  Entity& thread = ready_thread();
  EXPECT_EQ(cpu.wake(thread), std::nullopt);
  EXPECT_EQ(other.wake(thread), kCpu0);
  cpu.reschedule(Leave::kPreempted, at(0ms));
  EXPECT_TRUE(cpu.take_wakes());
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
  EXPECT_TRUE(cpu.take_wakes());
}

// The home is known before the thread stands in its inbox.
TEST_F(Wake, ThatComesBeforeTheThreadWaitsForIt) {
  Entity& thread = world.make_thread();
  thread.home.store(kCpu0);
  other.wake(thread);
  EXPECT_EQ(cpu.reschedule(Leave::kYielded, at(0ms)).next, &idle);
  other.start(thread, kCpu0);
  EXPECT_EQ(cpu.reschedule(Leave::kYielded, at(0ms)).next, &thread);
  EXPECT_TRUE(cpu.take_wakes());
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
