// One CPU whose timer comes exactly when the scheduler asked for it: nobody waits longer than the
// turns of all others.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <vector>

#include "tests/sched/world.h"

namespace tb::sched {
namespace {

struct Waiter : Entity {
  Time ready_since{};
};

class OneCpu {
 public:
  OneCpu(std::size_t threads, unsigned seed) : random_(seed), threads_(threads) {
    for (Waiter& thread : threads_) {
      world_.prepare(thread, CpuSet::everywhere());
      cpu_.start(thread, kCpu0);
    }
    leave(Leave::kPreempted);
  }

  // Something happens, or the timer comes before.
  void step() {
    const Time event = after(now_, Duration(random_() % 15'000'000));
    const Time timer = cpu_.timer_at(now_);
    now_ = std::min(event, timer);
    if (timer <= event || random_() % 4 == 0) {
      leave(Leave::kPreempted);
    } else if (random_() % 4 == 0) {
      leave(Leave::kYielded);
    } else if (random_() % 2 == 0) {
      leave(Leave::kParked);
    } else {
      wake(threads_[random_() % threads_.size()]);
    }
    while (cpu_.is_idle()) {
      wake(threads_[random_() % threads_.size()]);
      leave(Leave::kYielded);
    }
  }

  Duration longest_wait() const { return longest_; }

 private:
  void leave(Leave reason) {
    // The idle thread is no Waiter.
    Waiter* const left = cpu_.is_idle() ? nullptr : static_cast<Waiter*>(&cpu_.current());
    Entity* const before = &cpu_.current();
    Entity* const next = cpu_.reschedule(reason, now_).next;
    if (next == before) {
      return;
    }
    if (left != nullptr) {
      left->ready_since = now_;
    }
    if (!cpu_.is_idle()) {
      longest_ = std::max(longest_, now_ - static_cast<Waiter*>(next)->ready_since);
      next->wakes.take();
    }
  }

  void wake(Waiter& thread) {
    if (thread.state.get() == ThreadState::kParked) {
      thread.ready_since = now_;
    }
    cpu_.wake(thread);
  }

  std::mt19937 random_;
  World world_{1};
  CpuScheduler& cpu_ = world_[0];
  std::deque<Waiter> threads_;
  Time now_ = at(0ms);
  Duration longest_{};
};

TEST(WaitingTime, IsAtMostTheQuantaOfAllOthers) {
  for (std::size_t threads = 1; threads <= 9; ++threads) {
    OneCpu machine(threads, static_cast<unsigned>(threads));
    for (int step = 0; step < 20'000; ++step) {
      machine.step();
    }
    EXPECT_LE(machine.longest_wait(), kQuantum * (threads - 1)) << threads << " threads";
    if (threads > 1) {
      EXPECT_GT(machine.longest_wait(), kQuantum / 2) << "the scenario shows nothing";
    }
  }
}

// Threads that never leave by themselves get turns of exactly one quantum.
TEST(WaitingTime, IsExactlyTheQuantaOfAllOthersWhenNobodyGivesWay) {
  World world(1);
  constexpr std::size_t kThreads = 4;
  std::vector<Entity*> threads;
  for (std::size_t count = 0; count < kThreads; ++count) {
    threads.push_back(&world.make_thread());
    world[0].start(*threads.back(), kCpu0);
  }
  Time now = at(0ms);
  Decision decision = world[0].reschedule(Leave::kPreempted, now);
  for (std::size_t turn = 0; turn < 10 * kThreads; ++turn) {
    Entity* const runs = decision.next;
    EXPECT_EQ(runs, threads[turn % kThreads]);
    const Time begin = now;
    while (decision.next == runs) {
      now = decision.timer_at;
      decision = world[0].reschedule(Leave::kPreempted, now);
    }
    EXPECT_EQ(now - begin, kQuantum);
  }
  for (const Entity* thread : threads) {
    EXPECT_EQ(thread->cpu_time, 10 * kQuantum);
  }
}

}  // namespace
}  // namespace tb::sched
