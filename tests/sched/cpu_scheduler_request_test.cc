// Affinity asked for and changed from outside, wherever the thread is: who answers, once, and where
// the thread goes.
#include <gtest/gtest.h>

#include "tests/sched/runtime_steps.h"

namespace tb::sched {
namespace {

constexpr CpuId kCpu3{3};

// CPUs 0 to 3. The requester stands for a thread of CPU 3 that has not parked yet.
struct Machines : testing::Test {
  Machines() { requester.home.store(kCpu3); }

  Request& set(Entity& thread, const CpuSet& allowed, std::uint32_t from = 3) {
    return machine.request(from, thread, RequestKind::kSetAffinity, allowed, requester);
  }
  Request& get(Entity& thread) {
    return machine.request(3, thread, RequestKind::kGetAffinity, {}, requester);
  }

  static bool is_done(const Request& request) {
    return request.answered.load() && request.result == RequestResult::kDone;
  }

  Machinery machine{4};
  Entity& requester = machine.make_thread();
};

using Running = Machines;
using Ready = Machines;
using Parked = Machines;
using Asleep = Machines;
using Travelling = Machines;
using Gone = Machines;
using Forwarded = Machines;
using Answers = Machines;

TEST_F(Running, AThreadThatMayStayStays) {
  Entity& thread = machine.runs_on(0);
  const Request& request = set(thread, cpu_set({0, 2}));
  EXPECT_EQ(machine.take_told(), cpu_set({0}));
  EXPECT_EQ(&machine.pass(0), &thread);
  EXPECT_TRUE(is_done(request));
  EXPECT_EQ(machine[0].affinity_of(thread), cpu_set({0, 2}));
  EXPECT_TRUE(thread.movable);
  EXPECT_TRUE(thread.restricted);
}

TEST_F(Running, AThreadThatMayNotStayGoesAtTheNextPass) {
  for (const Leave reason : {Leave::kPreempted, Leave::kYielded}) {
    Machinery fresh(4);
    Entity& thread = fresh.runs_on(0);
    fresh.request(3, thread, RequestKind::kSetAffinity, cpu_set({2}), requester);
    EXPECT_EQ(&fresh.leave(0, reason), &fresh.idle[0]) << "though nobody else is ready";
    EXPECT_EQ(thread.state.get(), ThreadState::kWaking);
    EXPECT_EQ(thread.home.load(), kCpu2);
    EXPECT_EQ(thread.migrations, 1U);
    EXPECT_TRUE(fresh.told.contains(kCpu2));
    EXPECT_EQ(&fresh.pass(2), &thread);
  }
}

TEST_F(Running, AThreadLeavesItsStackBeforeItGoes) {
  Entity& thread = machine.runs_on(0);
  set(thread, cpu_set({2}));
  CpuScheduler& cpu = machine[0];
  EXPECT_EQ(cpu.reschedule(Leave::kPreempted, at(0ms)).next, &machine.idle[0]);
  EXPECT_EQ(thread.state.get(), ThreadState::kMoving);
  EXPECT_TRUE(cpu.take_errands().moved != nullptr);
  EXPECT_FALSE(cpu.has_errands());
  EXPECT_FALSE(machine[2].has_work());
  cpu.complete_move(thread);
  EXPECT_TRUE(cpu.has_errands());
  EXPECT_EQ(cpu.take_errands().tell, cpu_set({2}));
  EXPECT_EQ(machine[2].reschedule(Leave::kYielded, at(0ms)).next, &thread);
}

TEST_F(Running, AThreadGoesBeforeItsSliceIsOver) {
  Entity& thread = machine.runs_on(0);
  Entity& waiting = machine.ready_on(0);
  set(thread, cpu_set({1}));
  EXPECT_EQ(&machine.pass(0, at(1ns)), &waiting);
  EXPECT_EQ(thread.home.load(), kCpu1);
}

TEST_F(Running, AThreadPrefersAnIdleCpuOfThoseItMayGoTo) {
  Entity& thread = machine.runs_on(0);
  machine.sleeps(2);
  set(thread, cpu_set({1, 2, 3}));
  machine.pass(0);
  EXPECT_EQ(thread.home.load(), kCpu2);
}

// There its park ends for no reason, and it parks again.
TEST_F(Running, AThreadThatIsAboutToParkGoesInstead) {
  Entity& thread = machine.runs_on(0);
  set(thread, cpu_set({1}));
  EXPECT_EQ(&machine.leave(0, Leave::kParked), &machine.idle[0]);
  EXPECT_EQ(&machine.pass(1), &thread);
  EXPECT_FALSE(thread.wakes.take()) << "nobody has woken it";
}

TEST_F(Running, AThreadThatIsAboutToSleepTakesItsTimerOut) {
  Entity& thread = machine.runs_on(0);
  machine[0].wake_current_at(machine.make_sleeper(), at(10ms));
  set(thread, cpu_set({1}));
  machine.leave(0, Leave::kParked);
  EXPECT_FALSE(thread.has_timer());
  EXPECT_EQ(machine[0].take_due_sleeper(at(1s)), nullptr);
  EXPECT_EQ(&machine.pass(1), &thread);
}

TEST_F(Running, AThreadThatExitsExits) {
  Entity& thread = machine.runs_on(0);
  const Request& request = set(thread, cpu_set({1}));
  machine.leave(0, Leave::kExited);
  EXPECT_EQ(thread.state.get(), ThreadState::kDead);
  EXPECT_TRUE(is_done(request)) << "it lived when it was answered";
  machine.runs_on(0);
  EXPECT_NE(&machine.pass(0), &machine.idle[0]) << "and the next one is not meant";
}

TEST_F(Running, AThreadThatMayStayAfterAllStays) {
  Entity& thread = machine.runs_on(0);
  set(thread, cpu_set({0}));
  set(thread, cpu_set({1}));
  machine.pass(0);
  // Requests that wait at the same time are answered in no certain order.
  EXPECT_EQ(machine.answers.size(), 2U);
  EXPECT_EQ(thread.home.load(), machine[0].affinity_of(thread).first_from(kCpu0));
}

TEST_F(Running, AThreadAsksForItself) {
  Entity& thread = machine.runs_on(0);
  const Request& request =
      machine.request(0, thread, RequestKind::kSetAffinity, cpu_set({1}), thread);
  machine.leave(0, Leave::kParked);
  EXPECT_TRUE(is_done(request));
  EXPECT_EQ(&machine.pass(1), &thread);
  EXPECT_TRUE(thread.wakes.take()) << "the answer wakes it";
}

TEST_F(Ready, AThreadThatMayStayKeepsItsPlace) {
  machine.runs_on(0);
  Entity& a = machine.ready_on(0);
  Entity& b = machine.ready_on(0);
  const Request& request = set(a, cpu_set({0}));
  machine.pass(0);
  EXPECT_TRUE(is_done(request));
  EXPECT_EQ(machine[0].movable_threads(), 1U);
  EXPECT_EQ(&machine.leave(0, Leave::kParked), &a);
  EXPECT_EQ(&machine.leave(0, Leave::kParked), &b);
}

TEST_F(Ready, AThreadThatMayNotStayGoesWithoutHavingRun) {
  Entity& running = machine.runs_on(0);
  Entity& a = machine.ready_on(0);
  Entity& b = machine.ready_on(0);
  const Request& request = set(a, cpu_set({1}));
  EXPECT_EQ(&machine.pass(0), &running);
  EXPECT_TRUE(is_done(request));
  EXPECT_EQ(a.switches_in, 0U);
  EXPECT_EQ(machine[0].movable_threads(), 1U);
  EXPECT_TRUE(machine.told.contains(kCpu1));
  EXPECT_EQ(&machine.pass(1), &a);
  EXPECT_EQ(&machine.leave(0, Leave::kParked), &b);
}

TEST_F(Ready, OneThatBecomesMovableCounts) {
  machine.runs_on(0);
  Entity& thread = machine.ready_on(0, cpu_set({0}));
  EXPECT_EQ(machine[0].movable_threads(), 0U);
  set(thread, cpu_set({0, 1}));
  machine.pass(0);
  EXPECT_EQ(machine[0].movable_threads(), 1U);
}

TEST_F(Parked, AThreadThatMayNotStayGoesAndItsParkEndsForNoReason) {
  Entity& thread = machine.parked_on(0);
  const Request& request = set(thread, cpu_set({2}));
  EXPECT_EQ(&machine.pass(0), &machine.idle[0]);
  EXPECT_TRUE(is_done(request));
  EXPECT_EQ(thread.state.get(), ThreadState::kWaking);
  EXPECT_EQ(thread.home.load(), kCpu2);
  EXPECT_EQ(&machine.pass(2), &thread);
  EXPECT_FALSE(thread.wakes.take());
  machine.leave(2, Leave::kParked);
  machine.wake(0, thread);
  EXPECT_EQ(&machine.pass(2), &thread);
  EXPECT_TRUE(thread.wakes.take());
}

TEST_F(Parked, AThreadThatMayStayKeepsItsHome) {
  Entity& thread = machine.parked_on(0);
  set(thread, cpu_set({0, 2}));
  machine.pass(0);
  EXPECT_EQ(thread.home.load(), kCpu0);
  EXPECT_EQ(thread.state.get(), ThreadState::kParked);
  machine.wake(0, thread);
  EXPECT_EQ(&machine.pass(0), &thread);
}

TEST_F(Parked, ANewHomeIsAMigration) {
  Entity& thread = machine.parked_on(0);
  set(thread, cpu_set({2}));
  machine.pass(0);
  EXPECT_EQ(thread.migrations, 1U);
}

TEST_F(Parked, AWakeAndARequestComeByOneLink) {
  Entity& thread = machine.parked_on(0);
  const Request& request = set(thread, cpu_set({2}));
  machine.wake(3, thread);
  EXPECT_EQ(&machine.pass(0), &machine.idle[0]) << "it may not stay";
  EXPECT_TRUE(is_done(request));
  EXPECT_EQ(&machine.pass(2), &thread);
  EXPECT_TRUE(thread.wakes.take());
}

TEST_F(Asleep, AThreadThatMayStaySleepsOn) {
  Entity& thread = machine.asleep_on(0, at(10ms));
  const Request& request = set(thread, cpu_set({0, 1}));
  machine.pass(0);
  EXPECT_TRUE(is_done(request));
  EXPECT_EQ(thread.state.get(), ThreadState::kParked);
  EXPECT_TRUE(thread.has_timer());
  machine.wake_sleepers(0, at(10ms));
  EXPECT_EQ(&machine.pass(0), &thread);
}

// Its timer stands in the old home's queue, so it has to sleep anew in the other.
TEST_F(Asleep, AThreadThatMayNotStayGoesAtOnce) {
  Entity& thread = machine.asleep_on(0, at(10ms));
  const Request& request = set(thread, cpu_set({2}));
  machine.pass(0);
  EXPECT_TRUE(is_done(request));
  EXPECT_FALSE(thread.has_timer());
  EXPECT_EQ(machine[0].take_due_sleeper(at(1s)), nullptr);
  EXPECT_TRUE(machine.told.contains(kCpu2));
  EXPECT_EQ(&machine.pass(2), &thread);
  EXPECT_FALSE(thread.wakes.take()) << "its park has ended for no reason";
  machine[2].wake_current_at(machine.make_sleeper(), at(10ms));
  machine.leave(2, Leave::kParked);
  machine.wake_sleepers(2, at(10ms));
  EXPECT_EQ(&machine.pass(2, at(10ms)), &thread);
}

TEST_F(Travelling, AThreadIsAnsweredForWhenItArrives) {
  Entity& thread = machine.make_thread();
  machine.start(0, thread, kCpu1);
  const Request& request = set(thread, cpu_set({2}));
  EXPECT_EQ(&machine.pass(1), &machine.idle[1]) << "it may not stay";
  EXPECT_TRUE(is_done(request));
  EXPECT_EQ(&machine.pass(2), &thread);
  EXPECT_EQ(thread.migrations, 1U);
}

TEST_F(Travelling, AThreadThatWasGivenAwayIsAnsweredForWhereItArrives) {
  machine.runs_on(0);
  Entity& thread = machine.ready_on(0);
  machine.sleeps(1);
  machine.pass(0);
  EXPECT_EQ(thread.state.get(), ThreadState::kWaking);
  const Request& request = set(thread, cpu_set({1, 2}));
  EXPECT_EQ(&machine.wakes_up(1), &thread);
  EXPECT_TRUE(is_done(request));
  EXPECT_EQ(machine[0].affinity_of(thread), cpu_set({1, 2}));
}

TEST_F(Gone, ADeadThreadIsNoneForItsLastHome) {
  Entity& thread = machine.runs_on(0);
  machine.leave(0, Leave::kExited);
  const Request& request = set(thread, cpu_set({1}));
  EXPECT_FALSE(request.answered.load());
  machine.pass(0);
  EXPECT_TRUE(request.answered.load());
  EXPECT_EQ(request.result, RequestResult::kThreadNotFound);
}

TEST_F(Gone, TheIdleThreadIsNoneEither) {
  const Request& request = set(machine.idle[0], cpu_set({1}));
  machine.pass(0);
  EXPECT_EQ(request.result, RequestResult::kThreadNotFound);
  EXPECT_FALSE(machine.idle[0].movable);
}

TEST_F(Gone, AThreadThatDiesWithARequestAnswersThatThereIsNone) {
  Entity& thread = machine.runs_on(0);
  machine[0].reschedule(Leave::kExited, at(0ms));
  const Request& request = set(thread, cpu_set({1}));
  machine.act_on(0, std::nullopt);
  EXPECT_TRUE(request.answered.load());
  EXPECT_EQ(request.result, RequestResult::kThreadNotFound);
  EXPECT_EQ(&machine.pass(0), &machine.idle[0]) << "the link still stands in the inbox";
  EXPECT_FALSE(machine[0].has_work());
}

// The last home looks at the link of the one, and finds the other's.
TEST_F(Gone, ARequestForTheNextThreadOfARecordFollowsItToItsHome) {
  Entity& thread = machine.runs_on(0);
  thread.generation = 7;
  machine.leave(0, Leave::kExited);
  const Request& late = set(thread, cpu_set({1}));
  thread.state.transition(ThreadState::kDead, ThreadState::kNew, kNoCpu);
  thread.generation = 8;
  machine.start(2, thread, kCpu2);
  const Request& request = set(thread, cpu_set({1, 2}));
  machine.pass(0);
  machine.pass(2);
  EXPECT_EQ(late.result, RequestResult::kThreadNotFound);
  EXPECT_TRUE(request.answered.load());
  EXPECT_EQ(request.result, RequestResult::kDone);
  EXPECT_EQ(machine[0].affinity_of(thread), cpu_set({1, 2}));
}

TEST_F(Gone, ARequestForTheFormerThreadOfARecordChangesNothing) {
  Entity& thread = machine.runs_on(0);
  thread.generation = 8;
  Request stale{
      .kind = RequestKind::kSetAffinity, .generation = 7, .requester = &requester, .affinity = {}};
  stale.affinity.insert(kCpu1);
  thread.requests.push(stale);
  machine.act_on(3, machine[3].tell_of_requests(thread));
  EXPECT_EQ(&machine.pass(0), &thread);
  EXPECT_TRUE(stale.answered.load());
  EXPECT_EQ(stale.result, RequestResult::kThreadNotFound);
  EXPECT_EQ(machine[0].affinity_of(thread), CpuSet::first(4));
}

TEST_F(Gone, ALinkOfTheFormerThreadFindsTheNextOneUnharmed) {
  Entity& thread = machine.runs_on(0);
  machine[0].reschedule(Leave::kExited, at(0ms));
  set(thread, cpu_set({1}));
  machine.act_on(0, std::nullopt);
  thread.state.transition(ThreadState::kDead, ThreadState::kNew, kNoCpu);
  ++thread.generation;
  machine.start(2, thread, kCpu2);
  EXPECT_EQ(&machine.pass(2), &thread);
  const Request& request = set(thread, cpu_set({1, 2}));
  EXPECT_FALSE(request.answered.load()) << "the link is under way to its first home";
  machine.pass(0);
  EXPECT_EQ(&machine.pass(2), &thread);
  EXPECT_TRUE(is_done(request));
}

TEST_F(Forwarded, ByTheFormerHomeOfAParkedThread) {
  Entity& thread = machine.parked_on(0);
  set(thread, cpu_set({2}));
  const Request& second = set(thread, cpu_set({1, 3}));
  machine.pass(0);
  EXPECT_TRUE(is_done(second)) << "both hung on the thread";
  const Request& third = get(thread);
  const std::uint32_t home = index_of(thread.home.load());
  EXPECT_EQ(machine.take_told() & CpuSet::only(CpuId{home}), CpuSet::only(CpuId{home}));
  machine.pass(home);
  EXPECT_TRUE(is_done(third));
}

// The link stands in the old home's inbox while the thread moves on.
TEST_F(Forwarded, ToWhereTheThreadHasGoneMeanwhile) {
  Entity& thread = machine.parked_on(0);
  machine.runs_on(0);
  const Request& request = set(thread, cpu_set({1, 2}));
  machine.sleeps(1);
  machine.wake(0, thread);
  EXPECT_EQ(thread.home.load(), kCpu1);
  EXPECT_EQ(&machine.wakes_up(1), &thread);
  EXPECT_TRUE(is_done(request)) << "as it arrives";
  const Request& second = set(thread, cpu_set({2}));
  EXPECT_FALSE(second.answered.load());
  machine.pass(0);
  EXPECT_FALSE(second.answered.load()) << "CPU 0 is not the owner";
  EXPECT_TRUE(machine.told.contains(kCpu1));
  machine.pass(1);
  EXPECT_TRUE(is_done(second));
  EXPECT_EQ(thread.home.load(), kCpu2);
}

TEST_F(Forwarded, ToTheNewHomeOfAThreadThatIsParkedThere) {
  Entity& thread = machine.parked_on(0);
  machine.runs_on(0);
  get(thread);
  machine.sleeps(1);
  machine.wake(0, thread);
  machine.wakes_up(1);
  thread.wakes.take();
  machine.leave(1, Leave::kParked);
  machine.sleeps(1);
  EXPECT_EQ(thread.state.get(), ThreadState::kParked);
  const Request& request = set(thread, cpu_set({1, 3}));
  machine.pass(0);
  EXPECT_FALSE(request.answered.load());
  EXPECT_EQ(thread.state.get(), ThreadState::kParked) << "CPU 0 has left it alone";
  EXPECT_TRUE(machine.told.contains(kCpu1));
  machine.pass(1);
  EXPECT_TRUE(is_done(request));
  machine.wake(3, thread);
  EXPECT_EQ(&machine.pass(1), &thread);
}

TEST_F(Answers, AGetSaysWhereTheThreadMayRun) {
  Entity& everywhere = machine.runs_on(0);
  Entity& somewhere = machine.ready_on(0, cpu_set({0, 3}));
  const Request& first = get(everywhere);
  const Request& second = get(somewhere);
  machine.pass(0);
  EXPECT_EQ(first.affinity, CpuSet::first(4));
  EXPECT_EQ(second.affinity, cpu_set({0, 3}));
}

TEST_F(Answers, ASetBeyondTheMachineKeepsWhatExists) {
  Entity& thread = machine.runs_on(0);
  set(thread, CpuSet::everywhere());
  machine.pass(0);
  EXPECT_EQ(machine[0].affinity_of(thread), CpuSet::first(4));
  EXPECT_FALSE(thread.restricted);
}

TEST_F(Answers, ManyRequestersOfOneThreadAreAnsweredOnceEach) {
  Entity& thread = machine.runs_on(0);
  std::deque<Request*> asked;
  for (int count = 0; count < 20; ++count) {
    asked.push_back(&get(thread));
  }
  EXPECT_EQ(machine.told, cpu_set({0})) << "the first one tells";
  machine.pass(0);
  EXPECT_EQ(machine.answers.size(), asked.size());
  for (const Request* request : asked) {
    EXPECT_TRUE(is_done(*request));
  }
  machine.pass(0);
  EXPECT_EQ(machine.answers.size(), asked.size());
}

TEST_F(Answers, SayWhatAThreadHasHadUntilNow) {
  Entity& thread = machine.runs_on(0);
  const Request& request = machine.request(3, thread, RequestKind::kGetStatistics, {}, requester);
  machine.pass(0, at(4ms));
  EXPECT_TRUE(is_done(request));
  EXPECT_EQ(request.statistics.cpu_time, 4ms);
  EXPECT_EQ(request.statistics.switches_in, 1U);
}

TEST_F(Answers, AParkedRequesterIsBroughtBack) {
  Entity& asking = machine.runs_on(3);
  Entity& thread = machine.runs_on(0);
  machine.request(3, thread, RequestKind::kGetAffinity, {}, asking);
  machine.leave(3, Leave::kParked);
  machine.sleeps(3);
  EXPECT_EQ(asking.state.get(), ThreadState::kParked);
  machine.pass(0);
  EXPECT_TRUE(machine.told.contains(CpuId{3}));
  EXPECT_EQ(&machine.pass(3), &asking);
}

}  // namespace
}  // namespace tb::sched
