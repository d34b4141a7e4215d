// A machine of a few CPUs that does random things through the schedulers' public functions only,
// as the runtime's loop would, and checks after every step where each thread is. Anybody may want
// any thread on any CPU at any time.
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
  std::size_t moved() const { return moved_; }

 private:
  // What a decision has left to do: threads to hand over first, then what the thread that left the
  // CPU has to do on the other side of the switch.
  struct LeftSide {
    Entity* movers = nullptr;
    SimThread* thread = nullptr;
    Leave reason{};

    bool is_done() const { return movers == nullptr && thread == nullptr; }
  };

  void act(std::size_t i) {
    CpuScheduler& cpu = world_[i];
    if (!sides_[i].is_done()) {
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
      self.pinned = false;
    }
    if (winding_down_ && world_[i].is_wanted_elsewhere(self)) {
      return leave(i, Leave::kYielded);
    }
    switch (winding_down_ ? 10 : random_() % 11) {
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
          self.pinned = random_() % 2 == 0;
          leave(i, Leave::kParked);
        }
        return;
      case 6:
        return wake(i, any_thread(), false);
      case 7:
        return wake(i, any_thread(), true);
      case 8:
      case 9:
        any_thread().wanted_home = random_() % 4 == 0 ? kNoCpu : any_cpu();
        return;
      default:
        EXPECT_TRUE(!winding_down_ || self.wanted_home == kNoCpu || self.wanted_home == self.home);
        return leave(i, Leave::kExited);
    }
  }

  SimThread& any_thread() { return threads_[random_() % threads_.size()]; }
  CpuId any_cpu() { return CpuId{static_cast<std::uint32_t>(random_() % sides_.size())}; }

  void spawn(std::size_t i) {
    if (threads_.size() < kMaxThreads) {
      ++spawned_;
      tell(world_[i].start(threads_.emplace_back(), any_cpu()));
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
    EXPECT_FALSE(cpu.is_wanted_elsewhere(*decision.next)) << "it runs where it is not wanted";
    EXPECT_GE(decision.preempt_at, now_);
    EXPECT_TRUE(decision.preempt_at == kNever ||
                decision.preempt_at <= after(now_, CpuScheduler::kChargeInterval));
    const bool has_movers = cpu.has_movers();
    const Movers movers = cpu.take_movers();
    EXPECT_EQ(has_movers, movers.leaving || movers.ready != nullptr);
    EXPECT_FALSE(cpu.has_movers()) << "they were taken";
    sides_[i].movers = movers.ready;
    if (movers.leaving) {
      reason = Leave::kMoved;
    }
    if (reason == Leave::kParked || reason == Leave::kExited || reason == Leave::kMoved) {
      EXPECT_NE(decision.next, &self);
      sides_[i].thread = &self;
      sides_[i].reason = reason;
    }
  }

  void complete(std::size_t i) {
    LeftSide& side = sides_[i];
    if (side.movers != nullptr) {
      return hand_over(i, *std::exchange(side.movers, side.movers->inbox_link));
    }
    SimThread& thread = *std::exchange(side.thread, nullptr);
    if (side.reason == Leave::kParked) {
      world_[i].complete_park(thread);
    } else if (side.reason == Leave::kExited) {
      world_[i].complete_exit(thread);
    } else {
      hand_over(i, thread);
    }
  }

  void hand_over(std::size_t i, Entity& thread) {
    tell(world_[i].hand_over(thread));
    ++moved_;
    EXPECT_TRUE(thread.wanted_home == kNoCpu || thread.home == thread.wanted_home);
  }

  void tell(std::optional<CpuId> cpu) {
    if (cpu) {
      EXPECT_FALSE(told_[index_of(*cpu)]) << "told twice about one batch";
      told_[index_of(*cpu)] = true;
    }
  }

  static bool is_leaving(ThreadState state) {
    return state == ThreadState::kParking || state == ThreadState::kMoving ||
           state == ThreadState::kExiting;
  }

  bool all_dead() const {
    return std::ranges::all_of(
        threads_, [](const SimThread& each) { return each.state.get() == ThreadState::kDead; });
  }

  std::ptrdiff_t parted(const LeftSide& side, const SimThread& thread) const {
    std::ptrdiff_t count = 0;
    for (const Entity* each = side.movers; each != nullptr; each = each->inbox_link) {
      count += each == &thread ? 1 : 0;
    }
    return count;
  }

  // Everybody is in exactly one place, and it is the one that his state names.
  void check() {
    for (SimThread& thread : threads_) {
      const ThreadState state = thread.state.get();
      std::ptrdiff_t running = 0;
      std::ptrdiff_t leaving = 0;
      std::ptrdiff_t ready = thread.run_queue_hook.linked ? 1 : 0;
      for (std::size_t i = 0; i < sides_.size(); ++i) {
        running += &world_[i].current() == &thread ? 1 : 0;
        leaving += sides_[i].thread == &thread ? 1 : 0;
        ready += parted(sides_[i], thread);
        EXPECT_TRUE(&world_[i].current() != &thread || thread.home == CpuId(i)) << "not at home";
      }
      EXPECT_EQ(running, state == ThreadState::kRunning ? 1 : 0);
      EXPECT_EQ(ready, state == ThreadState::kReady ? 1 : 0);
      EXPECT_EQ(leaving, is_leaving(state) ? 1 : 0);
      EXPECT_FALSE(state == ThreadState::kParked && thread.unseen_wake) << "a wake was lost";
      if (thread.run_queue_hook.linked || state == ThreadState::kWaking) {
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
  std::size_t moved_ = 0;
  bool winding_down_ = false;
};

}  // namespace tb::sched
