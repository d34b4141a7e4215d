// Deadline threads on the real core: who goes first, what an overrun costs and whom, what is kept
// through blocking, what is said of misses, and how a thread becomes one and ceases to be one.
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "tests/sched/timeline.h"

namespace tb::sched {
namespace {

void hear(const tb::DeadlineMiss&) {}

SchedulingParameters every(Duration period, Duration runtime, Duration relative = {}) {
  return {.policy = PolicyKind::kDeadline,
          .task = {runtime, relative > Duration::zero() ? relative : period, period},
          .on_miss = hear};
}
SchedulingParameters fifo(int priority) {
  return {.policy = PolicyKind::kFifo, .priority = Priority{static_cast<std::uint8_t>(priority)}};
}

struct DeadlineThreads : testing::Test {
  Entity& starts(const SchedulingParameters& parameters) {
    Entity& thread = machine.make_thread(cpu_set({0}));
    if (parameters.policy == PolicyKind::kDeadline) {
      cpu.admit_new(thread, parameters, cpu_set({0, 1}), kCpu0);
    } else {
      set_parameters(thread, parameters);
    }
    machine.act_on(0, cpu.start(thread, kCpu0));
    return thread;
  }
  Entity& pass(Time now) {
    machine.wake_sleepers(0, now);
    return machine.leave(0, Leave::kPreempted, now);
  }
  Entity& yields(Time now) { return machine.leave(0, Leave::kYielded, now); }
  Entity& parks(Time now) { return machine.leave(0, Leave::kParked, now); }
  Time timer(Time now) { return cpu.timer_at(now); }

  Machinery machine{2};
  CpuScheduler& cpu = machine[0];
  Entity& idle = machine.idle[0];
};

TEST_F(DeadlineThreads, GoBeforeAllOthersTheEarliestDeadlineFirst) {
  Entity& late = starts(every(30ms, 1ms));
  Entity& urgent = starts(fifo(99));
  Entity& early = starts(every(10ms, 1ms));
  EXPECT_EQ(&pass(at(0ms)), &early);
  EXPECT_EQ(&parks(at(0ms)), &late);
  EXPECT_EQ(&parks(at(0ms)), &urgent);
}

TEST_F(DeadlineThreads, PreemptWhoHasALaterDeadline) {
  Entity& late = starts(every(30ms, 10ms));
  EXPECT_EQ(&pass(at(0ms)), &late);
  Entity& early = starts(every(10ms, 1ms));
  EXPECT_EQ(machine.take_told(), cpu_set({0}));
  EXPECT_EQ(&pass(at(1ms)), &early);
  Entity& later = starts(every(100ms, 1ms));
  EXPECT_EQ(&pass(at(1ms)), &early);
  EXPECT_EQ(&parks(at(2ms)), &late);
  EXPECT_EQ(&parks(at(2ms)), &later);
}

TEST_F(DeadlineThreads, WaitForTheirPeriodWhenTheBudgetIsUsedUp) {
  Entity& thread = starts(every(10ms, 2ms));
  EXPECT_EQ(&pass(at(0ms)), &thread);
  EXPECT_EQ(timer(at(0ms)), at(2ms)) << "even a lone one is stopped";
  EXPECT_EQ(&pass(at(2ms)), &idle);
  EXPECT_EQ(thread.state.get(), ThreadState::kThrottled);
  EXPECT_EQ(timer(at(2ms)), at(10ms));
  EXPECT_EQ(&pass(at(10ms)), &thread);
  EXPECT_EQ(timer(at(10ms)), at(12ms));
}

TEST_F(DeadlineThreads, WaitForTheirPeriodWhenTheyYield) {
  Entity& thread = starts(every(10ms, 2ms));
  Entity& other = starts(fifo(1));
  EXPECT_EQ(&pass(at(0ms)), &thread);
  EXPECT_EQ(&yields(at(1ms)), &other);
  EXPECT_EQ(&pass(at(9ms)), &other);
  EXPECT_EQ(&pass(at(10ms)), &thread);
  EXPECT_EQ(server_of(thread).misses, 0U) << "the job was over in time";
}

TEST_F(DeadlineThreads, AreNotWokenBeforeTheirPeriod) {
  Entity& thread = starts(every(10ms, 2ms));
  EXPECT_EQ(&pass(at(0ms)), &thread);
  EXPECT_EQ(&pass(at(2ms)), &idle);
  machine.wake(0, thread);
  EXPECT_EQ(&pass(at(3ms)), &idle);
  EXPECT_EQ(&pass(at(10ms)), &thread);
  EXPECT_TRUE(cpu.take_wakes()) << "nor is the wake lost";
}

TEST_F(DeadlineThreads, KeepDeadlineAndBudgetThroughBlocking) {
  Entity& thread = starts(every(10ms, 4ms));
  EXPECT_EQ(&pass(at(0ms)), &thread);
  EXPECT_EQ(&parks(at(1ms)), &idle);
  machine.wake(0, thread);
  EXPECT_EQ(&pass(at(2ms)), &thread);
  cpu.take_wakes();
  EXPECT_EQ(server_of(thread).deadline, at(10ms));
  EXPECT_EQ(timer(at(2ms)), at(5ms)) << "3 of 4 ms are left";
}

TEST_F(DeadlineThreads, GoOnAfterAWakeThatComesAsTheyPark) {
  Entity& thread = starts(every(10ms, 4ms));
  EXPECT_EQ(&pass(at(0ms)), &thread);
  machine[1].wake(thread);
  EXPECT_EQ(&parks(at(1ms)), &thread);
}

TEST_F(DeadlineThreads, AreToldOnceOfAJobThatIsLate) {
  Entity& thread = starts(every(10ms, 4ms, 5ms));
  Entity& other = starts(every(20ms, 8ms, 4ms));
  EXPECT_EQ(&pass(at(0ms)), &other);
  EXPECT_EQ(&parks(at(3ms)), &thread);
  EXPECT_EQ(&parks(at(6ms)), &idle) << "its deadline was 5";
  EXPECT_EQ(machine.misses, (Order{&thread}));
  EXPECT_EQ(server_of(thread).misses, 1U);
  EXPECT_EQ(server_of(thread).missed_deadline, at(5ms));
  EXPECT_EQ(server_of(thread).missed_at, at(6ms));
  machine.wake(0, thread);
  EXPECT_EQ(&pass(at(7ms)), &idle);
  EXPECT_EQ(&pass(at(10ms)), &thread);
  cpu.take_wakes();
  EXPECT_EQ(&parks(at(11ms)), &idle);
  EXPECT_EQ(server_of(thread).misses, 1U);
}

TEST_F(DeadlineThreads, AreToldWhenAnOverrunLastsUntilTheNextPeriod) {
  Entity& thread = starts(every(10ms, 2ms));
  EXPECT_EQ(&pass(at(0ms)), &thread);
  EXPECT_EQ(&pass(at(2ms)), &idle);
  EXPECT_TRUE(machine.misses.empty());
  EXPECT_EQ(&pass(at(10ms)), &thread);
  EXPECT_EQ(machine.misses, (Order{&thread}));
  EXPECT_EQ(server_of(thread).missed_deadline, at(10ms));
}

struct Overrun : testing::Test {
  static constexpr PeriodicTask kGood{4ms, 10ms, 10ms};
  static constexpr PeriodicTask kBad{5ms, 10ms, 10ms};

  static std::vector<Job> jobs(Duration work) {
    std::vector<Job> all;
    for (Time time = at(0ms); time < at(1s); time = after(time, 10ms)) {
      all.push_back({time, work});
    }
    return all;
  }
};

// A constant-bandwidth server: who asks for more than he has been admitted for hurts himself.
TEST_F(Overrun, HurtsNobodyElse) {
  Timeline timeline;
  timeline.add({.parameters = {.policy = PolicyKind::kDeadline, .task = kBad}, .jobs = jobs(9ms)});
  timeline.add({.parameters = {.policy = PolicyKind::kDeadline, .task = kGood}, .jobs = jobs(4ms)});
  timeline.add({.parameters = {}, .jobs = {{at(0ms), 50ms}}});
  timeline.run(at(1s));
  EXPECT_EQ(server_of(timeline.thread(1)).misses, 0U);
  for (std::size_t job = 0; job < 100; ++job) {
    EXPECT_LE(timeline.end_of(1, job), at((std::int64_t(job) + 1) * 10ms));
  }
  EXPECT_GT(server_of(timeline.thread(0)).misses, 40U);
  EXPECT_LE(timeline.end_of(2), at(510ms)) << "what was not admitted is left for the others";
}

struct Changing : DeadlineThreads {
  Request& asks(Entity& thread, RequestKind kind, const SchedulingParameters& parameters,
                const CpuSet& affinity = {}, CpuId where = kCpu0) {
    Request& made = machine.requests.emplace_back();
    made.kind = kind;
    made.requester = &asking;
    made.parameters = parameters;
    made.affinity = affinity;
    made.cpu = where;
    thread.requests.push(made);
    machine.act_on(1, machine[1].tell_of_requests(thread));
    return made;
  }

  Entity& asking = machine.runs_on(1, cpu_set({1}));
};

TEST_F(Changing, MakesTheRunningThreadADeadlineThreadAtOnce) {
  Entity& thread = starts({});
  EXPECT_EQ(&pass(at(0ms)), &thread);
  asks(thread, RequestKind::kAdmit, every(10ms, 2ms), cpu_set({0, 1}));
  EXPECT_EQ(&pass(at(5ms)), &thread);
  EXPECT_EQ(server_of(thread).deadline, at(15ms));
  EXPECT_EQ(timer(at(5ms)), at(7ms));
}

TEST_F(Changing, MakesAReadyOneADeadlineThreadAtOnce) {
  Entity& running = starts(fifo(99));
  Entity& thread = starts({});
  EXPECT_EQ(&pass(at(0ms)), &running);
  const Request& made = asks(thread, RequestKind::kAdmit, every(10ms, 2ms), cpu_set({0, 1}));
  EXPECT_EQ(&pass(at(5ms)), &thread);
  EXPECT_EQ(made.parameters, SchedulingParameters()) << "what it was before";
  EXPECT_EQ(made.cpu, kNoCpu);
}

TEST_F(Changing, LeavesBehindWhatWasTakenTooMuchOfASlice) {
  Entity& late = starts({});
  starts({});
  EXPECT_EQ(&pass(at(0ms)), &late);
  pass(at(1s));
  EXPECT_EQ(late.state.get(), ThreadState::kReady);
  late.slice_left = -1s;
  asks(late, RequestKind::kAdmit, every(10ms, 2ms), cpu_set({0, 1}));
  EXPECT_EQ(&pass(at(1s)), &late);
  EXPECT_EQ(late.slice_left, 2ms);
}

TEST_F(Changing, TakesAThreadOutOfItsWaitForThePeriod) {
  Entity& thread = starts(every(10ms, 2ms));
  EXPECT_EQ(&pass(at(0ms)), &thread);
  EXPECT_EQ(&pass(at(2ms)), &idle);
  const Request& made = asks(thread, RequestKind::kDismiss, {});
  EXPECT_EQ(&pass(at(3ms)), &thread);
  EXPECT_EQ(made.cpu, kCpu0) << "which gets its promise back";
  EXPECT_EQ(made.parameters, every(10ms, 2ms));
  EXPECT_FALSE(cpu.affinity_of(thread).contains(kCpu2));
  EXPECT_TRUE(thread.movable) << "it may run where it might have been admitted";
}

TEST_F(Changing, RefusesWhatOnlyWhoKeepsTheBooksMayDo) {
  Entity& thread = starts(every(10ms, 2ms));
  EXPECT_EQ(&pass(at(0ms)), &thread);
  const Request& parameters = asks(thread, RequestKind::kSetParameters, {});
  const Request& affinity = asks(thread, RequestKind::kSetAffinity, {}, cpu_set({1}));
  EXPECT_EQ(&pass(at(1ms)), &thread);
  EXPECT_EQ(parameters.result, RequestResult::kIsAdmitted);
  EXPECT_EQ(affinity.result, RequestResult::kIsAdmitted);
  EXPECT_EQ(thread.policy, PolicyKind::kDeadline);
}

TEST_F(Changing, MovesAThreadToTheCpuThatHasAdmittedIt) {
  Entity& thread = starts(every(10ms, 2ms));
  EXPECT_EQ(&pass(at(0ms)), &thread);
  asks(thread, RequestKind::kAdmit, every(10ms, 3ms), cpu_set({0, 1}), kCpu1);
  EXPECT_EQ(&pass(at(1ms)), &idle);
  EXPECT_EQ(&machine.pass(1, at(1ms)), &thread);
  EXPECT_EQ(server_of(thread).task, every(10ms, 3ms).task);
}

// Its job has begun before it goes, and on the way it has not run.
TEST_F(Changing, LosesNoMoreThanTheTimeOnItsWay) {
  Entity& thread = starts({});
  EXPECT_EQ(&pass(at(1h)), &thread);
  asks(thread, RequestKind::kAdmit, every(10ms, 3ms, 5ms), cpu_set({0, 1}), kCpu1);
  EXPECT_EQ(&pass(at(1h)), &idle);
  EXPECT_EQ(&machine.pass(1, at(1h + 1ms)), &thread);
  EXPECT_EQ(thread.slice_left, 2ms);
}

TEST_F(Changing, OfWhereItMayBeAdmittedLeavesTheJobAlone) {
  Entity& thread = starts(every(10ms, 2ms));
  EXPECT_EQ(&pass(at(0ms)), &thread);
  asks(thread, RequestKind::kAdmit, every(10ms, 2ms), cpu_set({0}));
  EXPECT_EQ(&pass(at(1ms)), &thread);
  EXPECT_EQ(server_of(thread).deadline, at(10ms));
  EXPECT_EQ(cpu.wanted_affinity_of(thread), cpu_set({0}));
}

TEST_F(Changing, RefusesToAdmitAThreadThatEnds) {
  Entity& thread = starts({});
  EXPECT_EQ(&pass(at(0ms)), &thread);
  const Request& made = asks(thread, RequestKind::kAdmit, every(10ms, 2ms), cpu_set({0, 1}));
  EXPECT_EQ(&machine.leave(0, Leave::kExited, at(1ms)), &idle);
  EXPECT_EQ(made.result, RequestResult::kThreadNotFound);
}

}  // namespace
}  // namespace tb::sched
