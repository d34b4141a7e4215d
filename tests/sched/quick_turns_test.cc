// The quick ways of a yield, a park, a wake and a start: when they may be taken, and how soon the
// clock is read all the same.
#include <gtest/gtest.h>

#include "tests/sched/world.h"

namespace tb::sched {
namespace {

using QuickWake = CpuScheduler::QuickWake;

// Two threads that stay on CPU 0: one runs, one is ready, the timer is armed.
struct QuickTurns : Scenario {
  QuickTurns() {
    cpu.start(running, kCpu0);
    cpu.start(ready, kCpu0);
    cpu.reschedule(Leave::kPreempted, at(0ms));
    EXPECT_EQ(&cpu.current(), &running);
  }

  int turns_without_the_clock() {
    int turns = 0;
    while (turns < 1'000 && cpu.leave_quickly(Leave::kYielded) != nullptr) {
      ++turns;
    }
    return turns;
  }

  Entity& running = world.make_thread(cpu_set({0}));
  Entity& ready = world.make_thread(cpu_set({0}));
};

TEST_F(QuickTurns, TakeThreadsInTurn) {
  EXPECT_EQ(cpu.leave_quickly(Leave::kYielded), &ready);
  EXPECT_EQ(running.state.get(), ThreadState::kReady);
  EXPECT_EQ(cpu.leave_quickly(Leave::kYielded), &running);
  EXPECT_EQ(cpu.leave_quickly(Leave::kParked), &ready);
  EXPECT_EQ(running.state.get(), ThreadState::kParked);
  EXPECT_EQ(cpu.leave_quickly(Leave::kYielded), nullptr) << "nobody else is ready";
  EXPECT_EQ(&cpu.current(), &ready);
}

TEST_F(QuickTurns, EndWithAReadingOfTheClock) {
  for (int round = 1; round <= 3; ++round) {
    EXPECT_EQ(turns_without_the_clock(), static_cast<int>(TurnPace::kQuickTurns) - 1);
    EXPECT_EQ(cpu.leave_quickly(Leave::kParked), nullptr) << "until it is read";
    cpu.reschedule(Leave::kYielded, at(round * 5us));
  }
}

TEST_F(QuickTurns, AreNoneWhileTurnsTakeLong) {
  cpu.reschedule(Leave::kYielded, at(TurnPace::kQuickTurnsTime));
  EXPECT_EQ(turns_without_the_clock(), 0);
  cpu.reschedule(Leave::kYielded, at(TurnPace::kQuickTurnsTime + 1us));
  EXPECT_GT(turns_without_the_clock(), 0);
}

TEST_F(QuickTurns, EndAsSomethingStandsInTheInbox) {
  other.wake(ready);
  EXPECT_EQ(cpu.leave_quickly(Leave::kParked), nullptr);
  EXPECT_EQ(cpu.leave_quickly(Leave::kYielded), nullptr);
  EXPECT_EQ(running.state.get(), ThreadState::kRunning);
}

TEST_F(QuickTurns, EndAsSomebodyIdleCouldTakeAThread) {
  Entity& movable = world.make_thread();
  cpu.start(movable, kCpu0);
  cpu.reschedule(Leave::kYielded, at(1us));
  EXPECT_EQ(movable.state.get(), ThreadState::kReady);
  other.begin_idle();
  EXPECT_EQ(cpu.leave_quickly(Leave::kYielded), nullptr);
}

TEST_F(QuickTurns, EndAsSomebodyIsTold) {
  other.start(world.make_thread(cpu_set({1})), kCpu1);
  other.reschedule(Leave::kYielded, at(0ms));
  EXPECT_TRUE(cpu.wake(other.current()).has_value());
  EXPECT_EQ(turns_without_the_clock(), 0);
  cpu.reschedule(Leave::kYielded, at(1us));
  EXPECT_EQ(turns_without_the_clock(), 0) << "until it has come";
  other.reschedule(Leave::kYielded, at(0ms));
  cpu.reschedule(Leave::kYielded, at(1us + Backstop::kPatience));
  cpu.reschedule(Leave::kYielded, at(2us + Backstop::kPatience));
  EXPECT_GT(turns_without_the_clock(), 0);
}

TEST_F(QuickTurns, WakeWhoIsParkedHere) {
  EXPECT_EQ(cpu.leave_quickly(Leave::kParked), &ready);
  EXPECT_EQ(cpu.wake_quickly(running, WakeKind::kOrdinary), QuickWake::kDone);
  EXPECT_EQ(running.state.get(), ThreadState::kReady);
  EXPECT_EQ(cpu.wake_quickly(running, WakeKind::kOrdinary), QuickWake::kNot) << "it is ready";
  EXPECT_EQ(cpu.leave_quickly(Leave::kYielded), &running);
  EXPECT_TRUE(cpu.take_wakes());
}

TEST_F(QuickTurns, WakeNobodyOnceTheTimerHasFired) {
  EXPECT_EQ(cpu.leave_quickly(Leave::kParked), &ready);
  cpu.note_timer_interrupt();
  EXPECT_EQ(cpu.wake_quickly(running, WakeKind::kOrdinary), QuickWake::kNot);
  EXPECT_EQ(running.state.get(), ThreadState::kParked);
}

TEST_F(QuickTurns, WakeNoSleeperForItsTimerHasToBeTakenOut) {
  cpu.wake_current_at(world.make_sleeper(), at(10ms));
  EXPECT_EQ(cpu.leave_quickly(Leave::kParked), &ready);
  EXPECT_EQ(cpu.wake_quickly(running, WakeKind::kOrdinary), QuickWake::kNot);
  cpu.wake(running);
  EXPECT_EQ(cpu.take_due_sleeper(at(1s)), nullptr);
}

TEST_F(QuickTurns, WakeNobodyWhoIsParkedElsewhere) {
  EXPECT_EQ(cpu.leave_quickly(Leave::kParked), &ready);
  EXPECT_EQ(other.wake_quickly(running, WakeKind::kOrdinary), QuickWake::kNot);
}

TEST_F(QuickTurns, WakeNobodyWhomSomebodyIdleCouldRun) {
  EXPECT_EQ(cpu.leave_quickly(Leave::kParked), &ready);
  other.begin_idle();
  EXPECT_EQ(cpu.wake_quickly(running, WakeKind::kOrdinary), QuickWake::kNot);
}

// A thread that starts others, by three queues: hot ones go before those that have computed.
struct ManyStarts : testing::Test {
  ManyStarts() {
    cpu.start(starter, kCpu0);
    cpu.start(world.make_thread(cpu_set({0})), kCpu0);
    cpu.reschedule(Leave::kPreempted, at(0ms));
    EXPECT_EQ(&cpu.current(), &starter);
  }

  // Until the quick way ends; how many have been started with the one that took the other way.
  std::uint32_t start_quickly() {
    std::uint32_t count = 1;
    Entity* last = &world.make_thread(cpu_set({0}));
    while (count < 1'000 && cpu.start_quickly(*last, std::nullopt)) {
      last = &world.make_thread(cpu_set({0}));
      ++count;
    }
    told = cpu.start(*last);
    return count;
  }

  World world{1, 10ms, FairAlgorithm::kThreeQueues};
  CpuScheduler& cpu = world[0];
  Entity& starter = world.make_thread(cpu_set({0}));
  std::optional<CpuId> told;
};

TEST_F(ManyStarts, GoFirstWhereTheyWouldWithTheNextLookAtTheClock) {
  cpu.charge(at(20ms));
  EXPECT_EQ(start_quickly(), TurnPace::kQuickStarts);
  EXPECT_EQ(told, kCpu0);
  const Decision decision = cpu.reschedule(Leave::kPreempted, at(20ms + 10us));
  EXPECT_NE(decision.next, &starter);
  while (&cpu.current() != &starter) {
    cpu.reschedule(Leave::kExited, at(20ms + 10us));
    cpu.take_exited();
  }
  EXPECT_EQ(start_quickly(), TurnPace::kQuickStarts) << "and so on";
  EXPECT_EQ(told, kCpu0);
}

TEST_F(ManyStarts, WaitForTheirTurnBehindOneWhoIsAsHot) {
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(start_quickly(), TurnPace::kQuickStarts);
    EXPECT_EQ(told, std::nullopt);
  }
}

TEST_F(ManyStarts, AreCountedAnewWithEachLookAtTheClock) {
  cpu.charge(at(20ms));
  for (std::int32_t i = 0; i < TurnPace::kQuickStarts - 1; ++i) {
    EXPECT_TRUE(cpu.start_quickly(world.make_thread(cpu_set({0})), std::nullopt));
  }
  cpu.reschedule(Leave::kPreempted, at(20ms));
  while (&cpu.current() != &starter) {
    cpu.reschedule(Leave::kParked, at(20ms));
  }
  EXPECT_EQ(start_quickly(), TurnPace::kQuickStarts);
}

}  // namespace
}  // namespace tb::sched
