// Who runs next and until when: the decisions of one CPU at each way of leaving it.
#include "sched/cpu_scheduler.h"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/sched/world.h"

namespace tb::sched {
namespace {

using Yield = Scenario;
using Preempt = Scenario;
using Idle = Scenario;
using TimerAt = Scenario;
using Charge = Scenario;
using Counters = Scenario;
using BusyTime = Scenario;

TEST_F(Yield, PassesTheCpuAroundInOrder) {
  Entity& a = running_thread();
  Entity& b = ready_thread();
  Entity& c = ready_thread();
  for (Entity* const next : {&b, &c, &a, &b, &c, &a}) {
    EXPECT_EQ(cpu.reschedule(Leave::kYielded, at(0ms)).next, next);
    EXPECT_EQ(&cpu.current(), next);
    EXPECT_EQ(next->state.get(), ThreadState::kRunning);
  }
  EXPECT_EQ(b.state.get(), ThreadState::kReady);
}

TEST_F(Yield, AloneItGoesOn) {
  Entity& thread = running_thread();
  const Decision decision = cpu.reschedule(Leave::kYielded, at(3ms));
  EXPECT_EQ(decision.next, &thread);
  EXPECT_EQ(decision.timer_at, kNever);
  EXPECT_EQ(thread.state.get(), ThreadState::kRunning);
}

TEST_F(Yield, SeesWhatOthersHavePushed) {
  running_thread();
  Entity& arrival = world.make_thread();
  other.start(arrival, kCpu0);
  EXPECT_EQ(cpu.reschedule(Leave::kYielded, at(0ms)).next, &arrival);
}

TEST_F(Preempt, BeforeTheSliceIsOverItGoesOn) {
  Entity& thread = running_thread();
  Entity& waiting = ready_thread();
  EXPECT_EQ(cpu.reschedule(Leave::kPreempted, at(kQuantum - 1ns)).next, &thread);
  EXPECT_EQ(waiting.state.get(), ThreadState::kReady);
  EXPECT_EQ(cpu.reschedule(Leave::kPreempted, at(kQuantum)).next, &waiting);
  EXPECT_EQ(thread.state.get(), ThreadState::kReady);
}

TEST_F(Preempt, WhenNobodyWaitsItGoesOnForAsLongAsItLikes) {
  Entity& thread = running_thread();
  for (const Duration now : {5ms, 10ms, 100ms}) {
    EXPECT_EQ(cpu.reschedule(Leave::kPreempted, at(now)).next, &thread);
  }
  Entity& late = ready_thread();
  EXPECT_EQ(cpu.reschedule(Leave::kPreempted, at(100ms)).next, &late) << "its turn was long over";
}

TEST_F(Preempt, AnArrivalDoesNotEndTheSlice) {
  Entity& thread = running_thread();
  Entity& arrival = world.make_thread();
  other.start(arrival, kCpu0);
  EXPECT_EQ(cpu.reschedule(Leave::kPreempted, at(1ms)).next, &thread);
  EXPECT_EQ(arrival.state.get(), ThreadState::kReady) << "but it was taken out of the inbox";
}

TEST_F(Preempt, TheLastOneComesBackWithAFreshQuantum) {
  Entity& a = running_thread();
  Entity& b = ready_thread();
  EXPECT_EQ(cpu.reschedule(Leave::kPreempted, at(10ms)).next, &b);
  EXPECT_EQ(cpu.reschedule(Leave::kPreempted, at(20ms)).next, &a);
  EXPECT_EQ(cpu.reschedule(Leave::kPreempted, at(30ms) - 1ns).next, &a);
  EXPECT_EQ(cpu.reschedule(Leave::kPreempted, at(30ms)).next, &b);
}

TEST_F(Preempt, TheQuantumIsTheOneTheSchedulerWasMadeWith) {
  World hasty(1, 3ms);
  Entity& a = hasty.make_thread();
  Entity& b = hasty.make_thread();
  hasty[0].start(a, kCpu0);
  hasty[0].start(b, kCpu0);
  hasty[0].reschedule(Leave::kPreempted, at(0ms));
  EXPECT_EQ(hasty[0].reschedule(Leave::kPreempted, at(3ms) - 1ns).next, &a);
  EXPECT_EQ(hasty[0].reschedule(Leave::kPreempted, at(3ms)).next, &b);
}

TEST_F(Idle, IsWhatACpuDoesAtFirst) {
  EXPECT_TRUE(cpu.is_idle());
  EXPECT_EQ(&cpu.current(), &idle);
  EXPECT_EQ(idle.home.load(), kCpu0);
  EXPECT_EQ(idle.state.get(), ThreadState::kRunning);
  EXPECT_FALSE(cpu.has_work());
  EXPECT_EQ(cpu.id(), kCpu0);
  EXPECT_EQ(other.id(), kCpu1);
}

TEST_F(Idle, IsChosenWhenTheLastOneParksOrExits) {
  for (const Leave reason : {Leave::kParked, Leave::kExited}) {
    running_thread();
    const Decision decision = cpu.reschedule(reason, at(0ms));
    EXPECT_EQ(decision.next, &idle);
    EXPECT_EQ(decision.timer_at, kNever);
    EXPECT_TRUE(cpu.is_idle());
    EXPECT_EQ(idle.state.get(), ThreadState::kRunning);
  }
}

TEST_F(Idle, IsLeftAtOnceForWhoeverIsReady) {
  for (const Leave reason : {Leave::kPreempted, Leave::kYielded}) {
    Entity& thread = ready_thread();
    EXPECT_EQ(cpu.reschedule(reason, at(0ms)).next, &thread);
    EXPECT_EQ(idle.state.get(), ThreadState::kReady);
    cpu.reschedule(Leave::kExited, at(0ms));
    cpu.complete_exit(thread);
  }
}

TEST_F(Idle, NeverStandsInTheRunQueue) {
  Entity& a = running_thread();
  ready_thread();
  for (int turn = 0; turn < 6; ++turn) {
    EXPECT_NE(cpu.reschedule(Leave::kYielded, at(0ms)).next, &idle);
  }
  EXPECT_EQ(order_of_parking().size(), 2U);
  EXPECT_EQ(a.state.get(), ThreadState::kParked);
  EXPECT_FALSE(cpu.has_work());
}

TEST_F(Idle, GoesOnWhenThereIsNothing) {
  const Decision decision = cpu.reschedule(Leave::kYielded, at(5ms));
  EXPECT_EQ(decision.next, &idle);
  EXPECT_EQ(decision.timer_at, kNever);
}

TEST_F(TimerAt, IsNeverForOneAlone) {
  running_thread();
  EXPECT_EQ(cpu.timer_at(at(0ms)), kNever);
  EXPECT_EQ(cpu.timer_at(at(50ms)), kNever);
}

TEST_F(TimerAt, IsNeverForTheIdleThread) {
  EXPECT_EQ(cpu.timer_at(at(0ms)), kNever);
  ready_thread();
  EXPECT_EQ(cpu.timer_at(at(0ms)), kNever) << "idle looks for work itself";
}

TEST_F(TimerAt, IsTheChargeIntervalWhileMoreThanThatIsLeft) {
  running_thread();
  ready_thread();
  EXPECT_EQ(cpu.reschedule(Leave::kPreempted, at(2ms)).timer_at, at(3ms));
  EXPECT_EQ(cpu.reschedule(Leave::kPreempted, at(9ms)).timer_at, at(10ms));
}

TEST_F(TimerAt, IsTheEndOfTheSliceWhenLessIsLeft) {
  running_thread();
  ready_thread();
  EXPECT_EQ(cpu.reschedule(Leave::kPreempted, at(9'700us)).timer_at, at(10ms));
}

TEST_F(TimerAt, IsAtOnceWhenTheSliceIsLongOver) {
  running_thread();
  cpu.charge(at(50ms));
  ready_thread();
  EXPECT_EQ(cpu.timer_at(at(50ms)), at(50ms));
}

TEST_F(TimerAt, CountsWhatTheThreadHasRunSinceItWasChargedLast) {
  running_thread();
  ready_thread();
  cpu.charge(at(9'200us));
  EXPECT_EQ(cpu.timer_at(at(9'700us)), at(10ms));
  EXPECT_EQ(cpu.timer_at(at(11ms)), at(11ms));
}

TEST_F(TimerAt, BelongsToTheThreadThatWasPicked) {
  running_thread();
  ready_thread();
  EXPECT_EQ(cpu.reschedule(Leave::kYielded, at(9'900us)).timer_at, at(10'900us));
}

TEST_F(Charge, GoesToTheThreadThatRan) {
  Entity& a = running_thread(at(1ms));
  Entity& b = ready_thread();
  cpu.reschedule(Leave::kYielded, at(4ms));
  cpu.charge(at(5ms));
  cpu.reschedule(Leave::kParked, at(9ms));
  EXPECT_EQ(idle.cpu_time, 1ms);
  EXPECT_EQ(a.cpu_time, 3ms);
  EXPECT_EQ(b.cpu_time, 5ms);
}

TEST_F(Charge, WithACachedTimeTakesNothingBack) {
  Entity& a = running_thread(at(5ms));
  Entity& b = ready_thread();
  cpu.charge(at(8ms));
  cpu.reschedule(Leave::kYielded, at(6ms));
  EXPECT_EQ(a.cpu_time, 3ms);
  cpu.charge(at(9ms));
  EXPECT_EQ(a.cpu_time, 3ms);
  EXPECT_EQ(b.cpu_time, 1ms) << "charged from the last reading on, not from the cached time";
}

TEST_F(Counters, TellSwitchesFromPreemptions) {
  Entity& a = running_thread();  // switch 1, from idle: no preemption
  Entity& b = ready_thread();
  cpu.reschedule(Leave::kPreempted, at(1ms));   // goes on
  cpu.reschedule(Leave::kPreempted, at(10ms));  // switch 2, a preemption
  cpu.reschedule(Leave::kYielded, at(11ms));    // switch 3, asked for
  cpu.reschedule(Leave::kExited, at(12ms));     // switch 4
  cpu.reschedule(Leave::kYielded, at(13ms));    // alone
  cpu.reschedule(Leave::kParked, at(14ms));     // switch 5, to idle
  EXPECT_EQ(cpu.counters().switches, 5U);
  EXPECT_EQ(cpu.counters().preemptions, 1U);
  EXPECT_EQ(a.preemptions, 1U);
  EXPECT_EQ(b.preemptions, 0U);
  EXPECT_EQ(a.switches_in, 2U);
  EXPECT_EQ(b.switches_in, 2U);
  EXPECT_EQ(idle.switches_in, 1U);
}

TEST_F(Counters, LeavingIdleForAThreadIsNoPreemption) {
  running_thread();
  EXPECT_EQ(cpu.counters().switches, 1U);
  EXPECT_EQ(cpu.counters().preemptions, 0U);
  EXPECT_EQ(idle.preemptions, 0U);
}

TEST_F(BusyTime, IsThatOfAllThreadsButTheIdleOne) {
  EXPECT_EQ(cpu.busy_time(), 0ns);
  cpu.charge(at(5ms));
  EXPECT_EQ(cpu.busy_time(), 0ns) << "nothing but idle so far";
  running_thread(at(5ms));
  ready_thread();
  cpu.reschedule(Leave::kYielded, at(7ms));
  cpu.reschedule(Leave::kExited, at(10ms));
  EXPECT_EQ(cpu.busy_time(), 5ms);
  cpu.reschedule(Leave::kParked, at(11ms));
  EXPECT_TRUE(cpu.is_idle());
  cpu.charge(at(100ms));
  EXPECT_EQ(cpu.busy_time(), 6ms);
  EXPECT_EQ(idle.cpu_time, 94ms);
}

TEST_F(BusyTime, AThreadThatMovesTakesItsTimeAlongAndLeavesTheCpusBehind) {
  Entity& thread = running_thread();
  cpu.reschedule(Leave::kParked, at(3ms));
  running_thread(at(3ms));
  other.begin_idle();
  EXPECT_EQ(cpu.wake(thread), std::nullopt) << "the other one polls";
  other.reschedule(Leave::kYielded, at(3ms));
  other.charge(at(5ms));
  EXPECT_EQ(cpu.busy_time(), 3ms);
  EXPECT_EQ(other.busy_time(), 2ms);
  EXPECT_EQ(thread.cpu_time, 5ms);
}

TEST_F(Scenario, AnExitEndsInDeathOnceTheStackIsLeft) {
  Entity& thread = running_thread();
  cpu.reschedule(Leave::kExited, at(0ms));
  EXPECT_EQ(thread.state.get(), ThreadState::kExiting);
  cpu.complete_exit(thread);
  EXPECT_EQ(thread.state.get(), ThreadState::kDead);
}

}  // namespace
}  // namespace tb::sched
