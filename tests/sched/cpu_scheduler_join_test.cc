// Who comes next where threads wait for each other's end: a tree of them is walked one branch after
// the other, whichever way a thread leaves.
#include <gtest/gtest.h>

#include <set>

#include "tests/sched/runtime_steps.h"

namespace tb::sched {
namespace {

struct JoinOrder : testing::Test {
  Machinery machine{3};
};

TEST_F(JoinOrder, WhoIsJoinedBeforeItHasRunIsNext) {
  machine.runs_on(0);
  Entity& early = machine.ready_on(0);
  Entity& child = machine.ready_on(0);
  machine[0].let_go_first(child);
  EXPECT_EQ(&machine.leave(0, Leave::kParked), &child);
  EXPECT_EQ(&machine.leave(0, Leave::kParked), &early);
}

TEST_F(JoinOrder, WhoIsJoinedBeforeItHasRunTakesTheTurnAsItIs) {
  Entity& joiner = machine.runs_on(0, cpu_set({0}));
  Entity& early = machine.ready_on(0, cpu_set({0}));
  Entity& child = machine.ready_on(0, cpu_set({0}));
  machine.leave(0, Leave::kPreempted);
  EXPECT_EQ(machine[0].leave_quickly_for(child), &child);
  EXPECT_EQ(&machine[0].current(), &child);
  EXPECT_EQ(joiner.state.get(), ThreadState::kParked);
  EXPECT_EQ(machine[0].leave_quickly_to(joiner), &joiner);
  EXPECT_EQ(joiner.state.get(), ThreadState::kRunning);
  EXPECT_EQ(child.state.get(), ThreadState::kExiting);
  EXPECT_EQ(machine[0].take_exited(), &child);
  EXPECT_EQ(&machine.leave(0, Leave::kYielded), &early);
}

TEST_F(JoinOrder, WhoEndsForAJoinerThatSleepsOrIsElsewhereIsToBeDecidedAbout) {
  Entity& joiner = machine.runs_on(0, cpu_set({0}));
  Entity& elsewhere = machine.parked_on(1);
  machine.ready_on(0, cpu_set({0}));
  machine[0].wake_current_at(machine.make_sleeper(), at(5ms));
  machine.leave(0, Leave::kParked);
  EXPECT_EQ(machine[0].leave_quickly_to(joiner), nullptr);
  EXPECT_EQ(machine[0].leave_quickly_to(elsewhere), nullptr);
}

TEST_F(JoinOrder, WhoHasRunWaitsForItsTurn) {
  Entity& child = machine.runs_on(0);
  Entity& parent = machine.ready_on(0);
  Entity& other = machine.ready_on(0);
  EXPECT_EQ(&machine.leave(0, Leave::kYielded), &parent);
  machine[0].let_go_first(child);
  EXPECT_EQ(&machine.leave(0, Leave::kParked), &other);
}

TEST_F(JoinOrder, TheJoinerOfAThreadThatEndsIsNextOnTheSameSlice) {
  Entity& joiner = machine.runs_on(0, cpu_set({0}));
  Entity& child = machine.ready_on(0, cpu_set({0}));
  machine.ready_on(0, cpu_set({0}));
  EXPECT_EQ(&machine.leave(0, Leave::kParked), &child);
  machine.leave(0, Leave::kPreempted, at(4ms));
  machine.leave(0, Leave::kPreempted, at(4ms));
  EXPECT_EQ(machine[0].leave_quickly_to(joiner), &joiner);
  EXPECT_EQ(machine[0].timer_at(at(4ms)), at(5ms));
  machine[0].charge(at(9ms));
  EXPECT_EQ(machine[0].timer_at(at(9ms)), at(10ms)) << "6 ms were left of the slice";
}

// What is handed on of a turn may be another place in the queue, too.
struct JoinOrderByAlgorithm : testing::TestWithParam<FairAlgorithm> {
  Machinery machine{1, kQuantum, GetParam()};
};

TEST_P(JoinOrderByAlgorithm, WhoGoesFirstOnTheSlowWayLeavesTheQueueWhole) {
  Entity& joiner = machine.runs_on(0);
  machine.leave(0, Leave::kPreempted, at(30ms));
  Entity& child = machine.ready_on(0);
  machine[0].let_go_first(child);
  EXPECT_EQ(&machine.leave(0, Leave::kParked, at(30ms)), &child);
  Entity& next = machine.ready_on(0);
  // The other one may be hot, and go before the joiner.
  std::set<Entity*> served{machine[0].reschedule(Leave::kExited, at(50ms), &joiner).next};
  machine[0].take_wakes();
  served.insert(&machine.leave(0, Leave::kParked, at(51ms)));
  machine[0].take_wakes();
  EXPECT_EQ(served, (std::set{&joiner, &next}));
  EXPECT_EQ(&machine.leave(0, Leave::kParked, at(52ms)), &machine.idle[0]);
}

INSTANTIATE_TEST_SUITE_P(OfTheFairClass, JoinOrderByAlgorithm,
                         testing::Values(FairAlgorithm::kThreeQueues, FairAlgorithm::kMlfq,
                                         FairAlgorithm::kAging, FairAlgorithm::kRoundRobin));

// A parent that waits here for its child, which runs; another thread has been ready for longer.
struct Ending : JoinOrder {
  Entity& ends(Entity* heir, Time now = at(4ms)) {
    return *machine[0].reschedule(Leave::kExited, now, heir).next;
  }

  Entity& parent = machine.runs_on(0);
  Entity& child = machine.ready_on(0);
  Entity& other = machine.ready_on(0);
};

TEST_F(Ending, TheJoinerIsNextOnTheSlowWayToo) {
  EXPECT_EQ(&machine.leave(0, Leave::kParked), &child);
  EXPECT_EQ(&ends(&parent), &parent);
  EXPECT_EQ(machine[0].timer_at(at(4ms)), at(5ms));
  machine[0].charge(at(9ms));
  EXPECT_EQ(machine[0].timer_at(at(9ms)), at(10ms)) << "6 ms were left of the slice";
  EXPECT_TRUE(machine[0].take_wakes());
}

TEST_F(Ending, WithATimerTheJoinerIsASleeperNoMore) {
  machine[0].wake_current_at(machine.make_sleeper(), at(5ms));
  EXPECT_EQ(&machine.leave(0, Leave::kParked), &child);
  EXPECT_EQ(&ends(&parent), &parent);
  EXPECT_EQ(machine[0].take_due_sleeper(at(6ms)), nullptr);
}

TEST_F(Ending, WithoutAJoinerThatIsParkedHereTheOrderStays) {
  EXPECT_EQ(&machine.leave(0, Leave::kYielded), &child) << "the parent is ready";
  EXPECT_EQ(&ends(&parent), &other);
}

// It would see the end of a thread that still stands on its stack.
TEST_F(Ending, AJoinerThatAnIdleCpuCouldRunStaysAllTheSame) {
  EXPECT_EQ(&machine.leave(0, Leave::kParked), &child);
  machine.sleeps(1);
  machine.sleeps(2);
  EXPECT_EQ(&ends(&parent), &parent);
  EXPECT_EQ(parent.home.load(), kCpu0);
}

TEST_F(Ending, AJoinerIsNotAmongThoseThatAreEvenedOut) {
  EXPECT_EQ(&machine.leave(0, Leave::kParked), &child);
  machine.runs_on(1);
  machine.runs_on(2);
  for (int i = 0; i < 6; ++i) {
    machine.ready_on(0);
  }
  machine[0].note_timer_interrupt();
  EXPECT_EQ(&ends(&parent), &parent);
  EXPECT_EQ(machine[0].counters().evened_out, 3U) << "half of the difference between 8 and 1";
}

TEST_F(Ending, AJoinerThatMustGoElsewhereIsLeftToThatCpu) {
  EXPECT_EQ(&machine.leave(0, Leave::kParked), &child);
  Entity& asking = machine.runs_on(1);
  machine.request(1, parent, RequestKind::kSetAffinity, cpu_set({2}), asking);
  EXPECT_EQ(&ends(&parent), &other);
  EXPECT_EQ(parent.state.get(), ThreadState::kWaking);
}

}  // namespace
}  // namespace tb::sched
