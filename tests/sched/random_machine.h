// A machine of a few CPUs that does random things through the schedulers' public functions only,
// as the runtime's loop would, and checks after every step where each thread is.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "tests/sched/world.h"

namespace tb::sched {

struct SimThread : Entity {
  bool unseen_wake = false;  // a wake came and the thread has not looked yet
  bool returns_from_park = false;
};

class RandomMachine {
 public:
  static constexpr std::size_t kMaxThreads = 12;

  RandomMachine(std::uint32_t cpus, unsigned seed)
      : world_(cpus), sides_(cpus), random_(seed), told_(cpus, false) {}

  void step() {
    now_ = after(now_, Duration(random_() % 2'000'000));
    act(random_() % sides_.size());
    check();
    while (!threads_.empty() && threads_.front().state.get() == ThreadState::kDead) {
      dead_time_ += threads_.front().cpu_time;
      threads_.pop_front();
    }
  }

  // Wakes and runs everything until nothing is left to do, then lets all threads exit.
  void finish() {
    winding_down_ = true;
    for (int round = 0; round < 2000 && !all_dead(); ++round) {
      for (std::size_t i = 0; i < sides_.size(); ++i) {
        now_ = after(now_, 100us);
        act(i);
        check();
      }
      for (SimThread& thread : threads_) {
        if (thread.state.get() == ThreadState::kParked) {
          wake(random_() % sides_.size(), thread, false);
        }
      }
    }
    EXPECT_TRUE(all_dead()) << "a thread was lost";
  }

  // What all have been charged; equal to the time passed on all CPUs.
  Duration charged() {
    Duration sum = dead_time_;
    for (std::size_t i = 0; i < sides_.size(); ++i) {
      world_[i].charge(now_);
      sum += world_.idle[i].cpu_time;
    }
    for (const SimThread& thread : threads_) {
      sum += thread.cpu_time;
    }
    return sum;
  }
  Duration passed() const { return now_.time_since_epoch() * sides_.size(); }
  std::size_t spawned() const { return spawned_; }

 private:
  // What the thread that left a CPU has still to do on the other side of the switch.
  struct LeftSide {
    SimThread* thread = nullptr;
    Leave reason{};
  };

  void act(std::size_t i) {
    CpuScheduler& cpu = world_[i];
    if (sides_[i].thread != nullptr) {
      // Nothing else can happen on this CPU before, but anything may have happened on others.
      complete(i);
    } else if (cpu.is_idle() && !winding_down_ && random_() % 4 == 0) {
      // A device interrupts.
      threads_.empty() ? spawn(i) : wake(i, any_thread(), true);
    } else if (cpu.is_idle()) {
      leave(i, Leave::kYielded);
    } else {
      act_as_thread(i, static_cast<SimThread&>(cpu.current()));
    }
  }

  void act_as_thread(std::size_t i, SimThread& self) {
    if (std::exchange(self.returns_from_park, false)) {
      EXPECT_TRUE(consume(self)) << "it was brought back without a wake";
    }
    switch (winding_down_ ? 8 : random_() % 9) {
      case 0:
      case 1:
        return spawn(i);
      case 2:
        return leave(i, Leave::kYielded);
      case 3:
        return leave(i, Leave::kPreempted);
      case 4:
      case 5:
        if (!consume(self)) {
          self.returns_from_park = true;
          leave(i, Leave::kParked);
        }
        return;
      case 6:
        return wake(i, any_thread(), false);
      case 7:
        return wake(i, any_thread(), true);
      default:
        return leave(i, Leave::kExited);
    }
  }

  SimThread& any_thread() { return threads_[random_() % threads_.size()]; }

  void spawn(std::size_t i) {
    if (threads_.size() < kMaxThreads) {
      ++spawned_;
      const CpuId where{static_cast<std::uint32_t>(random_() % sides_.size())};
      tell(world_[i].start(threads_.emplace_back(), where));
    }
  }

  void wake(std::size_t i, SimThread& thread, bool from_interrupt) {
    if (thread.state.get() != ThreadState::kDead) {
      thread.unseen_wake = true;
      tell(from_interrupt ? world_[i].wake_from_interrupt(thread) : world_[i].wake(thread));
    }
  }

  bool consume(SimThread& thread) {
    EXPECT_EQ(thread.unseen_wake, thread.park_word.consume());
    return std::exchange(thread.unseen_wake, false);
  }

  void leave(std::size_t i, Leave reason) {
    CpuScheduler& cpu = world_[i];
    auto& self = static_cast<SimThread&>(cpu.current());
    told_[i] = false;
    const Decision decision = cpu.reschedule(reason, now_);
    EXPECT_EQ(decision.next, &cpu.current());
    EXPECT_GE(decision.preempt_at, now_);
    EXPECT_TRUE(decision.preempt_at == kNever ||
                decision.preempt_at <= after(now_, CpuScheduler::kChargeInterval));
    if (reason == Leave::kParked || reason == Leave::kExited) {
      EXPECT_NE(decision.next, &self);
      sides_[i] = {&self, reason};
    }
  }

  void complete(std::size_t i) {
    const LeftSide side = std::exchange(sides_[i], {});
    if (side.reason == Leave::kParked) {
      world_[i].complete_park(*side.thread);
    } else {
      world_[i].complete_exit(*side.thread);
    }
  }

  void tell(std::optional<CpuId> cpu) {
    if (cpu) {
      EXPECT_FALSE(told_[index_of(*cpu)]) << "told twice about one batch";
      told_[index_of(*cpu)] = true;
    }
  }

  bool all_dead() const {
    return std::ranges::all_of(
        threads_, [](const SimThread& each) { return each.state.get() == ThreadState::kDead; });
  }

  // Everybody is in exactly one place, and it is the one that his state names.
  void check() {
    for (SimThread& thread : threads_) {
      const ThreadState state = thread.state.get();
      std::ptrdiff_t running = 0;
      std::ptrdiff_t leaving = 0;
      for (std::size_t i = 0; i < sides_.size(); ++i) {
        running += &world_[i].current() == &thread ? 1 : 0;
        leaving += sides_[i].thread == &thread ? 1 : 0;
        EXPECT_TRUE(&world_[i].current() != &thread || thread.home == CpuId(i)) << "not at home";
      }
      EXPECT_EQ(running, state == ThreadState::kRunning ? 1 : 0);
      EXPECT_EQ(thread.run_queue_hook.linked, state == ThreadState::kReady);
      EXPECT_EQ(leaving, state == ThreadState::kParking || state == ThreadState::kExiting ? 1 : 0);
      EXPECT_FALSE(state == ThreadState::kParked && thread.unseen_wake) << "a wake was lost";
      if (state == ThreadState::kReady || state == ThreadState::kWaking) {
        EXPECT_TRUE(world_[index_of(thread.home)].has_work()) << "nobody would look for it";
      }
    }
    for (std::size_t i = 0; i < sides_.size(); ++i) {
      EXPECT_FALSE(world_.idle[i].run_queue_hook.linked);
    }
    check_that_waiting_inboxes_were_announced();
  }

  void check_that_waiting_inboxes_were_announced() {
    for (const SimThread& thread : threads_) {
      EXPECT_TRUE(thread.state.get() != ThreadState::kWaking || told_[index_of(thread.home)])
          << "nobody told the owner of the inbox";
    }
  }

  World world_;
  std::deque<SimThread> threads_;
  std::vector<LeftSide> sides_;
  std::mt19937 random_;
  std::vector<bool> told_;
  Time now_ = at(0ms);
  Duration dead_time_{};  // of threads whose record is gone
  std::size_t spawned_ = 0;
  bool winding_down_ = false;
};

}  // namespace tb::sched
