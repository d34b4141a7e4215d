// The state table, against a second list of its steps written independently, and the cell that
// enforces it.
#include "sched/thread_state.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

namespace tb::sched {
namespace {

using enum ThreadState;

constexpr CpuId kSomeCpu{7};

// The life of a thread, told as every step it can take.
const std::set<std::pair<ThreadState, ThreadState>> kAllowed = {
    {kNew, kReady},      // spawned here
    {kNew, kWaking},     // spawned elsewhere
    {kWaking, kReady},   // out of the inbox
    {kReady, kRunning},  // picked
    {kRunning, kReady},  // yielded or preempted
    {kRunning, kThrottled}, {kReady, kThrottled},   {kThrottled, kReady},
    {kRunning, kParked},  // parks
    {kParked, kReady},    // woken
    {kParked, kRunning},  // in the turn of whose end it waited for
    {kParked, kWaking},   // woken for another CPU
    {kRunning, kMoving},  // wanted on another CPU
    {kMoving, kWaking},   // off its stack, to that CPU
    {kReady, kWaking},    // to that CPU without having run again
    {kReady, kSuspended},   {kRunning, kSuspended}, {kParked, kSuspended},  // suspended
    {kSuspended, kParked},                                                  // goes on
    {kSuspended, kWaking},                                                  // wanted on another CPU
    {kRunning, kExiting},                                                   // exits
    {kExiting, kDead},  // off its stack for ever
    {kDead, kNew},      // its record is another thread's
};

template <class Visit>
void for_each_pair(Visit visit) {
  for (std::size_t from = 0; from < kThreadStates; ++from) {
    for (std::size_t to = 0; to < kThreadStates; ++to) {
      visit(static_cast<ThreadState>(from), static_cast<ThreadState>(to));
    }
  }
}

TEST(ThreadStateTable, AllowsExactlyTheStepsOfAThreadsLife) {
  for_each_pair([](ThreadState from, ThreadState to) {
    EXPECT_EQ(may_follow(from, to), kAllowed.contains({from, to}))
        << name_of(from) << " -> " << name_of(to);
  });
}

TEST(ThreadStateTable, CountsAllStatesAndNamesEachDifferently) {
  EXPECT_EQ(static_cast<std::size_t>(kDead) + 1, kThreadStates);
  std::set<std::string> names;
  for (std::size_t state = 0; state < kThreadStates; ++state) {
    names.insert(name_of(static_cast<ThreadState>(state)));
  }
  EXPECT_EQ(names.size(), kThreadStates);
  EXPECT_STREQ(name_of(kNew), "new");
  EXPECT_STREQ(name_of(kParked), "parked");
  EXPECT_STREQ(name_of(kDead), "dead");
}

TEST(StateCell, MakesEveryAllowedStep) {
  for (const auto& [from, to] : kAllowed) {
    StateCell cell(from);
    cell.transition(from, to, kSomeCpu);
    EXPECT_EQ(cell.get(), to);
  }
}

TEST(StateCell, KnowsTheOwnerOfAReadyRunningOrWaitingThreadAndOfNoOther) {
  for (const auto& [from, to] : kAllowed) {
    StateCell cell(from);
    EXPECT_FALSE(cell.is_owned_by(kSomeCpu)) << "nobody has made a step yet";
    cell.transition(from, to, kSomeCpu);
    EXPECT_EQ(cell.is_owned_by(kSomeCpu), to == kReady || to == kRunning || to == kParked ||
                                              to == kThrottled || to == kSuspended)
        << name_of(to);
    EXPECT_EQ(cell.is_parked_on(kSomeCpu), to == kParked) << name_of(to);
    EXPECT_FALSE(cell.is_owned_by(CpuId{6})) << name_of(to);
    EXPECT_FALSE(cell.is_parked_on(CpuId{6})) << name_of(to);
  }
}

TEST(StateCell, TheOwnerIsWhoMadeTheLastStep) {
  StateCell cell(kNew);
  cell.transition(kNew, kReady, CpuId{0});
  cell.transition(kReady, kWaking, CpuId{0});
  EXPECT_FALSE(cell.is_owned_by(CpuId{0}));
  cell.transition(kWaking, kReady, CpuId{1023});
  EXPECT_TRUE(cell.is_owned_by(CpuId{1023}));
  EXPECT_FALSE(cell.is_owned_by(CpuId{0}));
}

// Whoever takes a dead thread's record may be on no CPU that counts.
TEST(StateCell, AStepMayBeNobodys) {
  StateCell cell(kDead);
  cell.transition(kDead, kNew, kNoCpu);
  EXPECT_EQ(cell.get(), kNew);
}

TEST(StateCellDeathTest, RefusesEveryOtherStep) {
  GTEST_FLAG_SET(death_test_style, "fast");
  for_each_pair([](ThreadState from, ThreadState to) {
    if (!kAllowed.contains({from, to})) {
      StateCell cell(from);
      EXPECT_DEATH(cell.transition(from, to, kSomeCpu), "the state table allows this step")
          << name_of(from) << " -> " << name_of(to);
    }
  });
}

TEST(StateCellDeathTest, RefusesAnAllowedStepFromAStateThatTheThreadIsNotIn) {
  GTEST_FLAG_SET(death_test_style, "fast");
  for (const auto& [from, to] : kAllowed) {
    for (std::size_t index = 0; index < kThreadStates; ++index) {
      const auto actual = static_cast<ThreadState>(index);
      if (actual != from) {
        StateCell cell(actual);
        EXPECT_DEATH(cell.transition(from, to, kSomeCpu),
                     "the thread is in the state its caller believes");
        EXPECT_EQ(cell.get(), actual);
      }
    }
  }
}

}  // namespace
}  // namespace tb::sched
