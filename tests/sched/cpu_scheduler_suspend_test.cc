// Suspended from outside, wherever the thread is: when it stands still, what comes meanwhile, and
// how it goes on.
#include <gtest/gtest.h>

#include "tests/sched/runtime_steps.h"

namespace tb::sched {
namespace {

constexpr CpuId kCpu3{3};

// CPUs 0 to 3. The requester stands for a thread of CPU 3 that has not parked yet.
struct Machines : testing::Test {
  Machines() { requester.home.store(kCpu3); }

  Request& ask(Entity& thread, RequestKind kind, const CpuSet& cpus = {}) {
    return machine.request(3, thread, kind, cpus, requester);
  }
  Request& suspend(Entity& thread) { return ask(thread, RequestKind::kSuspend); }
  Request& resume(Entity& thread) { return ask(thread, RequestKind::kResume); }

  static bool is_done(const Request& request) {
    return request.answered.load() && request.result == RequestResult::kDone;
  }
  static bool is_suspended(const Entity& thread) {
    return thread.state.get() == ThreadState::kSuspended;
  }
  // So that nothing but resume() lets it go on.
  Entity& suspended(Entity& thread, std::uint32_t home = 0) {
    suspend(thread);
    machine.pass(home);
    EXPECT_TRUE(is_suspended(thread));
    return thread;
  }

  Machinery machine{4};
  Entity& requester = machine.make_thread();
};

using SuspendRunning = Machines;
using SuspendReady = Machines;
using SuspendParked = Machines;
using SuspendTravelling = Machines;
using Suspended = Machines;
using SuspendGone = Machines;

TEST_F(SuspendRunning, AThreadStandsStillAtTheNextDecisionWhateverItWants) {
  for (const Leave reason : {Leave::kPreempted, Leave::kYielded, Leave::kParked}) {
    Machinery fresh(4);
    Entity& thread = fresh.runs_on(0);
    const Request& request = fresh.request(3, thread, RequestKind::kSuspend, {}, requester);
    EXPECT_EQ(&fresh.leave(0, reason), &fresh.idle[0]) << "though nobody else is ready";
    EXPECT_TRUE(is_suspended(thread));
    EXPECT_TRUE(is_done(request));
  }
}

TEST_F(SuspendRunning, TheAnswerComesWhenTheStackIsLeft) {
  Entity& thread = machine.runs_on(0);
  const Request& request = suspend(thread);
  EXPECT_EQ(machine[0].reschedule(Leave::kPreempted, at(0ms)).next, &machine.idle[0]);
  EXPECT_FALSE(request.answered.load());
  machine.act_on(0, std::nullopt);
  EXPECT_TRUE(is_done(request));
}

TEST_F(SuspendRunning, TheOthersOfItsCpuGoOn) {
  Entity& thread = machine.runs_on(0);
  Entity& other = machine.ready_on(0);
  suspend(thread);
  EXPECT_EQ(&machine.pass(0), &other);
  EXPECT_EQ(&machine.leave(0, Leave::kYielded), &other) << "it is alone";
}

TEST_F(SuspendRunning, OneThatIsAboutToSleepTakesItsTimerOut) {
  Entity& thread = machine.runs_on(0);
  machine[0].wake_current_at(machine.make_sleeper(), at(10ms));
  suspend(thread);
  machine.leave(0, Leave::kParked);
  EXPECT_TRUE(is_suspended(thread));
  EXPECT_FALSE(thread.has_timer());
  EXPECT_EQ(machine[0].take_due_sleeper(at(1s)), nullptr);
}

TEST_F(SuspendRunning, AThreadSuspendsItself) {
  Entity& thread = machine.runs_on(0);
  const Request& request = machine.request(0, thread, RequestKind::kSuspend, {}, thread);
  EXPECT_EQ(&machine.leave(0, Leave::kParked), &machine.idle[0]);
  EXPECT_TRUE(is_suspended(thread)) << "though the answer wakes it";
  EXPECT_TRUE(is_done(request));
  resume(thread);
  EXPECT_EQ(&machine.pass(0), &thread);
}

TEST_F(SuspendRunning, AThreadThatMayNotStayEitherStandsStillWhereItGoes) {
  Entity& thread = machine.runs_on(0);
  suspend(thread);
  ask(thread, RequestKind::kSetAffinity, cpu_set({2}));
  EXPECT_EQ(&machine.pass(0), &machine.idle[0]);
  EXPECT_EQ(&machine.pass(2), &machine.idle[2]);
  EXPECT_TRUE(is_suspended(thread));
  EXPECT_EQ(thread.home.load(), kCpu2);
}

TEST_F(SuspendReady, AThreadDoesNotGetItsTurn) {
  Entity& running = machine.runs_on(0);
  Entity& thread = machine.ready_on(0);
  EXPECT_TRUE(suspend(thread).result == RequestResult::kDone);
  EXPECT_EQ(&machine.pass(0), &running);
  EXPECT_TRUE(is_suspended(thread));
  EXPECT_EQ(machine[0].movable_threads(), 0U);
  EXPECT_EQ(&machine.leave(0, Leave::kParked), &machine.idle[0]);
}

TEST_F(SuspendReady, AThreadThatIsLetGoOnAtTheSameTimeStaysReady) {
  machine.runs_on(0);
  Entity& thread = machine.ready_on(0);
  // The later one is answered first.
  resume(thread);
  suspend(thread);
  machine.pass(0);
  EXPECT_EQ(thread.state.get(), ThreadState::kReady);
  EXPECT_EQ(&machine.leave(0, Leave::kParked), &thread);
}

TEST_F(SuspendParked, AThreadStandsStillAndItsParkEndsForNoReason) {
  Entity& thread = machine.parked_on(0);
  EXPECT_EQ(suspended(thread).switches_in, 1U);
  resume(thread);
  EXPECT_EQ(&machine.pass(0), &thread);
  EXPECT_FALSE(thread.wakes.take());
}

TEST_F(SuspendParked, AWakeThatComesBeforeIsNotLost) {
  Entity& thread = machine.parked_on(0);
  machine.wake(3, thread);
  suspend(thread);
  EXPECT_EQ(&machine.pass(0), &machine.idle[0]);
  EXPECT_TRUE(is_suspended(thread));
  resume(thread);
  EXPECT_EQ(&machine.pass(0), &thread);
  EXPECT_TRUE(thread.wakes.take());
}

TEST_F(SuspendParked, AWakeThatComesByTheSameLinkIsNotLost) {
  Entity& thread = machine.parked_on(0);
  suspend(thread);
  machine.wake(3, thread);
  EXPECT_EQ(&machine.pass(0), &machine.idle[0]);
  EXPECT_TRUE(is_suspended(thread));
  EXPECT_TRUE(thread.wakes.any());
}

TEST_F(SuspendParked, ASleepersTimeMayComeMeanwhile) {
  Entity& thread = machine.asleep_on(0, at(10ms));
  suspended(thread);
  EXPECT_FALSE(thread.has_timer());
  machine.wake_sleepers(0, at(20ms));
  EXPECT_TRUE(is_suspended(thread));
  resume(thread);
  EXPECT_EQ(&machine.pass(0, at(20ms)), &thread) << "and looks at the clock";
}

TEST_F(Suspended, AWakeFromAnywhereIsNotedAndNothingElse) {
  for (const std::uint32_t waker : {0U, 1U}) {
    Entity& thread = suspended(machine.parked_on(0));
    machine.wake(waker, thread);
    EXPECT_EQ(&machine.pass(0), &machine.idle[0]);
    EXPECT_TRUE(is_suspended(thread));
    EXPECT_TRUE(thread.wakes.any());
    resume(thread);
    EXPECT_EQ(&machine.pass(0), &thread);
    machine.leave(0, Leave::kExited);
  }
}

TEST_F(Suspended, AThreadGoesOnAfterOneResumeHoweverOftenItWasSuspended) {
  Entity& thread = suspended(machine.parked_on(0));
  EXPECT_TRUE(!is_done(suspend(thread)));
  machine.pass(0);
  EXPECT_EQ(machine.answers.size(), 2U);
  resume(thread);
  EXPECT_EQ(&machine.pass(0), &thread);
}

TEST_F(Suspended, ToLetAThreadGoOnThatDoesIsNothing) {
  Entity& thread = machine.runs_on(0);
  const Request& request = resume(thread);
  EXPECT_EQ(&machine.pass(0), &thread);
  EXPECT_TRUE(is_done(request));
}

TEST_F(Suspended, AThreadThatGoesOnGoesToAnIdleCpu) {
  Entity& thread = suspended(machine.parked_on(0));
  machine.runs_on(0);
  machine.sleeps(1);
  resume(thread);
  machine.pass(0);
  EXPECT_EQ(&machine.wakes_up(1), &thread);
}

TEST_F(Suspended, AThreadStandsStillOnTheCpuWhereItMayRun) {
  Entity& thread = suspended(machine.parked_on(0));
  const Request& request = ask(thread, RequestKind::kSetAffinity, cpu_set({2}));
  EXPECT_EQ(&machine.pass(0), &machine.idle[0]);
  EXPECT_TRUE(is_done(request));
  EXPECT_EQ(&machine.pass(2), &machine.idle[2]);
  EXPECT_TRUE(is_suspended(thread));
  resume(thread);
  EXPECT_EQ(&machine.pass(2), &thread);
}

TEST_F(Suspended, AThreadTakesOtherParametersAndStandsStill) {
  Entity& thread = suspended(machine.parked_on(0));
  Request& request = machine.requests.emplace_back(
      nullptr, RequestKind::kSetParameters, thread.generation, &requester, CpuSet(),
      SchedulingParameters{.policy = PolicyKind::kFifo, .priority = Priority{5}});
  thread.requests.push(request);
  machine.act_on(3, machine[3].tell_of_requests(thread));
  EXPECT_EQ(&machine.pass(0), &machine.idle[0]);
  EXPECT_TRUE(is_suspended(thread));
  resume(thread);
  EXPECT_EQ(&machine.pass(0), &thread);
  EXPECT_EQ(thread.policy, PolicyKind::kFifo);
}

TEST_F(Suspended, WhoWaitedForAnEndFindsItLater) {
  Entity& joiner = suspended(machine.parked_on(0));
  machine.runs_on(0);
  EXPECT_EQ(machine[0].reschedule(Leave::kExited, at(0ms), &joiner).next, &machine.idle[0]);
  machine.act_on(0, std::nullopt);
  machine.wake(0, joiner);
  EXPECT_TRUE(is_suspended(joiner));
  EXPECT_TRUE(joiner.wakes.any());
}

TEST_F(SuspendTravelling, AThreadStandsStillWhereItArrives) {
  Entity& thread = machine.make_thread();
  machine.start(0, thread, kCpu1);
  const Request& request = suspend(thread);
  EXPECT_EQ(&machine.pass(1), &machine.idle[1]);
  EXPECT_TRUE(is_done(request));
  EXPECT_TRUE(is_suspended(thread));
  resume(thread);
  EXPECT_EQ(&machine.pass(1), &thread);
}

TEST_F(SuspendTravelling, AWakeOnTheWayIsNotLost) {
  Entity& thread = machine.make_thread();
  machine.start(0, thread, kCpu1);
  suspend(thread);
  machine.wake(2, thread);
  machine.pass(1);
  EXPECT_TRUE(is_suspended(thread));
  EXPECT_TRUE(thread.wakes.any() || thread.posts.has_wakes());
}

struct SuspendDeadlineThreads : Machines {
  Entity& runs_every(Duration period, Duration runtime) {
    Entity& thread = machine.make_thread(cpu_set({0}));
    machine[0].admit_new(thread,
                         {.policy = PolicyKind::kDeadline, .task = {runtime, period, period}},
                         cpu_set({0}), kCpu0);
    machine.act_on(0, machine[0].start(thread, kCpu0));
    EXPECT_EQ(&machine.pass(0), &thread);
    return thread;
  }
};

TEST_F(SuspendDeadlineThreads, AThrottledOneDoesNotBeginItsPeriod) {
  Entity& thread = runs_every(10ms, 2ms);
  machine.pass(0, at(2ms));
  EXPECT_EQ(thread.state.get(), ThreadState::kThrottled);
  suspend(thread);
  machine.pass(0, at(3ms));
  EXPECT_TRUE(is_suspended(thread));
  EXPECT_EQ(machine[0].timer_at(at(3ms)), kNever);
  machine.wake_sleepers(0, at(10ms));
  EXPECT_EQ(&machine.pass(0, at(10ms)), &machine.idle[0]);
  resume(thread);
  EXPECT_EQ(&machine.pass(0, at(25ms)), &thread);
  EXPECT_EQ(server_of(thread).deadline, at(35ms)) << "a job begins when it goes on";
}

TEST_F(SuspendDeadlineThreads, OneThatGoesOnWithinItsPeriodHasNoMoreThanItsBudget) {
  Entity& thread = runs_every(10ms, 2ms);
  suspend(thread);
  EXPECT_EQ(&machine.pass(0, at(2ms)), &machine.idle[0]) << "it has used it up";
  EXPECT_TRUE(is_suspended(thread));
  resume(thread);
  EXPECT_EQ(&machine.pass(0, at(5ms)), &machine.idle[0]);
  EXPECT_EQ(thread.state.get(), ThreadState::kThrottled);
  machine.wake_sleepers(0, at(10ms));
  EXPECT_EQ(&machine.pass(0, at(10ms)), &thread);
}

TEST_F(SuspendDeadlineThreads, AReadyOneLeavesTheQueue) {
  runs_every(10ms, 2ms);
  Entity& thread = machine.make_thread(cpu_set({0}));
  machine[0].admit_new(thread, {.policy = PolicyKind::kDeadline, .task = {1ms, 50ms, 50ms}},
                       cpu_set({0}), kCpu0);
  machine.act_on(0, machine[0].start(thread, kCpu0));
  machine.pass(0);
  suspend(thread);
  machine.pass(0, at(1ms));
  EXPECT_TRUE(is_suspended(thread));
  EXPECT_EQ(&machine.leave(0, Leave::kParked, at(1ms)), &machine.idle[0]);
  resume(thread);
  EXPECT_EQ(&machine.pass(0, at(2ms)), &thread);
}

TEST_F(SuspendGone, AThreadThatEndsRunsNothingAnyMore) {
  Entity& thread = machine.runs_on(0);
  const Request& request = suspend(thread);
  machine.leave(0, Leave::kExited);
  EXPECT_EQ(thread.state.get(), ThreadState::kDead);
  EXPECT_TRUE(request.answered.load());
  EXPECT_EQ(request.result, RequestResult::kThreadNotFound);
  EXPECT_FALSE(thread.is_suspended) << "nor is the record's next thread";
  Entity& next = machine.runs_on(0);
  EXPECT_EQ(&machine.pass(0), &next) << "who comes next is not meant";
}

TEST_F(SuspendGone, TheIdleThreadIsNobodysToSuspend) {
  const Request& request = suspend(machine.idle[0]);
  machine.pass(0);
  EXPECT_EQ(request.result, RequestResult::kThreadNotFound);
  EXPECT_FALSE(machine.idle[0].is_suspended);
}

TEST_F(SuspendGone, AnOldIdSuspendsNobody) {
  Entity& thread = machine.runs_on(0);
  Request& request = suspend(thread);
  thread.generation = 8;
  EXPECT_EQ(&machine.pass(0), &thread);
  EXPECT_EQ(request.result, RequestResult::kThreadNotFound);
}

}  // namespace
}  // namespace tb::sched
