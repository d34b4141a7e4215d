// A few CPUs and threads in the middle of what they do, and what must hold at any time: each thread
// is in one place, somebody looks at each inbox, and nobody sleeps on work.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

#include "tests/sched/world.h"

namespace tb::sched {

struct SimThread : Entity {
  bool unseen_wake = false;  // a wake came and the thread has not looked yet
  int unseen_wakes = 0;      // several may be seen as one
  bool has_parked = false;   // and looks at its wakes when it is back
  Request* asks = nullptr;   // waits for the answer
  // Of a ready one, or one in an inbox: until when its CPU may keep it from idle ones.
  Time may_wait_until{};
  bool woken_by_interrupt = false;  // the last time
  ThreadState state_before = ThreadState::kNew;
};

class CheckedWorld {
 protected:
  explicit CheckedWorld(std::uint32_t cpus) : world_(cpus), sides_(cpus) {}

  // Where a CPU stands in the runtime's code.
  enum class At { kThread, kAsking, kPolling, kAsleep };

  struct Side {
    At at = At::kThread;
    bool has_left = false;  // and has still to see to what came up, on the other side of the switch
    bool told = false;      // an interrupt is pending
    Time armed_for = kNever;  // the timer
    bool on_offer = false;    // on the idle set
    bool looked = false;      // has asked all whom it wants to ask
    CpuSet asked;             // since its announcement
  };

  CpuScheduler& cpu(std::uint32_t i) { return world_[i]; }

  bool somebody_has_arrivals() const {
    return std::ranges::any_of(world_.cpus, [](const auto& one) { return one->has_arrivals(); });
  }

  void check() {
    for (SimThread& thread : threads_) {
      check_place_of(thread);
      note_how_it_became_ready(thread);
    }
    for (std::uint32_t i = 0; i < sides_.size(); ++i) {
      EXPECT_FALSE(world_.idle[i].run_queue_hook.linked);
      check_that_somebody_looks_at(i);
      check_that_it_does_not_sleep_on_work(i);
    }
  }

  World world_;
  std::deque<SimThread> threads_;
  std::vector<Side> sides_;
  Time now_ = at(0ms);

 private:
  // Everybody is in exactly one place, and it is the one that his state names.
  void check_place_of(const SimThread& thread) {
    const ThreadState state = thread.state.get();
    const auto home = index_of(thread.home.load());
    std::ptrdiff_t running = 0;
    std::ptrdiff_t leaving = 0;
    for (std::uint32_t i = 0; i < sides_.size(); ++i) {
      const bool runs = &cpu(i).current() == &thread;
      running += runs ? 1 : 0;
      leaving += sides_[i].has_left && is_leaving(state) && home == i ? 1 : 0;
      EXPECT_TRUE(!runs || home == i) << "not at home";
      const bool owns = thread.state.is_owned_by(CpuId{i});
      EXPECT_TRUE(!owns || home == i) << "not its owner";
    }
    const bool is_here = state == ThreadState::kRunning || state == ThreadState::kReady ||
                         state == ThreadState::kParked;
    EXPECT_EQ(thread.state.is_owned_by(thread.home.load()), is_here);
    EXPECT_EQ(running, state == ThreadState::kRunning ? 1 : 0);
    EXPECT_EQ(leaving, is_leaving(state) ? 1 : 0);
    EXPECT_EQ(thread.run_queue_hook.linked, state == ThreadState::kReady);
    EXPECT_TRUE(state != ThreadState::kParked || !thread.unseen_wake || somebody_has_arrivals())
        << "a wake was lost";
    EXPECT_TRUE(state != ThreadState::kParked || !thread.wakes.any());
    EXPECT_TRUE(state != ThreadState::kWaking || cpu(home).has_arrivals()) << "where is it?";
    // Of one that moves, or ends, the CPU that it leaves may be outside.
    EXPECT_TRUE(state == ThreadState::kMoving || state == ThreadState::kExiting ||
                state == ThreadState::kDead ||
                world_[0].affinity_of(thread).contains(thread.home.load()))
        << "it may not be there: " << name_of(state);
    EXPECT_TRUE(!thread.has_timer() || thread.sleeper->timer_hook.linked);
    EXPECT_EQ(thread.movable, world_[0].affinity_of(thread).size() > 1);
    EXPECT_TRUE(thread.requests.empty() || state == ThreadState::kDead ||
                thread.posts.is_linked() || state == ThreadState::kWaking)
        << "nobody looks at its requests";
  }

  static bool is_leaving(ThreadState state) {
    return state == ThreadState::kMoving || state == ThreadState::kExiting;
  }

  // Between its decision and the other side of the switch a CPU tells nobody.
  bool somebody_has_still_to_tell() {
    for (std::uint32_t i = 0; i < sides_.size(); ++i) {
      if (sides_[i].has_left && cpu(i).has_errands()) {
        return true;
      }
    }
    return false;
  }

  // Of the inbox, the ready threads and the sleepers of a CPU.
  void check_that_somebody_looks_at(std::uint32_t i) {
    Side& side = sides_[i];
    const bool was_on_offer = std::exchange(side.on_offer, world_.machine.idle.contains(CpuId{i}));
    EXPECT_TRUE(!was_on_offer || side.on_offer || side.at == At::kThread || cpu(i).has_arrivals())
        << "CPU " << i << " was claimed for nothing";
    const bool goes_on =
        side.told || (cpu(i).is_idle() && side.at != At::kAsleep) || somebody_has_still_to_tell();
    const bool has_timer =
        side.armed_for <= after(now_, CpuScheduler::kChargeInterval) || side.armed_for <= now_;
    EXPECT_TRUE(goes_on || has_timer || side.has_left || !cpu(i).has_work())
        << "CPU " << i << " does not look at its inbox or run queue";
    Time earliest = kNever;
    for (const SimThread& thread : threads_) {
      if (thread.has_timer() && thread.home.load() == CpuId{i} &&
          thread.state.get() == ThreadState::kParked) {
        earliest = std::min(earliest, thread.sleeper->wake_at);
      }
    }
    EXPECT_TRUE(goes_on || side.has_left || side.armed_for <= earliest)
        << "CPU " << i << " oversleeps";
  }

  // Whom its own CPU makes ready, or an interrupt wakes, is shared with those that are idle already
  // by the CPU's next pass, and all others at once.
  void note_how_it_became_ready(SimThread& thread) {
    const ThreadState before = std::exchange(thread.state_before, thread.state.get());
    if (thread.state_before == before) {
      return;
    }
    const bool has_time = before == ThreadState::kRunning || before == ThreadState::kNew ||
                          (before == ThreadState::kParked && thread.woken_by_interrupt);
    thread.may_wait_until = has_time ? after(now_, CpuScheduler::kChargeInterval) : now_;
  }

  // A CPU on offer that has looked around, while another keeps a thread that could run there and
  // neither of the two will look before the other's slice is over.
  void check_that_it_does_not_sleep_on_work(std::uint32_t i) {
    const Side& side = sides_[i];
    if (!side.looked || side.told || side.at == At::kThread || side.at == At::kAsking ||
        cpu(i).has_arrivals() || !world_.machine.idle.contains(CpuId{i})) {
      return;
    }
    for (const SimThread& thread : threads_) {
      const auto home = index_of(thread.home.load());
      const ThreadState state = thread.state.get();
      if ((state == ThreadState::kReady || state == ThreadState::kWaking) && thread.movable &&
          world_[0].affinity_of(thread).contains(CpuId{i})) {
        const Side& its = sides_[home];
        EXPECT_TRUE(its.told || its.has_left || cpu(home).is_idle() ||
                    somebody_has_still_to_tell() ||
                    its.armed_for <= std::max(now_, thread.may_wait_until))
            << "CPU " << i << " sleeps on work of CPU " << home;
      }
    }
  }
};

}  // namespace tb::sched
