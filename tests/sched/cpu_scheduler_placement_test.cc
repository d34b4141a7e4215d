// Where a thread goes that is spawned or woken: to the CPU it was on last if that has nothing to
// do, else to one that has, else to where it was.
#include <gtest/gtest.h>

#include "tests/sched/runtime_steps.h"

namespace tb::sched {
namespace {

struct Machines : testing::Test {
  Machinery machine{4};
};

using Woken = Machines;
using Spawned = Machines;
using Pinned = Machines;
using Affinity = Machines;
using FromInterrupts = Machines;

// CPU 0 with a running thread, and one that parked there.
Entity& parked_at_busy_cpu0(Machinery& machine, const CpuSet& allowed = CpuSet::everywhere()) {
  Entity& thread = machine.parked_on(0, allowed);
  machine.runs_on(0);
  machine.told = {};
  return thread;
}

TEST_F(Woken, GoesToTheCpuItWasOnIfThatIsIdle) {
  Entity& thread = machine.parked_on(2);
  machine.runs_on(0);
  machine.sleeps(1);
  machine.sleeps(2);
  machine.wake(0, thread);
  EXPECT_EQ(thread.home.load(), kCpu2);
  EXPECT_EQ(thread.migrations, 0U);
  EXPECT_EQ(machine.take_told(), cpu_set({2}));
  EXPECT_EQ(&machine.wakes_up(2), &thread);
}

TEST_F(Woken, GoesToAnIdleCpuIfItsOwnIsBusy) {
  Entity& thread = parked_at_busy_cpu0(machine);
  machine.sleeps(2);
  machine.wake(1, thread);
  EXPECT_EQ(machine.take_told(), cpu_set({0})) << "only its home can give it";
  machine.pass(0);
  EXPECT_EQ(thread.home.load(), kCpu2);
  EXPECT_EQ(thread.migrations, 1U);
  EXPECT_EQ(machine.take_told(), cpu_set({2}));
  EXPECT_EQ(&machine.wakes_up(2), &thread);
  EXPECT_EQ(machine[2].counters().arrivals, 1U);
}

TEST_F(Woken, ByItsOwnBusyCpuGoesToAnIdleOne) {
  Entity& thread = parked_at_busy_cpu0(machine);
  machine.sleeps(3);
  machine.wake(0, thread);
  EXPECT_EQ(thread.home.load(), CpuId{3});
  EXPECT_EQ(machine.take_told(), cpu_set({3}));
  EXPECT_FALSE(machine[0].is_loaded());
}

TEST_F(Woken, StaysWhereItWasIfNobodyIsIdle) {
  Entity& thread = parked_at_busy_cpu0(machine);
  machine.wake(1, thread);
  EXPECT_EQ(machine.take_told(), cpu_set({0}));
  machine.pass(0);
  EXPECT_EQ(thread.home.load(), kCpu0);
  EXPECT_EQ(thread.state.get(), ThreadState::kReady);
}

TEST_F(Woken, ByItsOwnBusyCpuWithoutIdleOnesMakesThatCpuLoaded) {
  Entity& thread = parked_at_busy_cpu0(machine);
  EXPECT_FALSE(machine[0].is_loaded());
  machine.wake(0, thread);
  EXPECT_EQ(thread.state.get(), ThreadState::kReady);
  EXPECT_TRUE(machine[0].is_loaded());
  EXPECT_EQ(machine.sleeps(1), cpu_set({0}));
}

TEST_F(Woken, ByItsOwnCpuThatHasNothingElseStaysThere) {
  Entity& thread = machine.parked_on(0);
  machine.sleeps(1);
  machine.wake(0, thread);
  EXPECT_EQ(thread.state.get(), ThreadState::kReady);
  EXPECT_EQ(machine.take_told(), CpuSet());
  EXPECT_TRUE(machine.machine.idle.contains(kCpu1));
}

TEST_F(Woken, TwoAtOnceGoToDifferentIdleCpus) {
  Entity& first = machine.parked_on(0);
  Entity& second = parked_at_busy_cpu0(machine);
  machine.sleeps(1);
  machine.sleeps(2);
  machine.wake(3, first);
  machine.wake(3, second);
  machine.pass(0);
  EXPECT_NE(first.home.load(), second.home.load());
  EXPECT_EQ(machine.take_told(), cpu_set({1, 2}));
}

// A busy CPU looks at its inbox within the charge interval; that is long while another is idle.
TEST_F(Woken, TellsABusyHomeThatWatchesOnlyIfSomebodyIsIdle) {
  for (const bool somebody_idle : {false, true}) {
    Machinery fresh(4);
    Entity& thread = parked_at_busy_cpu0(fresh, cpu_set({0, 1}));
    fresh.ready_on(0, cpu_set({0}));
    fresh.pass(0);
    fresh.told = {};
    if (somebody_idle) {
      fresh.sleeps(2);
    }
    fresh.wake(1, thread);
    EXPECT_EQ(thread.home.load(), kCpu0);
    EXPECT_EQ(fresh.take_told(), somebody_idle ? cpu_set({0}) : CpuSet());
  }
}

TEST_F(Woken, AHomeThatPollsNeedsNoInterruptEvenIfOthersAreIdle) {
  Entity& thread = machine.parked_on(0);
  machine.sleeps(2);
  machine[0].begin_idle();
  machine.wake(1, thread);
  EXPECT_EQ(thread.home.load(), kCpu0);
  EXPECT_TRUE(machine[0].has_work());
  EXPECT_EQ(machine.take_told(), CpuSet());
}

TEST_F(Spawned, BeginsOnAnIdleCpuIfItsSpawnerRuns) {
  machine.runs_on(0);
  machine.sleeps(3);
  Entity& thread = machine.make_thread();
  machine.start(0, thread);
  EXPECT_EQ(thread.home.load(), CpuId{3});
  EXPECT_EQ(machine.take_told(), cpu_set({3}));
  EXPECT_EQ(&machine.wakes_up(3), &thread);
}

TEST_F(Spawned, BeginsBesideItsSpawnerIfNobodyIsIdle) {
  machine.runs_on(0);
  Entity& thread = machine.make_thread();
  machine.start(0, thread);
  EXPECT_EQ(thread.home.load(), kCpu0);
  EXPECT_EQ(thread.state.get(), ThreadState::kReady);
  EXPECT_TRUE(machine[0].is_loaded());
}

TEST_F(Spawned, BeginsWhereItIsWantedThoughOthersAreIdle) {
  machine.runs_on(0);
  machine.runs_on(2);
  machine.sleeps(3);
  Entity& thread = machine.make_thread();
  machine.start(0, thread, kCpu2);
  EXPECT_EQ(thread.home.load(), kCpu2);
  EXPECT_TRUE(machine.machine.idle.contains(CpuId{3}));
}

TEST_F(Spawned, TakeTurnsWhereNobodyIsIdle) {
  for (std::uint32_t i = 0; i < 4; ++i) {
    machine.runs_on(i);
  }
  CpuSet homes;
  for (int i = 0; i < 2; ++i) {
    Entity& thread = machine.make_thread(cpu_set({2, 3}));
    machine.start(0, thread);
    homes.insert(thread.home.load());
  }
  EXPECT_EQ(homes, cpu_set({2, 3}));
}

TEST_F(Spawned, BesideItsSpawnerByWishItIsSharedOut) {
  machine.runs_on(0);
  machine.sleeps(3);
  Entity& thread = machine.make_thread();
  machine.start(0, thread, kCpu0);
  EXPECT_EQ(machine.take_told(), cpu_set({0})) << "it looks whom it can give it to";
  machine.pass(0);
  EXPECT_EQ(thread.home.load(), CpuId{3});
}

TEST_F(Spawned, ThatMayNotRunWhereItsSpawnerDoesBeginsWhereItMay) {
  machine.runs_on(0);
  Entity& thread = machine.make_thread(cpu_set({2, 3}));
  machine.start(0, thread);
  EXPECT_EQ(thread.home.load(), kCpu2);
  machine.sleeps(3);
  Entity& another = machine.make_thread(cpu_set({2, 3}));
  machine.start(0, another);
  EXPECT_EQ(another.home.load(), CpuId{3}) << "this one is idle";
}

TEST_F(Spawned, ThatMayRunOnOneCpuBeginsThere) {
  machine.runs_on(0);
  machine.sleeps(3);
  Entity& thread = machine.make_thread(cpu_set({1}));
  machine.start(0, thread);
  EXPECT_EQ(thread.home.load(), kCpu1);
  EXPECT_FALSE(thread.movable);
}

TEST_F(Pinned, BySleepingTheThreadGoesHomeFromAnywhere) {
  Entity& thread = machine.asleep_on(0, at(10ms));
  machine.runs_on(0);
  machine.sleeps(1);
  machine.told = {};
  machine.wake(2, thread);
  EXPECT_EQ(thread.home.load(), kCpu0) << "its timer stands there";
  EXPECT_EQ(machine.take_told(), cpu_set({0}));
  machine.pass(0);
  EXPECT_FALSE(thread.has_timer());
  EXPECT_EQ(machine[0].take_due_sleeper(at(1s)), nullptr);
}

TEST_F(Pinned, NoMoreOnceItsTimerHasFired) {
  Entity& thread = machine.asleep_on(0, at(10ms));
  machine.runs_on(0);
  machine.sleeps(1);
  machine.wake_sleepers(0, at(10ms));
  EXPECT_EQ(thread.home.load(), kCpu1);
  EXPECT_EQ(&machine.wakes_up(1), &thread);
}

TEST_F(Pinned, AtHomeAWakeTakesTheTimerOutAndThenItIsFree) {
  Entity& thread = machine.asleep_on(0, at(10ms));
  machine.runs_on(0);
  machine.sleeps(1);
  machine.wake(0, thread);
  EXPECT_FALSE(thread.has_timer());
  EXPECT_EQ(thread.home.load(), kCpu1);
}

TEST_F(Affinity, AWokenThreadGoesToNoIdleCpuOutsideIt) {
  Entity& thread = parked_at_busy_cpu0(machine, cpu_set({0, 3}));
  machine.sleeps(1);
  machine.sleeps(2);
  machine.wake(1, thread);
  machine.pass(0);
  EXPECT_EQ(thread.home.load(), kCpu0);
  EXPECT_TRUE(machine.machine.idle.contains(kCpu1));
  EXPECT_TRUE(machine.machine.idle.contains(kCpu2));
}

TEST_F(Affinity, AWokenThreadChoosesTheIdleCpuInsideIt) {
  Entity& thread = parked_at_busy_cpu0(machine, cpu_set({0, 3}));
  machine.sleeps(1);
  machine.sleeps(3);
  machine.wake(2, thread);
  machine.pass(0);
  EXPECT_EQ(thread.home.load(), CpuId{3});
}

TEST_F(Affinity, HoldsOnlyCpusThatExist) {
  Entity& thread = machine.make_thread();
  EXPECT_EQ(machine[0].affinity_of(thread), CpuSet::first(4));
  EXPECT_TRUE(thread.movable);
  EXPECT_FALSE(thread.restricted);
  machine[0].set_affinity(thread, cpu_set({2, 4, 900}));
  EXPECT_EQ(machine[0].affinity_of(thread), cpu_set({2}));
  EXPECT_FALSE(thread.movable);
  EXPECT_TRUE(thread.restricted);
}

TEST_F(Affinity, OfOneCpusMachineNobodyIsRestrictedAndNobodyMovable) {
  Machinery one(1);
  const Entity& thread = one.make_thread();
  EXPECT_FALSE(thread.movable);
  EXPECT_FALSE(thread.restricted);
}

TEST_F(FromInterrupts, AWokenThreadGoesToItsIdleHome) {
  Entity& thread = machine.parked_on(2);
  machine.sleeps(1);
  machine.sleeps(2);
  EXPECT_EQ(machine[0].wake_from_interrupt(thread), kCpu2);
  EXPECT_EQ(&machine.wakes_up(2), &thread);
}

TEST_F(FromInterrupts, AWokenThreadGoesToAnIdleCpuIfItsOwnIsBusy) {
  Entity& thread = parked_at_busy_cpu0(machine, cpu_set({0, 2}));
  machine.sleeps(1);
  machine.sleeps(2);
  EXPECT_EQ(machine[0].wake_from_interrupt(thread), kCpu0) << "only its home can give it";
  machine.pass(0);
  EXPECT_EQ(&machine.wakes_up(2), &thread);
}

TEST_F(FromInterrupts, ASleeperGoesHome) {
  Entity& thread = machine.asleep_on(0, at(10ms));
  machine.runs_on(0);
  machine.sleeps(1);
  EXPECT_EQ(machine[1].wake_from_interrupt(thread), kCpu0);
}

TEST_F(FromInterrupts, TheInterruptedIdleCpuItselfIsChosen) {
  Entity& thread = machine.parked_on(0);
  machine.sleeps(0);
  EXPECT_EQ(machine[0].wake_from_interrupt(thread), kCpu0);
  EXPECT_EQ(&machine.wakes_up(0), &thread);
}

using AffinityDeathTest = Machines;

TEST_F(AffinityDeathTest, RefusesASetWithoutAnyCpuThatExists) {
  Entity& thread = machine.make_thread();
  EXPECT_DEATH(machine[0].set_affinity(thread, cpu_set({4})), "a CPU of the set exists");
  EXPECT_DEATH(machine[0].set_affinity(thread, {}), "a CPU of the set exists");
}

TEST_F(AffinityDeathTest, RefusesAFirstCpuOutsideIt) {
  Entity& thread = machine.make_thread(cpu_set({1}));
  EXPECT_DEATH(machine[0].start(thread, kCpu0), "the thread may run on its first CPU");
}

}  // namespace
}  // namespace tb::sched
