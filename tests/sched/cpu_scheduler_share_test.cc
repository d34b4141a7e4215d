// A CPU with more than it can run gives to those that have nothing: what, to whom, how much, and
// how the two find each other.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/sched/runtime_steps.h"

namespace tb::sched {
namespace {

struct Machines : testing::Test {
  std::vector<Entity*> ready_on_cpu0(int count) {
    std::vector<Entity*> threads;
    for (int i = 0; i < count; ++i) {
      threads.push_back(&machine.ready_on(0));
    }
    return threads;
  }

  std::vector<Entity*> queue_of(std::uint32_t i) {
    std::vector<Entity*> order;
    while (!machine[i].is_idle()) {
      order.push_back(&machine[i].current());
      machine.leave(i, Leave::kExited);
    }
    return order;
  }

  Machinery machine{12};
};

using Sharing = Machines;
using Asking = Machines;
using Loaded = Machines;

TEST_F(Sharing, GivesAReadyThreadToAnIdleCpuAndTellsIt) {
  Entity& running = machine.runs_on(0);
  Entity& ready = machine.ready_on(0);
  machine.sleeps(5);
  EXPECT_EQ(&machine.pass(0), &running);
  EXPECT_EQ(ready.home.load(), CpuId{5});
  EXPECT_EQ(ready.migrations, 1U);
  EXPECT_EQ(machine.take_told(), cpu_set({5}));
  EXPECT_EQ(machine[0].counters().given_away, 1U);
  EXPECT_EQ(machine[0].movable_threads(), 0U);
  EXPECT_EQ(&machine.wakes_up(5), &ready);
}

TEST_F(Sharing, NeverGivesTheCurrentThreadAway) {
  Entity& running = machine.runs_on(0);
  machine.sleeps(1);
  for (const Leave reason : {Leave::kPreempted, Leave::kYielded}) {
    EXPECT_EQ(&machine.leave(0, reason), &running);
  }
  EXPECT_EQ(running.home.load(), kCpu0);
}

TEST_F(Sharing, AYieldingThreadKeepsTheCpuWhenAllOthersGo) {
  Entity& running = machine.runs_on(0);
  Entity& ready = machine.ready_on(0);
  machine.sleeps(1);
  EXPECT_EQ(&machine.leave(0, Leave::kYielded), &running);
  EXPECT_EQ(ready.home.load(), kCpu1);
}

TEST_F(Sharing, KeepsTheFirstOneIfTheCurrentThreadLeaves) {
  for (const Leave reason : {Leave::kParked, Leave::kExited}) {
    Machinery fresh(4);
    fresh.runs_on(0);
    Entity& first = fresh.ready_on(0);
    Entity& second = fresh.ready_on(0);
    fresh.sleeps(1);
    EXPECT_EQ(&fresh.leave(0, reason), &first);
    EXPECT_EQ(second.home.load(), kCpu1);
  }
}

TEST_F(Sharing, GivesTheOnlyMovableOneAwayIfTheFirstIsNot) {
  for (const Leave reason : {Leave::kParked, Leave::kExited}) {
    Machinery fresh(4);
    fresh.runs_on(0);
    Entity& first = fresh.ready_on(0, cpu_set({0}));
    Entity& second = fresh.ready_on(0);
    fresh.sleeps(1);
    EXPECT_EQ(&fresh.leave(0, reason), &first);
    EXPECT_EQ(second.home.load(), kCpu1);
  }
}

TEST_F(Sharing, KeepsTheFirstOneIfItComesOutOfIdle) {
  Entity& first = machine.ready_on(0);
  Entity& second = machine.ready_on(0);
  machine.sleeps(1);
  EXPECT_EQ(&machine.leave(0, Leave::kYielded), &first);
  EXPECT_EQ(second.home.load(), kCpu1);
}

TEST_F(Sharing, KeepsTheFirstOneIfTheCurrentThreadMayStayNoMore) {
  Entity& running = machine.runs_on(0);
  Entity& ready = machine.ready_on(0);
  machine.request(2, running, RequestKind::kSetAffinity, cpu_set({3}), running);
  machine.sleeps(1);
  EXPECT_EQ(&machine.pass(0), &ready);
  EXPECT_EQ(running.home.load(), CpuId{3});
}

TEST_F(Sharing, GivesOneEachToAsManyAsAreIdle) {
  machine.runs_on(0);
  const auto ready = ready_on_cpu0(3);
  machine.sleeps(4);
  machine.sleeps(7);
  machine.sleeps(9);
  machine.pass(0);
  EXPECT_EQ(ready[0]->home.load(), CpuId{4});
  EXPECT_EQ(ready[1]->home.load(), CpuId{7});
  EXPECT_EQ(ready[2]->home.load(), CpuId{9});
  EXPECT_EQ(machine.take_told(), cpu_set({4, 7, 9}));
  EXPECT_FALSE(machine.machine.idle.any());
}

TEST_F(Sharing, GivesEachIdleCpuAsManyAsStay) {
  machine.runs_on(0);
  const auto ready = ready_on_cpu0(11);
  machine.sleeps(1);
  machine.sleeps(2);
  machine.pass(0);
  EXPECT_EQ(machine[0].movable_threads(), 3U) << "and the current one";
  EXPECT_EQ(machine.told, cpu_set({1, 2}));
  machine.wakes_up(1);
  machine.wakes_up(2);
  EXPECT_EQ(queue_of(1).size(), 4U);
  EXPECT_EQ(queue_of(2).size(), 4U);
  EXPECT_EQ(machine[0].counters().given_away, 8U);
}

// All of one go in n equal parts, whatever the numbers.
TEST_F(Sharing, IsEvenForAnyNumbers) {
  for (std::uint32_t takers = 1; takers <= 8; ++takers) {
    for (std::uint32_t threads = 1; threads <= 30; ++threads) {
      Machinery fresh(12);
      fresh.runs_on(0);
      std::vector<Entity*> ready;
      for (std::uint32_t count = 0; count < threads; ++count) {
        ready.push_back(&fresh.ready_on(0));
      }
      for (std::uint32_t i = 1; i <= takers; ++i) {
        fresh.sleeps(i);
      }
      fresh.pass(0);
      std::vector<std::uint32_t> parts(takers + 1);
      for (const Entity* each : ready) {
        ++parts[index_of(each->home.load())];
      }
      ++parts[0];
      const auto [least, most] = std::ranges::minmax(parts);
      EXPECT_LE(most - least, 1U) << threads << " threads to " << takers;
    }
  }
}

TEST_F(Sharing, KeepsTheOrderOfThoseThatStayAndOfThoseThatGo) {
  Entity& running = machine.runs_on(0);
  const auto ready = ready_on_cpu0(5);
  machine.sleeps(1);
  machine.pass(0);
  machine.wakes_up(1);
  EXPECT_EQ(queue_of(1), (Order{ready[0], ready[1], ready[2]}));
  EXPECT_EQ(queue_of(0), (Order{&running, ready[3], ready[4]}));
}

TEST_F(Sharing, KeepsTheOrderAroundThoseThatMayNotGo) {
  Entity& running = machine.runs_on(0);
  Entity& a = machine.ready_on(0, cpu_set({0}));
  Entity& b = machine.ready_on(0);
  Entity& c = machine.ready_on(0, cpu_set({0, 2}));
  Entity& d = machine.ready_on(0, cpu_set({0}));
  machine.sleeps(1);
  machine.pass(0);
  EXPECT_EQ(b.home.load(), kCpu1);
  EXPECT_EQ(machine[0].movable_threads(), 1U);
  EXPECT_EQ(queue_of(0), (Order{&running, &a, &c, &d}));
}

TEST_F(Sharing, LeavesTheSliceOfThoseThatStay) {
  Entity& running = machine.runs_on(0);
  Entity& stays = machine.ready_on(0, cpu_set({0, 2}));
  machine[0].charge(at(4ms));
  const Duration slice = stays.slice_left;
  machine.sleeps(1);
  EXPECT_EQ(&machine.pass(0, at(4ms)), &running);
  EXPECT_EQ(stays.slice_left, slice);
  EXPECT_EQ(running.slice_left, kQuantum - 4ms);
}

TEST_F(Sharing, ClaimsNobodyWhomItHasNothingFor) {
  machine.runs_on(0);
  machine.ready_on(0, cpu_set({0, 2}));
  machine.sleeps(1);
  machine.pass(0);
  EXPECT_TRUE(machine.machine.idle.contains(kCpu1));
  EXPECT_EQ(machine.take_told() & cpu_set({1}), CpuSet());
}

TEST_F(Sharing, OfManyThreadsTakesSeveralPassesButGoesOn) {
  machine.runs_on(0);
  for (int count = 0; count < 40; ++count) {
    machine.ready_on(0, cpu_set({0, 2}));
  }
  Entity& last = machine.ready_on(0);
  machine.sleeps(1);
  machine.pass(0);
  EXPECT_EQ(last.home.load(), kCpu0) << "a pass looks at the first ones only";
  for (int turn = 0; turn < 30 && last.home.load() == kCpu0; ++turn) {
    machine.leave(0, Leave::kYielded);
  }
  EXPECT_EQ(last.home.load(), kCpu1);
}

TEST_F(Sharing, WithVeryManyIdleCpusTakesSeveralPassesAndAsksForThem) {
  Machinery large(46);
  large.runs_on(0);
  std::vector<Entity*> ready;
  for (std::uint32_t i = 1; i <= 45; ++i) {
    ready.push_back(&large.ready_on(0));
    large.sleeps(i);
  }
  int passes = 0;
  for (large.told.insert(kCpu0); large.told.contains(kCpu0) && passes < 10; ++passes) {
    large.pass(0);
  }
  EXPECT_EQ(passes, 2);
  CpuSet homes;
  for (const Entity* each : ready) {
    homes.insert(each->home.load());
  }
  EXPECT_EQ(homes.size(), 45U) << "each has one";
  EXPECT_FALSE(homes.contains(kCpu0));
}

TEST_F(Asking, ASleeperAsksWhoIsLoaded) {
  machine.runs_on(3);
  machine.ready_on(3);
  machine.pass(3);
  machine.runs_on(4);
  EXPECT_EQ(machine.sleeps(0), cpu_set({3}));
  EXPECT_EQ(machine[0].counters().asked, 1U);
}

TEST_F(Asking, AMovableThreadBehindManyPinnedOnesIsGiven) {
  machine.runs_on(3, cpu_set({3}));
  for (int i = 0; i < 100; ++i) {
    machine.ready_on(3, cpu_set({3}));
  }
  const Entity& movable = machine.ready_on(3);
  machine.sleeps(1);
  machine.pass(3);
  EXPECT_EQ(movable.home.load(), kCpu1);
}

TEST_F(Asking, ASleeperAsksEachOnceAndBeginsWithAnotherTheNextTime) {
  for (std::uint32_t i = 1; i <= 7; ++i) {
    machine.runs_on(i);
    machine.ready_on(i);
    machine.pass(i);
  }
  machine[0].begin_idle();
  EXPECT_EQ(machine[0].next_to_ask(), CpuId{1});
  EXPECT_EQ(machine[0].next_to_ask(), CpuId{2});
  machine.wakes_up(0);
  machine[0].begin_idle();
  for (const std::uint32_t i : {3, 4, 5, 6, 7, 1, 2}) {
    EXPECT_EQ(machine[0].next_to_ask(), CpuId{i});
  }
  EXPECT_EQ(machine[0].next_to_ask(), std::nullopt);
}

TEST_F(Asking, ASleeperAsksWhoHasAThreadInItsInbox) {
  machine.runs_on(3);
  Entity& thread = machine.make_thread();
  machine.start(1, thread, CpuId{3});
  EXPECT_EQ(machine.sleeps(0), cpu_set({3}));
  machine.pass(3);
  EXPECT_EQ(thread.home.load(), kCpu0);
}

TEST_F(Asking, NobodyAsksItself) {
  Machinery one(1);
  EXPECT_EQ(one.sleeps(0), CpuSet());
}

TEST_F(Asking, WhoeverIsAskedGives) {
  Entity& running = machine.runs_on(3);
  Entity& ready = machine.ready_on(3);
  machine.pass(3);
  machine.sleeps(0);
  EXPECT_EQ(&machine.pass(3), &running);
  EXPECT_EQ(ready.home.load(), kCpu0);
}

TEST_F(Loaded, ACpuIsThatKeepsAnArrivalWhileItsThreadGoesOn) {
  Entity& running = machine.runs_on(0);
  machine.start(1, machine.make_thread(), kCpu0);
  EXPECT_EQ(&machine.pass(0), &running) << "its slice is not over";
  EXPECT_TRUE(machine[0].is_loaded());
  EXPECT_EQ(machine.sleeps(1), cpu_set({0}));
}

TEST_F(Loaded, ACpuIsWhoseReadyThreadBecomesMovable) {
  Entity& running = machine.runs_on(0);
  Entity& ready = machine.ready_on(0, cpu_set({0}));
  EXPECT_EQ(&machine.pass(0), &running);
  EXPECT_FALSE(machine[0].is_loaded());
  machine.request(1, ready, RequestKind::kSetAffinity, cpu_set({0, 1}), running);
  EXPECT_EQ(&machine.pass(0), &running);
  EXPECT_TRUE(machine[0].is_loaded());
}

TEST_F(Loaded, ACpuIsOnlyWithMovableReadyThreads) {
  machine.runs_on(0);
  machine.ready_on(0, cpu_set({0}));
  machine.pass(0);
  EXPECT_FALSE(machine[0].is_loaded());
  machine.ready_on(0);
  EXPECT_TRUE(machine[0].is_loaded());
}

TEST_F(Loaded, ACpuIsNoMoreOnceAPassFindsNoReadyThread) {
  machine.runs_on(0);
  machine.ready_on(0);
  machine.pass(0);
  EXPECT_TRUE(machine[0].is_loaded());
  machine.leave(0, Leave::kParked);
  machine.pass(0);
  EXPECT_FALSE(machine[0].is_loaded());
}

TEST_F(Loaded, ACpuIsNotAsItBecomesIdle) {
  machine.runs_on(0);
  machine.ready_on(0);
  machine.leave(0, Leave::kParked);
  machine.leave(0, Leave::kParked);
  EXPECT_EQ(machine.sleeps(1), cpu_set({0})) << "it has not noticed yet";
  machine.sleeps(0);
  EXPECT_FALSE(machine[0].is_loaded());
}

// Neither side may be blind: the CPU becomes loaded while somebody is idle already.
TEST_F(Loaded, NewlyACpuLooksAtOnceForIdleOnes) {
  Entity& running = machine.runs_on(0);
  machine.sleeps(1);
  machine.start(2, machine.make_thread(cpu_set({0})), kCpu0);
  machine.told = {};
  EXPECT_NE(&machine.pass(0, at(kQuantum)), &running) << "now that one is ready";
  EXPECT_EQ(machine.take_told(), cpu_set({0}));
  machine.pass(0, at(kQuantum));
  EXPECT_EQ(running.home.load(), kCpu1);
}

using EveningOut = Machines;

// The timer's interrupt and the pass that follows, as often as there are CPUs to compare with.
void compare_with_all(Machinery& machine) {
  for (std::size_t i = 0; i < machine.cpus.size(); ++i) {
    machine[0].note_timer_interrupt();
    machine.pass(0);
  }
}

void all_busy(Machinery& machine) {
  for (std::uint32_t i = 0; i < machine.cpus.size(); ++i) {
    machine.runs_on(i);
  }
}

TEST_F(EveningOut, SendsHalfOfTheDifferenceToABusyCpuThatHasFewer) {
  all_busy(machine);
  for (int i = 0; i < 6; ++i) {
    machine.ready_on(0);
  }
  compare_with_all(machine);
  EXPECT_EQ(machine[0].counters().evened_out, 3U + 1 + 1) << "of 7 and 1, of 4 and 1, of 3 and 1";
  EXPECT_TRUE(machine[1].has_arrivals());
}

TEST_F(EveningOut, LeavesADifferenceOfOneAlone) {
  all_busy(machine);
  machine.ready_on(0);
  compare_with_all(machine);
  EXPECT_EQ(machine[0].counters().evened_out, 0U);
}

TEST_F(EveningOut, SendsNobodyWhereHeMayNotRun) {
  all_busy(machine);
  for (int i = 0; i < 6; ++i) {
    machine.ready_on(0, cpu_set({0, 3}));
  }
  compare_with_all(machine);
  EXPECT_TRUE(machine[3].has_arrivals());
  EXPECT_FALSE(machine[1].has_arrivals());
  EXPECT_FALSE(machine[2].has_arrivals());
}

TEST_F(EveningOut, WaitsForTheIntervalThatWasChosen) {
  Machinery seldom(2, Config{.balance_interval = 20ms});
  all_busy(seldom);
  for (int i = 0; i < 6; ++i) {
    seldom.ready_on(0);
  }
  const auto evened_out_at = [&](Duration time) {
    seldom[0].note_timer_interrupt();
    seldom.pass(0, at(time));
    return seldom[0].counters().evened_out;
  };
  EXPECT_EQ(evened_out_at(19ms), 0U);
  EXPECT_EQ(evened_out_at(20ms), 3U) << "of 7 and 1";
  for (int i = 0; i < 4; ++i) {
    seldom.ready_on(0);
  }
  EXPECT_EQ(evened_out_at(40ms), 3U) << "compared with itself";
  EXPECT_EQ(evened_out_at(59ms), 3U);
  EXPECT_GT(evened_out_at(60ms), 3U);
}

using Unbalanced = Machines;

TEST_F(Unbalanced, ThreadsStayWhereTheyBegan) {
  Machinery apart(2, Config{.balancing = Balancing::kOff});
  apart.runs_on(0);
  for (int i = 0; i < 6; ++i) {
    apart.ready_on(0);
  }
  EXPECT_EQ(apart.sleeps(1), CpuSet()) << "nobody is asked for work";
  compare_with_all(apart);
  EXPECT_EQ(apart.take_told(), CpuSet());
  EXPECT_FALSE(apart[1].has_arrivals());
  Entity& other = apart.make_thread();
  EXPECT_EQ(apart[0].start(other, kCpu1), kCpu1) << "but where they shall begin they do";
  EXPECT_EQ(&apart.wakes_up(1), &other);
}

TEST_F(EveningOut, NeedsTheTimer) {
  all_busy(machine);
  for (int i = 0; i < 6; ++i) {
    machine.ready_on(0);
  }
  machine.pass(0);
  EXPECT_EQ(machine[0].counters().evened_out, 0U);
}

}  // namespace
}  // namespace tb::sched
