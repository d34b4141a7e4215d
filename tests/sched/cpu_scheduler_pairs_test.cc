// Threads that wait for each other after brief turns come together on one CPU, and stay there while
// they do; whoever computes is alone again.
#include <gtest/gtest.h>

#include "tests/sched/runtime_steps.h"

namespace tb::sched {
namespace {

constexpr Duration kBrief = 200ns;
constexpr Duration kLong = 3us;
constexpr int kManyTurns = 1'100;

struct Pairs : testing::Test {
  std::uint32_t cpu_of(const Entity& thread) { return index_of(thread.home.load()); }

  // Whoever has something to do does it.
  void let_idle_ones_look() {
    bool somebody_looked = true;
    while (somebody_looked) {
      somebody_looked = false;
      for (std::uint32_t i = 0; i < machine.cpus.size(); ++i) {
        if (machine[i].is_idle() && machine[i].has_work()) {
          machine.wakes_up(i, now);
          somebody_looked = true;
        }
      }
    }
  }

  // Wakes the other one, and waits.
  void turn(Entity& from, Entity& to, Duration length) {
    const std::uint32_t cpu = cpu_of(from);
    ASSERT_EQ(&machine[cpu].current(), &from);
    machine[cpu].take_wakes();
    now += length;
    machine.wake(cpu, to);
    machine.leave(cpu, Leave::kParked, now);
    let_idle_ones_look();
  }

  void take_turns(Entity& a, Entity& b, Duration length = kBrief) {
    for (int i = 0; i < kManyTurns; ++i) {
      turn(a, b, length);
      turn(b, a, length);
    }
  }

  std::uint64_t brought_together() {
    std::uint64_t sum = 0;
    for (const auto& cpu : machine.cpus) {
      sum += cpu->counters().brought_together;
    }
    return sum;
  }

  // Two that take turns on the CPU of the first; all others are without work, and say so.
  void come_together(Entity& a, Entity& b) {
    take_turns(a, b);
    ASSERT_EQ(cpu_of(a), cpu_of(b));
    for (std::uint32_t i = 0; i < machine.cpus.size(); ++i) {
      if (machine[i].is_idle()) {
        machine.sleeps(i);
      }
    }
  }

  Machinery machine{3};
  Time now = at(1s);
};

TEST_F(Pairs, ComeTogetherOnce) {
  Entity& a = machine.runs_on(0);
  Entity& b = machine.parked_on(1);
  take_turns(a, b);
  EXPECT_EQ(cpu_of(a), cpu_of(b));
  EXPECT_EQ(brought_together(), 1U);
  EXPECT_EQ(a.migrations + b.migrations, 1U);
}

TEST_F(Pairs, TakeTheirTimersAlong) {
  Entity& a = machine.runs_on(0);
  Entity& b = machine.parked_on(1);
  for (int i = 0; i < kManyTurns; ++i) {
    for (Entity* const self : {&a, &b}) {
      machine[cpu_of(*self)].wake_current_at(machine.make_sleeper(), now + 1h);
      turn(*self, self == &a ? b : a, kBrief);
    }
  }
  EXPECT_EQ(brought_together(), 1U);
  ASSERT_EQ(cpu_of(a), cpu_of(b));
  CpuScheduler& home = machine[cpu_of(b)];
  EXPECT_EQ(home.take_due_sleeper(now + 2h), &b);
  for (const auto& cpu : machine.cpus) {
    EXPECT_EQ(cpu->take_due_sleeper(now + 2h), nullptr) << "who was woken has none";
  }
}

TEST_F(Pairs, StayApartIfTheyComputeForLonger) {
  Entity& a = machine.runs_on(0);
  Entity& b = machine.parked_on(1);
  take_turns(a, b, kLong);
  EXPECT_NE(cpu_of(a), cpu_of(b));
  EXPECT_EQ(brought_together(), 0U);
}

TEST_F(Pairs, StayApartIfOnlyOneWakesTheOther) {
  Entity& a = machine.runs_on(0);
  Entity& b = machine.parked_on(1);
  for (int i = 0; i < kManyTurns; ++i) {
    now += kBrief;
    machine.wake(0, b);
    machine.leave(0, Leave::kParked, now);
    let_idle_ones_look();
    ASSERT_EQ(&machine[1].current(), &b);
    machine[1].take_wakes();
    machine.leave(1, Leave::kParked, now + kBrief);
    machine.wake(2, a);  // as an interrupt would
    let_idle_ones_look();
  }
  EXPECT_TRUE(machine[0].takes_brief_turns() && machine[1].takes_brief_turns());
  EXPECT_NE(cpu_of(a), cpu_of(b));
  EXPECT_EQ(brought_together(), 0U);
}

TEST_F(Pairs, StayApartIfOneOfThemComputesForLonger) {
  Entity& a = machine.runs_on(0);
  Entity& b = machine.parked_on(1);
  for (int i = 0; i < kManyTurns; ++i) {
    turn(a, b, kBrief);
    turn(b, a, kLong);
  }
  EXPECT_NE(cpu_of(a), cpu_of(b));
  EXPECT_EQ(brought_together(), 0U);
}

TEST_F(Pairs, MeetWhereBothMayRun) {
  Entity& a = machine.runs_on(0);
  Entity& b = machine.parked_on(1, cpu_set({1}));
  take_turns(a, b);
  EXPECT_EQ(cpu_of(b), 1U);
  EXPECT_EQ(cpu_of(a), 1U);
}

TEST_F(Pairs, StayWhereTheyMust) {
  Entity& a = machine.runs_on(0, cpu_set({0, 2}));
  Entity& b = machine.parked_on(1, cpu_set({1, 2}));
  take_turns(a, b);
  EXPECT_EQ(cpu_of(a), 0U);
  EXPECT_EQ(cpu_of(b), 1U);
}

TEST_F(Pairs, StayApartWhereNobodyIsToMove) {
  Machinery still(2, Config{.balancing = Balancing::kOff});
  Entity& a = still.runs_on(0);
  Entity& b = still.parked_on(1);
  for (int i = 0; i < kManyTurns; ++i) {
    still[0].take_wakes();
    still.wake(0, b);
    still.leave(0, Leave::kParked);
    still.wakes_up(1);
    still[1].take_wakes();
    still.wake(1, a);
    still.leave(1, Leave::kParked);
    still.wakes_up(0);
  }
  EXPECT_TRUE(still[0].takes_brief_turns());
  EXPECT_EQ(a.migrations + b.migrations, 0U);
}

TEST_F(Pairs, StayTogetherThoughOtherCpusHaveNothing) {
  Entity& a = machine.runs_on(0);
  Entity& b = machine.parked_on(1);
  come_together(a, b);
  const std::uint32_t cpu = cpu_of(a);
  machine.take_told();
  take_turns(a, b);
  EXPECT_EQ(cpu_of(a), cpu);
  EXPECT_EQ(cpu_of(b), cpu);
  EXPECT_EQ(a.migrations + b.migrations, 1U);
  EXPECT_EQ(machine.take_told(), CpuSet());
}

TEST_F(Pairs, TakeTheirTurnsWithoutTheClock) {
  Entity& a = machine.runs_on(0);
  Entity& b = machine.parked_on(1);
  come_together(a, b);
  CpuScheduler& cpu = machine[cpu_of(a)];
  cpu.take_wakes();
  cpu.wake(b);
  cpu.timer_at(now);  // which nobody need arm from here on
  cpu.reschedule(Leave::kParked, now);
  ASSERT_EQ(&cpu.current(), &b);
  Entity* waiting = &a;
  std::uint32_t turns = 0;
  do {
    Entity& self = cpu.current();
    cpu.take_wakes();
    ASSERT_EQ(cpu.wake_quickly(*waiting, WakeKind::kOrdinary), CpuScheduler::QuickWake::kDone);
    waiting = &self;
    ++turns;
  } while (cpu.leave_quickly(Leave::kParked) != nullptr);
  EXPECT_EQ(turns, TurnPace::kQuickTurns);
}

TEST_F(Pairs, AThirdOneGoesToACpuThatHasNothing) {
  Entity& a = machine.runs_on(0);
  Entity& b = machine.parked_on(1);
  come_together(a, b);
  const std::uint32_t cpu = cpu_of(a);
  Entity& c = machine.make_thread();
  machine.wake(cpu, b);
  machine.start(cpu, c);
  EXPECT_EQ(cpu_of(b), cpu);
  EXPECT_NE(cpu_of(c), cpu);
}

TEST_F(Pairs, PartAtTheTimerIfOneComputesOn) {
  Entity& a = machine.runs_on(0);
  Entity& b = machine.parked_on(1);
  come_together(a, b);
  const std::uint32_t cpu = cpu_of(a);
  machine.wake(cpu, b);
  ASSERT_EQ(cpu_of(b), cpu);
  const Time due = machine[cpu].timer_at(now);
  EXPECT_LE(due, now + 1ms);
  machine[cpu].note_timer_interrupt();
  EXPECT_EQ(&machine.pass(cpu, due), &a);
  EXPECT_NE(cpu_of(b), cpu);
  let_idle_ones_look();
  EXPECT_EQ(&machine[cpu_of(b)].current(), &b);
}

TEST_F(Pairs, DoNotPartForATimersInterrupt) {
  Entity& a = machine.runs_on(0);
  Entity& b = machine.parked_on(1);
  come_together(a, b);
  const std::uint32_t cpu = cpu_of(a);
  machine.wake(cpu, b);
  machine[cpu].note_timer_interrupt();
  EXPECT_EQ(&machine.pass(cpu, now + kBrief), &a);
  EXPECT_EQ(cpu_of(b), cpu);
  EXPECT_FALSE(machine[cpu].is_loaded()) << "nobody shall ask";
}

TEST_F(Pairs, PartIfAMoreUrgentThreadTakesTheirCpu) {
  Entity& a = machine.runs_on(0);
  Entity& b = machine.parked_on(1);
  come_together(a, b);
  const std::uint32_t cpu = cpu_of(a);
  Entity& urgent = machine.make_thread(cpu_set({cpu}));
  set_parameters(urgent, {.policy = PolicyKind::kFifo, .priority = Priority{5}});
  machine.start(cpu, urgent);
  machine.take_told();
  EXPECT_EQ(&machine.pass(cpu, now + kBrief), &urgent);
  EXPECT_TRUE(machine.take_told().contains(CpuId{cpu})) << "it looks for the other one once more";
  EXPECT_EQ(&machine.pass(cpu, now + kBrief), &urgent);
  machine.wake(cpu, b);
  let_idle_ones_look();
  EXPECT_NE(cpu_of(a), cpu);
  EXPECT_NE(cpu_of(b), cpu);
}

TEST_F(Pairs, PartIfOneYieldsInsteadOfWaiting) {
  Entity& a = machine.runs_on(0);
  Entity& b = machine.parked_on(1);
  come_together(a, b);
  const std::uint32_t cpu = cpu_of(a);
  machine.wake(cpu, b);
  EXPECT_EQ(&machine.leave(cpu, Leave::kYielded, now + kBrief), &a);
  EXPECT_NE(cpu_of(b), cpu);
}

TEST_F(Pairs, AreForeseenByWhoWouldWatchInstead) {
  Entity& a = machine.runs_on(0);
  machine.runs_on(1);
  EXPECT_FALSE(machine[0].would_follow_to(kCpu1));
  for (int i = 0; i < kManyTurns; ++i) {
    for (std::uint32_t cpu = 0; cpu < 2; ++cpu) {
      machine[cpu].note_wait(now + kBrief, now + 1us);
    }
    now += 1us;
  }
  EXPECT_TRUE(machine[0].would_follow_to(kCpu1));
  EXPECT_FALSE(machine[0].would_follow_to(kCpu2)) << "whose turns are not brief";
  machine.ready_on(0);
  EXPECT_FALSE(machine[0].would_follow_to(kCpu1)) << "somebody else needs this CPU";
  EXPECT_EQ(&machine[0].current(), &a);
}

}  // namespace
}  // namespace tb::sched
