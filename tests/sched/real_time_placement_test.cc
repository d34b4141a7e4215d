// Fifo and RoundRobin threads across CPUs, and the part of its time that a CPU gives them.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/sched/timeline.h"

namespace tb::sched {
namespace {

SchedulingParameters fifo(int priority) {
  return {.policy = PolicyKind::kFifo, .priority = Priority{static_cast<std::uint8_t>(priority)}};
}

struct Urgent : testing::Test {
  Entity& made(const SchedulingParameters& parameters,
               const CpuSet& allowed = CpuSet::everywhere()) {
    Entity& thread = machine.make_thread(allowed);
    set_parameters(thread, parameters);
    return thread;
  }
  // On that CPU, which runs it if nobody there goes before it.
  Entity& runs(std::uint32_t cpu, const SchedulingParameters& parameters) {
    Entity& thread = made(parameters);
    machine.start(cpu, thread, CpuId{cpu});
    machine.pass(cpu);
    return thread;
  }
  void settle() {
    for (int round = 0; round < 100 && !machine.told.empty(); ++round) {
      machine.pass(index_of(machine.told.first_from(kCpu0)));
    }
    EXPECT_TRUE(machine.told.empty()) << "the CPUs keep telling each other";
  }

  static std::string described(const std::vector<Entity*>& threads) {
    std::string text;
    for (const Entity* each : threads) {
      text += "; " + std::to_string(static_cast<int>(each->urgency)) + " " +
              name_of(each->state.get()) + " on CPU " + std::to_string(index_of(each->home.load()));
    }
    return text;
  }

  Machinery machine{3};
};

TEST_F(Urgent, AWokenOneGoesToTheCpuThatRunsTheLeastUrgentThread) {
  runs(0, fifo(50));
  runs(1, fifo(40));
  Entity& least = runs(2, fifo(30));
  machine.take_told();
  Entity& woken = made(fifo(45));
  machine.start(0, woken);
  EXPECT_EQ(machine.take_told(), cpu_set({2}));
  EXPECT_EQ(&machine.pass(2), &woken);
  EXPECT_EQ(least.state.get(), ThreadState::kReady);
}

TEST_F(Urgent, AWokenOneStaysWhereItGoesBeforeNobody) {
  for (const std::uint32_t cpu : {0U, 1U, 2U}) {
    runs(cpu, fifo(50));
  }
  machine.take_told();
  Entity& woken = made(fifo(45));
  machine.start(0, woken);
  EXPECT_TRUE(machine.take_told().empty());
  EXPECT_EQ(woken.home.load(), kCpu0);
}

TEST_F(Urgent, WhoIsPreemptedGoesOnWhereSomethingLessUrgentRuns) {
  Entity& first = runs(0, fifo(50));
  Entity& other = runs(1, fifo(40));
  runs(2, {});
  machine.take_told();
  Entity& pinned = made(fifo(60), cpu_set({0}));
  machine.start(0, pinned, kCpu0);
  settle();
  EXPECT_EQ(&machine[0].current(), &pinned);
  EXPECT_EQ(&machine[1].current(), &other);
  EXPECT_EQ(&machine[2].current(), &first);
}

TEST_F(Urgent, OneThatWaitsIsFetchedByACpuThatWouldRunSomethingLessUrgent) {
  runs(0, fifo(50));
  runs(1, fifo(50));
  runs(2, fifo(50));
  Entity& waits = made(fifo(40));
  machine.start(0, waits, kCpu0);
  settle();
  EXPECT_EQ(waits.state.get(), ThreadState::kReady);
  Entity& normal = made({}, cpu_set({2}));
  machine.start(2, normal, kCpu2);
  machine.pass(2);
  EXPECT_EQ(&machine.leave(2, Leave::kParked), &normal);
  EXPECT_TRUE(machine.told.contains(kCpu0)) << "it asks where somebody waits";
  settle();
  EXPECT_EQ(&machine[2].current(), &waits);
}

TEST_F(Urgent, OneThatBecomesLessUrgentMakesRoom) {
  Entity& changes = runs(0, fifo(50));
  runs(1, fifo(60));
  runs(2, fifo(60));
  Entity& waits = made(fifo(40));
  machine.start(1, waits, kCpu1);
  settle();
  Request& request = machine.request(1, changes, RequestKind::kSetParameters, {}, waits);
  request.parameters = fifo(30);
  settle();
  EXPECT_EQ(&machine[0].current(), &waits);
}

// With N CPUs the N most urgent ones run, whatever happens: at random, when all have settled.
TEST_F(Urgent, TheMostUrgentOnesRun) {
  std::mt19937 random(7);
  std::vector<Entity*> threads;
  for (int i = 0; i < 9; ++i) {
    Entity& thread = made(fifo(1 + static_cast<int>(random() % 99)));
    machine.start(static_cast<std::uint32_t>(random() % 3), thread);
    threads.push_back(&thread);
    settle();
  }
  for (int step = 0; step < 20'000; ++step) {
    const auto cpu = static_cast<std::uint32_t>(random() % 3);
    Entity& thread = *threads[random() % threads.size()];
    switch (random() % 4) {
      case 0:
        if (!machine[cpu].is_idle()) {
          machine[cpu].take_wakes();
          machine.leave(cpu, Leave::kParked);
        }
        break;
      case 1:
        machine.wake(cpu, thread);
        break;
      case 2:
        machine.leave(cpu, Leave::kYielded);
        break;
      default: {
        Request& request =
            machine.request(cpu, thread, RequestKind::kSetParameters, {}, machine.idle[cpu]);
        request.parameters = fifo(1 + static_cast<int>(random() % 99));
      }
    }
    for (std::uint32_t each = 0; each < 3; ++each) {
      if (machine[each].is_idle() && machine[each].has_work()) {
        machine.told.insert(CpuId{each});
      }
    }
    settle();
    std::multiset<Urgency> running;
    std::multiset<Urgency> ready;
    for (const Entity* each : threads) {
      if (each->state.get() == ThreadState::kRunning) {
        running.insert(each->urgency);
      } else if (each->state.get() == ThreadState::kReady) {
        ready.insert(each->urgency);
      }
    }
    ASSERT_EQ(running.size(), std::min<std::size_t>(3, running.size() + ready.size()));
    if (!ready.empty()) {
      ASSERT_LE(*running.rbegin(), *ready.begin()) << "step " << step << described(threads);
    }
  }
}

struct ShareOfTime : testing::Test {
  // How much of a second the second of two threads has had, beside an endless Fifo thread.
  static Duration beside_a_runaway(Share share, const SchedulingParameters& other) {
    Timeline timeline(1, share);
    timeline.add({.parameters = fifo(99), .jobs = {{at(0ms), 1h}}});
    timeline.add({.parameters = other, .jobs = {{at(0ms), 1h}}});
    timeline.run(at(1s));
    Duration had{};
    for (const Ran& ran : timeline.trace()) {
      had += ran.thread == 1 ? ran.time : Duration::zero();
    }
    return had;
  }
};

TEST_F(ShareOfTime, IsLeftToOthersByARunawayThread) {
  EXPECT_EQ(beside_a_runaway(Config{}.real_time_share, {}), 50ms);
  EXPECT_EQ(beside_a_runaway(Share{500'000}, {}), 500ms);
  EXPECT_EQ(beside_a_runaway(Config{}.real_time_share, {.policy = PolicyKind::kIdle, .nice = 19}),
            50ms);
}

TEST_F(ShareOfTime, CanBeTheWhole) { EXPECT_EQ(beside_a_runaway(kWholeCpu, {}), 0ms); }

TEST_F(ShareOfTime, IsNotTakenFromWhoIsAlone) {
  Timeline timeline(1, Config{}.real_time_share);
  timeline.add({.parameters = fifo(1), .jobs = {{at(0ms), 1h}}});
  timeline.run(at(1s));
  EXPECT_EQ(timeline.trace(), (std::vector<Ran>{{0, 1s}}));
}

TEST_F(ShareOfTime, OfDeadlineThreadsIsWhatWasAdmitted) {
  Timeline timeline(1, Config{}.real_time_share);
  timeline.add({.parameters = {.policy = PolicyKind::kDeadline, .task = {95ms, 100ms, 100ms}},
                .jobs = {{at(0ms), 1h}}});
  timeline.add({.parameters = fifo(99), .jobs = {{at(0ms), 1h}}});
  timeline.add({.parameters = {}, .jobs = {{at(0ms), 1h}}});
  timeline.run(at(1s));
  std::vector<Duration> had(3);
  for (const Ran& ran : timeline.trace()) {
    had[static_cast<std::size_t>(ran.thread)] += ran.time;
  }
  EXPECT_EQ(had[0], 950ms);
  EXPECT_EQ(had[2], 50ms) << "the Fifo thread comes after those who have had nothing";
}

// Nothing else would have it look at the clock, and others give it no real-time threads till then.
TEST_F(ShareOfTime, BeginsAnewThoughNobodyWaits) {
  Machinery machine(1, Config{});
  const auto runs = [&](const SchedulingParameters& parameters) -> Entity& {
    Entity& thread = machine.make_thread();
    set_parameters(thread, parameters);
    machine.start(0, thread, kCpu0);
    return thread;
  };
  Entity& urgent = runs(fifo(50));
  Entity& normal = runs({});
  EXPECT_EQ(&machine.pass(0), &urgent);
  EXPECT_EQ(&machine.pass(0, at(95ms)), &normal);
  EXPECT_EQ(&machine.leave(0, Leave::kParked, at(96ms)), &urgent);
  EXPECT_EQ(&machine.leave(0, Leave::kParked, at(97ms)), &machine.idle[0]);
  EXPECT_EQ(machine[0].timer_at(at(97ms)), at(100ms));
  machine.wakes_up(0, at(100ms));
  EXPECT_EQ(machine[0].timer_at(at(100ms)), kNever);
}

// Those who have had their share there are not sent back and forth.
TEST_F(ShareOfTime, IsThatOfEachCpu) {
  Timeline timeline(2, Config{}.real_time_share);
  for (int i = 0; i < 3; ++i) {
    timeline.add({.parameters = fifo(50), .jobs = {{at(0ms), 1h}}});
  }
  for (int i = 0; i < 2; ++i) {
    timeline.add({.parameters = {}, .jobs = {{at(0ms), 1h}}});
  }
  timeline.run(at(1s));
  for (const std::uint32_t cpu : {0U, 1U}) {
    Duration had{};
    for (const Ran& ran : timeline.trace(cpu)) {
      had += ran.thread >= 3 ? ran.time : Duration::zero();
    }
    EXPECT_NEAR(double(had.count()), double(Duration(50ms).count()), 5e6);
  }
}

}  // namespace
}  // namespace tb::sched
