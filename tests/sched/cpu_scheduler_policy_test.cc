// The classes of policies against each other, on the real core: who runs, for how long, and who is
// told when somebody more urgent becomes ready.
#include <gtest/gtest.h>

#include <utility>

#include "tests/sched/runtime_steps.h"

namespace tb::sched {
namespace {

constexpr SchedulingParameters kNormal{};
constexpr SchedulingParameters kBatch{.policy = PolicyKind::kBatch};
constexpr SchedulingParameters kIdle{.policy = PolicyKind::kIdle, .nice = kWeakestNice};

constexpr SchedulingParameters fifo(int priority) {
  return {.policy = PolicyKind::kFifo, .priority = Priority{static_cast<std::uint8_t>(priority)}};
}
constexpr SchedulingParameters round_robin(int priority) {
  return {.policy = PolicyKind::kRoundRobin,
          .priority = Priority{static_cast<std::uint8_t>(priority)}};
}

struct Classes : testing::Test {
  Entity& made(const SchedulingParameters& parameters) {
    Entity& thread = machine.make_thread(cpu_set({0}));
    set_parameters(thread, parameters);
    return thread;
  }
  Entity& starts(const SchedulingParameters& parameters) {
    Entity& thread = made(parameters);
    machine.act_on(0, cpu.start(thread, kCpu0));
    return thread;
  }
  // What an interrupt does; returns who runs.
  Entity& pass(Time now = at(0ms)) { return machine.leave(0, Leave::kPreempted, now); }
  Entity& yields(Time now = at(0ms)) { return machine.leave(0, Leave::kYielded, now); }
  Entity& parks(Time now = at(0ms)) { return machine.leave(0, Leave::kParked, now); }

  Machinery machine{2};
  CpuScheduler& cpu = machine[0];
};

TEST_F(Classes, AreServedInTheirOrder) {
  Entity& idle = starts(kIdle);
  Entity& normal = starts(kNormal);
  Entity& low = starts(fifo(1));
  Entity& high = starts(round_robin(99));
  Entity& middle = starts(fifo(50));
  EXPECT_EQ(&pass(), &high);
  for (Entity* const next : {&middle, &low, &normal, &idle, &machine.idle[0]}) {
    EXPECT_EQ(&parks(), next);
  }
}

TEST_F(Classes, AMoreUrgentThreadThatStartsIsRunAtOnce) {
  Entity& normal = starts(kNormal);
  EXPECT_EQ(&pass(), &normal);
  EXPECT_EQ(cpu.start(made(kNormal), kCpu0), std::nullopt);
  EXPECT_EQ(cpu.start(made(kIdle), kCpu0), std::nullopt);
  Entity& urgent = made(fifo(1));
  EXPECT_EQ(cpu.start(urgent, kCpu0), kCpu0) << "this CPU has to go through the scheduler";
  EXPECT_EQ(&pass(), &urgent);
}

TEST_F(Classes, AMoreUrgentThreadThatIsWokenHereIsRunAtOnce) {
  Entity& urgent = starts(fifo(10));
  Entity& normal = starts(kNormal);
  starts(kNormal);
  EXPECT_EQ(&pass(), &urgent);
  EXPECT_EQ(&parks(), &normal);
  EXPECT_EQ(cpu.wake_quickly(urgent, WakeKind::kOrdinary), CpuScheduler::QuickWake::kPreempts);
  EXPECT_EQ(&pass(), &urgent);
}

// The timer is armed, so nobody would have to be told of an ordinary thread.
TEST_F(Classes, AMoreUrgentThreadThatIsWokenFromElsewhereWaitsForNoTimer) {
  Entity& ordinary = starts(kNormal);
  Entity& urgent = starts(fifo(10));
  EXPECT_EQ(&pass(), &urgent);
  EXPECT_EQ(&parks(), &ordinary);
  EXPECT_EQ(&parks(), &machine.idle[0]);
  Entity& normal = starts(kNormal);
  starts(kNormal);
  EXPECT_EQ(&pass(), &normal);
  EXPECT_EQ(machine[1].wake(ordinary), std::nullopt);
  EXPECT_EQ(machine[1].wake(urgent), kCpu0);
  EXPECT_EQ(&pass(), &urgent);
}

TEST_F(Classes, AFifoThreadRunsUntilItLeaves) {
  Entity& first = starts(fifo(50));
  Entity& second = starts(fifo(50));
  Entity& normal = starts(kNormal);
  EXPECT_EQ(&pass(), &first);
  EXPECT_EQ(&pass(at(1h)), &first);
  EXPECT_EQ(&yields(at(1h)), &second) << "of the same priority";
  EXPECT_EQ(&parks(at(2h)), &first);
  EXPECT_EQ(&yields(at(2h)), &first) << "nobody else has its priority";
  EXPECT_EQ(&parks(at(2h)), &normal);
}

TEST_F(Classes, RoundRobinThreadsTakeTurnsOfAHundredMilliseconds) {
  Entity& first = starts(round_robin(50));
  Entity& second = starts(round_robin(50));
  EXPECT_EQ(&pass(), &first);
  EXPECT_EQ(&pass(at(99ms)), &first);
  EXPECT_EQ(&pass(at(100ms)), &second);
  EXPECT_EQ(&pass(at(199ms)), &second);
  EXPECT_EQ(&pass(at(200ms)), &first);
}

TEST_F(Classes, WhoIsPreemptedGoesOnWithTheRestOfItsSliceBeforeItsEquals) {
  Entity& first = starts(round_robin(50));
  Entity& second = starts(round_robin(50));
  EXPECT_EQ(&pass(), &first);
  Entity& urgent = starts(fifo(99));
  EXPECT_EQ(&pass(at(60ms)), &urgent);
  EXPECT_EQ(&parks(at(1s)), &first);
  EXPECT_EQ(&pass(at(1039ms)), &first);
  EXPECT_EQ(&pass(at(1040ms)), &second);
}

TEST_F(Classes, AnIdleThreadRunsOnlyWhenNobodyElseIsReady) {
  Entity& idle = starts(kIdle);
  Entity& batch = starts(kBatch);
  EXPECT_EQ(&pass(), &batch);
  EXPECT_EQ(&pass(at(1s)), &batch);
  EXPECT_EQ(&yields(at(2s)), &batch);
  EXPECT_EQ(&parks(at(3s)), &idle);
  EXPECT_EQ(cpu.wake(batch), kCpu0);
  EXPECT_EQ(&pass(at(3s)), &batch);
}

// A thread on CPU 1 that asks for changes.
struct Changes : Classes {
  void change(Entity& thread, const SchedulingParameters& parameters) {
    Request& request = machine.request(1, thread, RequestKind::kSetParameters, {}, asking);
    request.parameters = parameters;
  }

  Entity& asking = machine.runs_on(1, cpu_set({1}));
};

TEST_F(Changes, OfAReadyThreadPreemptWhereTheyMust) {
  Entity& running = starts(kNormal);
  Entity& ready = starts(kNormal);
  EXPECT_EQ(&pass(), &running);
  change(ready, fifo(5));
  EXPECT_EQ(&pass(), &ready);
  EXPECT_EQ(machine.answers.size(), 1U);
  change(running, fifo(4));
  EXPECT_EQ(&pass(), &ready) << "it is less urgent";
  change(running, fifo(6));
  EXPECT_EQ(&pass(), &running);
}

TEST_F(Changes, OfTheRunningThreadLetOthersGoFirst) {
  Entity& running = starts(fifo(50));
  Entity& ready = starts(fifo(40));
  EXPECT_EQ(&pass(), &running);
  change(running, fifo(41));
  EXPECT_EQ(&pass(), &running);
  change(running, kNormal);
  EXPECT_EQ(&pass(), &ready);
  EXPECT_EQ(&parks(), &running);
}

TEST_F(Changes, OfAParkedThreadCountWhenItIsWoken) {
  Entity& parked = starts(kNormal);
  EXPECT_EQ(&pass(), &parked);
  EXPECT_EQ(&parks(), &machine.idle[0]);
  Entity& running = starts(fifo(50));
  EXPECT_EQ(&pass(), &running);
  change(parked, fifo(51));
  EXPECT_EQ(&pass(), &running);
  EXPECT_EQ(parked.state.get(), ThreadState::kParked) << "a change is no wake";
  EXPECT_EQ(machine[1].wake(parked), kCpu0);
  EXPECT_EQ(&pass(), &parked);
}

TEST_F(Changes, FromOnePolicyToAnotherBeginASliceOfThat) {
  for (const SchedulingParameters& before :
       {fifo(50), round_robin(50), SchedulingParameters{.nice = -20}}) {
    Entity& changed = starts(before);
    Entity& other = starts(kNormal);
    EXPECT_EQ(&pass(), &changed);
    change(changed, kNormal);
    EXPECT_EQ(&pass(), &changed);
    EXPECT_LE(changed.slice_left, quantum(kNormal, kQuantum));
    change(changed, before);
    EXPECT_EQ(&pass(), &changed);
    EXPECT_EQ(&parks(), &other);
    EXPECT_EQ(changed.state.get(), ThreadState::kParked);
    change(changed, kNormal);
    pass();
    EXPECT_LE(changed.slice_left, Duration::zero()) << "it gets one when it is ready";
    EXPECT_EQ(&parks(), &machine.idle[0]);
  }
}

// With the algorithm that knows bursts.
struct Bursts : testing::Test {
  Entity& starts() {
    Entity& thread = machine.make_thread(cpu_set({0}));
    machine.start(0, thread, kCpu0);
    return thread;
  }
  // What a thread does that computes for so long; it is not interrupted.
  void computes(Duration time) { cpu.charge(now += time); }

  Machinery machine{1, Config{}};
  CpuScheduler& cpu = machine[0];
  Time now = at(0ms);
};

// A wake that comes while the thread goes through the scheduler to park.
TEST_F(Bursts, EndWithAParkThatIsOverAtOnceAndTheTurnGoesOn) {
  Entity& hot = starts();
  EXPECT_EQ(&machine.pass(0, now), &hot);
  Entity& cold = starts();
  EXPECT_EQ(&machine.leave(0, Leave::kParked, now), &cold);
  computes(20ms);
  machine.wake(0, hot);
  EXPECT_EQ(&machine.pass(0, now), &hot);
  computes(500us);
  machine.wake(0, hot);
  EXPECT_EQ(&machine.leave(0, Leave::kParked, now), &hot) << "it waits behind nobody for that";
  EXPECT_EQ(hot.burst, 0U);
  EXPECT_EQ(hot.level, Entity::kHotLevel);
}

// As in a loop that spawns and joins: each time it waits, if only for a moment.
TEST_F(Bursts, OfAJoinerEndWhenItWaits) {
  Entity& joiner = starts();
  EXPECT_EQ(&machine.pass(0, now), &joiner);
  for (int round = 0; round < 2'000; ++round) {
    Entity& other = machine.make_thread(cpu_set({0}));
    machine.start(0, other, kCpu0);
    cpu.let_go_first(other);
    // The clock is read on each of its parks, and never when the others end.
    EXPECT_EQ(&machine.leave(0, Leave::kParked, now), &other);
    Entity* const next = cpu.leave_quickly_to(joiner);
    ASSERT_EQ(next != nullptr ? next : cpu.reschedule(Leave::kExited, now, &joiner).next, &joiner);
    machine.act_on(0, std::nullopt);
    cpu.take_wakes();
    computes(10us);
  }
  EXPECT_EQ(joiner.level, Entity::kHotLevel) << "of 20 ms, 10 us at a time";
}

TEST_F(Changes, AreToldAsTheyAre) {
  Entity& thread = starts(kNormal);
  for (const SchedulingParameters& wanted :
       {fifo(1), fifo(99), round_robin(50), kBatch, kIdle, kNormal,
        SchedulingParameters{.nice = -20}, SchedulingParameters{.nice = 19}}) {
    change(thread, wanted);
    pass();
    const Request& told = machine.request(1, thread, RequestKind::kGetParameters, {}, asking);
    pass();
    EXPECT_EQ(told.parameters, wanted);
  }
}

TEST_F(Changes, ComeTogetherWithAChangeOfAffinity) {
  Entity& thread = starts(kNormal);
  Entity& running = starts(fifo(9));
  EXPECT_EQ(&pass(), &running);
  machine.request(1, thread, RequestKind::kSetAffinity, cpu_set({0, 1}), asking);
  change(thread, fifo(3));
  EXPECT_EQ(&pass(), &running);
  EXPECT_EQ(machine.answers.size(), 2U);
  EXPECT_TRUE(thread.movable);
  EXPECT_EQ(&machine.pass(1), &thread) << "there it goes before what runs";
  EXPECT_EQ(thread.urgency, urgency(fifo(3)));
}

}  // namespace
}  // namespace tb::sched
