// Threads that are wanted on another CPU: who leaves, when, and that wishes which change on the way
// lose nobody.
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <utility>

#include "tests/sched/world.h"

namespace tb::sched {
namespace {

using Leaving = Scenario;
using Parting = Scenario;
using Pinned = Scenario;
using HandingOver = Scenario;
using BusyTime = Scenario;

// What the runtime does with the movers of a decision once the leaving thread's stack is left.
// Returns who was handed over, the leaving one last.
Order hand_over_all(CpuScheduler& cpu, Entity& leaving) {
  Order handed_over;
  const Movers movers = cpu.take_movers();
  for (Entity* next = movers.ready; next != nullptr;) {
    handed_over.push_back(std::exchange(next, next->inbox_link));
    cpu.hand_over(*handed_over.back());
  }
  if (movers.leaving) {
    handed_over.push_back(&leaving);
    cpu.hand_over(leaving);
  }
  return handed_over;
}

TEST_F(Leaving, ARunningThreadMovesWhereItIsWantedAtTheNextLook) {
  for (const Leave reason : {Leave::kPreempted, Leave::kYielded}) {
    Entity& thread = running_thread();
    thread.wanted_home = kCpu1;
    EXPECT_EQ(cpu.reschedule(reason, at(0ms)).next, &idle) << "though nobody else is ready";
    EXPECT_EQ(thread.state.get(), ThreadState::kMoving);
    EXPECT_TRUE(cpu.has_movers());
    EXPECT_FALSE(other.has_work()) << "it still stands on its stack";
    EXPECT_EQ(hand_over_all(cpu, thread), Order{&thread});
    EXPECT_FALSE(cpu.has_movers());
    EXPECT_EQ(thread.home, kCpu1);
    EXPECT_EQ(other.reschedule(Leave::kPreempted, at(0ms)).next, &thread);
    other.reschedule(Leave::kExited, at(0ms));
    other.complete_exit(thread);
  }
}

TEST_F(Leaving, ItMovesBeforeItsSliceIsOver) {
  Entity& thread = running_thread();
  Entity& waiting = ready_thread();
  thread.wanted_home = kCpu1;
  EXPECT_EQ(cpu.reschedule(Leave::kPreempted, at(1ns)).next, &waiting);
  EXPECT_EQ(thread.state.get(), ThreadState::kMoving);
  EXPECT_EQ(hand_over_all(cpu, thread), Order{&thread});
}

TEST_F(Leaving, AWishForWhereItIsChangesNothing) {
  Entity& thread = running_thread();
  Entity& waiting = ready_thread();
  thread.wanted_home = kCpu0;
  EXPECT_EQ(cpu.reschedule(Leave::kPreempted, at(0ms)).next, &thread);
  EXPECT_EQ(cpu.reschedule(Leave::kYielded, at(0ms)).next, &waiting);
  EXPECT_EQ(cpu.reschedule(Leave::kYielded, at(0ms)).next, &thread);
  EXPECT_FALSE(cpu.has_movers());
}

TEST_F(Leaving, OneThatParksOrExitsDoesSo) {
  for (const Leave reason : {Leave::kParked, Leave::kExited}) {
    Entity& thread = running_thread();
    thread.wanted_home = kCpu1;
    cpu.reschedule(reason, at(0ms));
    EXPECT_FALSE(cpu.has_movers());
    EXPECT_EQ(thread.state.get(),
              reason == Leave::kParked ? ThreadState::kParking : ThreadState::kExiting);
  }
}

TEST_F(Leaving, TheNewHomeIsToldOnceAboutABatch) {
  Entity& first = running_thread();
  Entity& second = ready_thread();
  for (Entity* const thread : {&first, &second}) {
    thread->wanted_home = kCpu1;
  }
  cpu.reschedule(Leave::kYielded, at(0ms));
  EXPECT_EQ(cpu.take_movers().ready, &second);
  EXPECT_EQ(cpu.hand_over(second), kCpu1);
  EXPECT_EQ(cpu.hand_over(first), std::nullopt) << "the inbox was not empty";
}

TEST_F(Parting, AReadyThreadGoesWithoutHavingRun) {
  Entity& running = running_thread();
  Entity& wanted = ready_thread();
  Entity& stays = ready_thread();
  wanted.wanted_home = kCpu1;
  EXPECT_EQ(cpu.reschedule(Leave::kYielded, at(0ms)).next, &stays);
  EXPECT_EQ(wanted.state.get(), ThreadState::kReady);
  EXPECT_FALSE(wanted.run_queue_hook.linked);
  EXPECT_EQ(hand_over_all(cpu, running), Order{&wanted});
  EXPECT_EQ(wanted.switches_in, 0U);
  EXPECT_EQ(other.reschedule(Leave::kYielded, at(0ms)).next, &wanted);
}

TEST_F(Parting, WhenAllAreWantedElsewhereTheCpuIsIdle) {
  Entity& running = running_thread();
  Entity& ready = ready_thread();
  running.wanted_home = kCpu1;
  ready.wanted_home = kCpu1;
  const Decision decision = cpu.reschedule(Leave::kPreempted, at(0ms));
  EXPECT_EQ(decision.next, &idle);
  EXPECT_EQ(decision.preempt_at, kNever);
  EXPECT_EQ(hand_over_all(cpu, running), (Order{&ready, &running}));
  EXPECT_FALSE(cpu.has_work());
}

TEST_F(Parting, AThreadThatComesFromTheInboxIsSentOnFromThere) {
  Entity& thread = world.make_thread();
  other.start(thread, kCpu0);
  thread.wanted_home = kCpu1;
  EXPECT_EQ(cpu.reschedule(Leave::kYielded, at(0ms)).next, &idle);
  EXPECT_EQ(hand_over_all(cpu, idle), Order{&thread});
  EXPECT_EQ(other.reschedule(Leave::kYielded, at(0ms)).next, &thread);
}

TEST_F(Parting, AParkedThreadStaysUntilItsWake) {
  Entity& thread = parked_thread();
  thread.wanted_home = kCpu1;
  EXPECT_EQ(cpu.reschedule(Leave::kYielded, at(0ms)).next, &idle);
  EXPECT_FALSE(cpu.has_movers());
  EXPECT_EQ(other.wake(thread), kCpu0) << "home is where it parked";
  EXPECT_EQ(cpu.reschedule(Leave::kYielded, at(0ms)).next, &idle);
  EXPECT_EQ(hand_over_all(cpu, idle), Order{&thread});
  EXPECT_EQ(other.reschedule(Leave::kYielded, at(0ms)).next, &thread);
  EXPECT_TRUE(thread.park_word.consume()) << "the wake has travelled along";
}

TEST_F(Parting, AWakeDuringTheParkIsNotLostOnTheWay) {
  Entity& thread = running_thread();
  cpu.reschedule(Leave::kParked, at(0ms));
  thread.wanted_home = kCpu1;
  EXPECT_EQ(other.wake(thread), std::nullopt);
  EXPECT_EQ(cpu.complete_park(thread), ParkOutcome::kWokenMeanwhile);
  EXPECT_EQ(cpu.reschedule(Leave::kYielded, at(0ms)).next, &idle);
  EXPECT_EQ(hand_over_all(cpu, idle), Order{&thread});
  EXPECT_EQ(other.reschedule(Leave::kYielded, at(0ms)).next, &thread);
  EXPECT_TRUE(thread.park_word.consume());
}

TEST_F(Parting, AfterTheMoveWakesGoToTheNewHome) {
  Entity& thread = running_thread();
  thread.wanted_home = kCpu1;
  cpu.reschedule(Leave::kYielded, at(0ms));
  hand_over_all(cpu, thread);
  other.reschedule(Leave::kYielded, at(0ms));
  other.reschedule(Leave::kParked, at(0ms));
  other.complete_park(thread);
  EXPECT_EQ(cpu.wake(thread), kCpu1);
  EXPECT_EQ(thread.state.get(), ThreadState::kWaking);
  EXPECT_EQ(other.reschedule(Leave::kYielded, at(0ms)).next, &thread);
}

// The wish comes and goes while the CPU decides. Whatever it sees of that, it must not part the
// current thread as one that is off its stack.
TEST_F(Parting, TheCurrentThreadIsNeverAmongTheReadyOnes) {
  constexpr int kRounds = 20'000;
  Entity& thread = running_thread();
  std::atomic<bool> ends = false;
  std::jthread wisher([&] {
    while (!ends) {
      thread.wanted_home = kCpu1;
      thread.wanted_home = kCpu0;
    }
  });
  for (int round = 0; round < kRounds && !HasFailure(); ++round) {
    Entity& leads_to_a_pick = ready_thread();
    leads_to_a_pick.wanted_home = kCpu1;
    const Decision decision = cpu.reschedule(Leave::kYielded, at(0ms));
    const Movers movers = cpu.take_movers();
    EXPECT_EQ(movers.ready, &leads_to_a_pick);
    EXPECT_EQ(leads_to_a_pick.inbox_link, nullptr) << "there is another";
    EXPECT_EQ(decision.next, movers.leaving ? &idle : &thread);
    if (movers.leaving) {
      cpu.hand_over(thread);
    }
    for (std::size_t i = 1; cpu.is_idle() && !HasFailure(); i = 1 - i) {
      world[i].reschedule(Leave::kYielded, at(0ms));
      hand_over_all(world[i], thread);
    }
  }
  ends = true;
}

TEST_F(Pinned, AThreadIsPickedAndGoesOnWhereItIs) {
  Entity& thread = ready_thread();
  thread.pinned = true;
  thread.wanted_home = kCpu1;
  EXPECT_FALSE(cpu.is_wanted_elsewhere(thread));
  EXPECT_EQ(cpu.reschedule(Leave::kYielded, at(0ms)).next, &thread);
  EXPECT_EQ(cpu.reschedule(Leave::kPreempted, at(0ms)).next, &thread);
  EXPECT_FALSE(cpu.has_movers());
}

TEST_F(Pinned, OnceItIsFreeItMoves) {
  Entity& thread = running_thread();
  thread.pinned = true;
  thread.wanted_home = kCpu1;
  EXPECT_EQ(cpu.reschedule(Leave::kYielded, at(0ms)).next, &thread);
  thread.pinned = false;
  EXPECT_TRUE(cpu.is_wanted_elsewhere(thread));
  EXPECT_EQ(cpu.reschedule(Leave::kYielded, at(0ms)).next, &idle);
  EXPECT_EQ(hand_over_all(cpu, thread), Order{&thread});
}

TEST_F(HandingOver, AnotherWishMeanwhileIsTheOneThatCounts) {
  Entity& thread = running_thread();
  thread.wanted_home = kCpu1;
  cpu.reschedule(Leave::kYielded, at(0ms));
  thread.wanted_home = CpuId{2};
  EXPECT_EQ(hand_over_all(cpu, thread), Order{&thread});
  EXPECT_EQ(thread.home, CpuId{2});
  EXPECT_EQ(world[2].reschedule(Leave::kYielded, at(0ms)).next, &thread);
}

TEST_F(HandingOver, AWishThatIsWithdrawnMeanwhileLeavesTheThreadWhereItWas) {
  for (const CpuId wish : {kNoCpu, kCpu0}) {
    Entity& thread = running_thread();
    thread.wanted_home = kCpu1;
    cpu.reschedule(Leave::kYielded, at(0ms));
    thread.wanted_home = wish;
    cpu.take_movers();
    EXPECT_EQ(cpu.hand_over(thread), kCpu0) << "it has to look at its own inbox";
    EXPECT_EQ(thread.home, kCpu0);
    EXPECT_EQ(cpu.reschedule(Leave::kYielded, at(0ms)).next, &thread);
    cpu.reschedule(Leave::kExited, at(0ms));
    cpu.complete_exit(thread);
  }
}

TEST_F(HandingOver, AWishThatChangesOnTheWayIsFollowedFromThere) {
  Entity& thread = running_thread();
  thread.wanted_home = kCpu1;
  cpu.reschedule(Leave::kYielded, at(0ms));
  hand_over_all(cpu, thread);
  thread.wanted_home = kCpu0;
  EXPECT_EQ(world[1].reschedule(Leave::kYielded, at(0ms)).next, &world.idle[1])
      << "it came in vain";
  EXPECT_EQ(hand_over_all(world[1], world.idle[1]), Order{&thread});
  EXPECT_EQ(cpu.reschedule(Leave::kYielded, at(0ms)).next, &thread);
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

TEST_F(BusyTime, AMoverTakesItsTimeAlongAndLeavesTheCpusBehind) {
  Entity& thread = running_thread();
  thread.wanted_home = kCpu1;
  cpu.reschedule(Leave::kYielded, at(3ms));
  hand_over_all(cpu, thread);
  other.reschedule(Leave::kYielded, at(3ms));
  other.charge(at(5ms));
  EXPECT_EQ(cpu.busy_time(), 3ms);
  EXPECT_EQ(other.busy_time(), 2ms);
  EXPECT_EQ(thread.cpu_time, 5ms);
}

}  // namespace
}  // namespace tb::sched
