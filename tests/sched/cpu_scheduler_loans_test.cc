// Urgency that others lend to a thread, on the real core: wherever it is, it goes by the more
// urgent of its own and theirs.
#include <gtest/gtest.h>

#include "tests/sched/runtime_steps.h"

namespace tb::sched {
namespace {

constexpr SchedulingParameters kIdleClass{.policy = PolicyKind::kIdle, .nice = kWeakestNice};

constexpr SchedulingParameters fifo(int priority) {
  return {.policy = PolicyKind::kFifo, .priority = Priority{static_cast<std::uint8_t>(priority)}};
}

struct Loans : testing::Test {
  Entity& starts(const SchedulingParameters& parameters, std::uint32_t on = 0) {
    Entity& thread = machine.make_thread(cpu_set({on}));
    set_parameters(thread, parameters);
    machine.start(on, thread, CpuId{on});
    return thread;
  }

  // What waiters of that priority do on that CPU; zero is that nobody waits any more.
  void lend(Entity& thread, int priority, std::uint32_t from = 0) {
    thread.lent.store(priority > 0 ? urgency(fifo(priority)) : Urgency::kNobody);
    machine.act_on(from, machine[from].tell_of_loans(thread));
  }

  Entity& parks(std::uint32_t on = 0) { return machine.leave(on, Leave::kParked); }

  Machinery machine{2};
  CpuScheduler& cpu = machine[0];
};

TEST_F(Loans, WhoRunsIsNotPreemptedByWhoIsLessUrgentThanTheLender) {
  Entity& owner = starts({});
  EXPECT_EQ(&machine.pass(0), &owner);
  lend(owner, 50);
  Entity& middle = starts(fifo(40));
  EXPECT_EQ(&machine.pass(0, at(100ms)), &owner) << "nor is its slice ever over";
  Entity& above = starts(fifo(60));
  EXPECT_EQ(&machine.pass(0, at(101ms)), &above);
  EXPECT_EQ(&parks(), &owner);
  lend(owner, 0);
  EXPECT_TRUE(machine.take_told().contains(kCpu0)) << "somebody else goes first now";
  EXPECT_EQ(&machine.pass(0, at(102ms)), &middle);
  EXPECT_EQ(&parks(), &owner);
}

TEST_F(Loans, WhoIsReadyGoesBeforeThoseItWasBehind) {
  Entity& middle = starts(fifo(40));
  Entity& owner = starts({});
  EXPECT_EQ(&machine.pass(0), &middle);
  lend(owner, 50);
  EXPECT_EQ(&machine.pass(0), &owner);
  EXPECT_EQ(owner.policy, PolicyKind::kNormal) << "what was asked for it stays";
  EXPECT_EQ(parameters_of(owner), SchedulingParameters{});
}

TEST_F(Loans, WhoIsParkedIsWokenSoThatItLendsInItsTurn) {
  Entity& owner = starts({});
  EXPECT_EQ(&machine.pass(0), &owner);
  parks();
  lend(owner, 50);
  EXPECT_EQ(&machine.pass(0), &owner);
  EXPECT_EQ(owner.urgency, urgency(fifo(50)));
}

TEST_F(Loans, OnAnotherCpuTheHomeLooksAtThem) {
  Entity& middle = starts(fifo(40), 1);
  Entity& owner = starts({}, 1);
  EXPECT_EQ(&machine.pass(1), &middle);
  machine.take_told();
  lend(owner, 50);
  EXPECT_EQ(owner.urgency, Urgency::kFair) << "only its home touches it";
  EXPECT_EQ(machine.take_told(), cpu_set({1}));
  EXPECT_EQ(&machine.pass(1), &owner);
}

TEST_F(Loans, WhoIsOnItsWayGoesByThemWhenItArrives) {
  Entity& middle = starts(fifo(40), 1);
  EXPECT_EQ(&machine.pass(1), &middle);
  Entity& owner = machine.make_thread(cpu_set({1}));
  machine.start(0, owner, kCpu1);
  EXPECT_EQ(owner.state.get(), ThreadState::kWaking);
  lend(owner, 50);
  EXPECT_EQ(&machine.pass(1), &owner);
}

TEST_F(Loans, WhoIsSentElsewhereInTheSameMomentGoesByThemThere) {
  Entity& middle = starts(fifo(40), 1);
  EXPECT_EQ(&machine.pass(1), &middle);
  Entity& hog = starts(fifo(60));
  EXPECT_EQ(&machine.pass(0), &hog);
  Entity& owner = starts({});
  machine.request(1, owner, RequestKind::kSetAffinity, cpu_set({1}), middle);
  lend(owner, 50, 1);
  EXPECT_EQ(&machine.pass(0), &hog);
  EXPECT_EQ(owner.state.get(), ThreadState::kWaking) << "it has gone before the loan is looked at";
  EXPECT_EQ(&machine.pass(1), &owner);
}

TEST_F(Loans, AnOwnPriorityThatIsHigherCountsMore) {
  Entity& owner = starts(fifo(70));
  EXPECT_EQ(&machine.pass(0), &owner);
  lend(owner, 50);
  EXPECT_EQ(owner.urgency, urgency(fifo(70)));
  lend(owner, 80);
  EXPECT_EQ(owner.urgency, urgency(fifo(80)));
}

TEST_F(Loans, ParametersThatChangeMeanwhileAreItsOwn) {
  Entity& owner = starts({});
  Entity& requester = machine.make_thread();
  requester.home.store(kCpu1);
  EXPECT_EQ(&machine.pass(0), &owner);
  lend(owner, 50);
  Request& change = machine.request(1, owner, RequestKind::kSetParameters, {}, requester);
  change.parameters = fifo(20);
  EXPECT_EQ(&machine.pass(0), &owner);
  EXPECT_EQ(owner.urgency, urgency(fifo(50)));
  EXPECT_EQ(parameters_of(owner), fifo(20));
  lend(owner, 0);
  EXPECT_EQ(owner.urgency, urgency(fifo(20)));
}

TEST_F(Loans, ADeadlineThreadLendsTheHighestPriority) {
  Entity& owner = starts(kIdleClass);
  EXPECT_EQ(&machine.pass(0), &owner);
  owner.lent.store(Urgency::kDeadline);
  machine.act_on(0, cpu.tell_of_loans(owner));
  EXPECT_EQ(owner.urgency, kMostUrgentPriority);
  EXPECT_EQ(&machine.pass(0), &owner);
}

TEST_F(Loans, AnOrdinaryThreadLendsToOneOfTheIdleClass) {
  Entity& owner = starts(kIdleClass);
  EXPECT_EQ(&machine.pass(0), &owner);
  Entity& ordinary = starts({});
  EXPECT_EQ(&machine.pass(0), &ordinary);
  owner.lent.store(Urgency::kFair);
  machine.act_on(0, cpu.tell_of_loans(owner));
  EXPECT_EQ(&parks(), &owner);
  EXPECT_EQ(owner.urgency, Urgency::kFair);
}

TEST_F(Loans, WhoMayRunElsewhereIsOfferedThere) {
  Entity& owner = machine.make_thread();
  machine.start(0, owner, kCpu0);
  Entity& hog = starts(fifo(60));
  EXPECT_EQ(&machine.pass(0), &hog);
  starts({}, 1);
  machine.pass(1);
  lend(owner, 50);
  EXPECT_EQ(owner.home.load(), kCpu1) << "what runs there is less urgent";
}

}  // namespace
}  // namespace tb::sched
