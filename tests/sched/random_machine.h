// A machine of a few CPUs that does random things through the schedulers' public functions only,
// as the runtime's loop would, and checks after every step where each thread is and that nobody
// sleeps on work. Each step is one function or one step of the idle loop of one CPU, so others come
// in between anywhere else. An interrupt is taken where the runtime would take it, or later.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <random>
#include <utility>

#include "tests/sched/checked_world.h"

namespace tb::sched {

class RandomMachine : CheckedWorld {
 public:
  static constexpr std::size_t kMaxThreads = 14;

  RandomMachine(std::uint32_t cpus, unsigned seed) : CheckedWorld(cpus), random_(seed) {}

  void step() {
    now_ = after(now_, Duration(random_() % (random_() % 4 == 0 ? 1'000'000 : 5'000)));
    act(static_cast<std::uint32_t>(random_() % sides_.size()));
    check();
    bury();
  }

  // Lets all threads come back, get their answers and exit.
  void finish() {
    winding_down_ = true;
    for (int round = 0; round < 20'000 && !threads_.empty(); ++round) {
      now_ = after(now_, 100us);
      for (std::uint32_t i = 0; i < sides_.size(); ++i) {
        act(i);
        check();
      }
      wake_somebody();
      bury();
    }
    EXPECT_TRUE(threads_.empty()) << "a thread was lost";
    EXPECT_EQ(counts_.answered, counts_.asked) << "every request is answered";
  }

  // What all have been charged; equal to the time passed on all CPUs.
  Duration charged() {
    Duration sum = dead_time_;
    for (std::size_t i = 0; i < sides_.size(); ++i) {
      world_[i].charge(now_);
      sum += world_.idle[i].cpu_time;
    }
    return sum;
  }
  Duration passed() const { return now_.time_since_epoch() * sides_.size(); }

  // How much has happened.
  struct Counts {
    std::size_t spawned = 0;
    std::size_t moved = 0;
    std::size_t asked = 0;  // requests
    std::size_t answered = 0;
    std::size_t not_found = 0;
    std::size_t slept = 0;  // times a CPU slept
    std::size_t timed_out = 0;
    std::size_t given_away = 0;
    std::size_t quick = 0;  // turns without the clock
  };
  Counts counts() const {
    Counts all = counts_;
    for (std::size_t i = 0; i < sides_.size(); ++i) {
      all.given_away += world_.cpus[i]->counters().given_away;
    }
    return all;
  }

 private:
  void act(std::uint32_t i) {
    Side& side = sides_[i];
    if (side.has_left) {
      // Nothing else can happen on this CPU before, but anything may have happened on others.
      complete(i);
    } else if (cpu(i).is_idle()) {
      act_as_idle(i);
    } else if ((side.told || side.armed_for <= now_) && random_() % 2 == 0) {
      pass(i);
    } else {
      act_as_thread(i, static_cast<SimThread&>(cpu(i).current()));
    }
  }

  void fire_timer_if_due(std::uint32_t i) {
    Side& side = sides_[i];
    if (side.armed_for <= now_) {
      side.armed_for = kNever;
      cpu(i).note_timer_interrupt();
      side.told = true;
    }
  }

  void pass(std::uint32_t i) {
    fire_timer_if_due(i);
    wake_sleepers(i);
    leave(i, Leave::kPreempted);
  }

  bool must_go_on(std::uint32_t i) { return cpu(i).has_work() || sides_[i].told; }

  // As runtime/idle.cc, a step at a time.
  void act_as_idle(std::uint32_t i) {
    Side& side = sides_[i];
    fire_timer_if_due(i);
    if (random_() % 8 == 0 && !winding_down_ && !threads_.empty()) {
      // A device interrupts.
      return wake_from_interrupt(i, any_thread());
    }
    switch (side.at) {
      case At::kThread:
        if (threads_.empty() && !winding_down_) {
          spawn(i);
        }
        wake_sleepers(i);
        leave(i, Leave::kYielded);
        if (cpu(i).is_idle() && !side.has_left && !must_go_on(i)) {
          cpu(i).begin_idle();
          side.at = At::kAsking;
          side.looked = false;
          side.asked = {};
        }
        return;
      case At::kAsking:
        if (const auto asked = cpu(i).next_to_ask()) {
          side.asked.insert(*asked);
          return tell(*asked);
        }
        side.looked = true;
        side.at = At::kPolling;
        return;
      case At::kPolling:
        if (must_go_on(i)) {
          side.at = At::kThread;
        } else if (random_() % 3 == 0) {
          arm(i, cpu(i).must_look_again_at(now_));
          cpu(i).stop_watching();
          side.at = At::kAsleep;
          ++counts_.slept;
        }
        return;
      case At::kAsleep:
        // An interrupt, or the look before the sleep, or no reason at all.
        if (must_go_on(i) || random_() % 64 == 0) {
          side.at = At::kThread;
        }
        return;
    }
  }

  void act_as_thread(std::uint32_t i, SimThread& self) {
    if (std::exchange(self.has_parked, false)) {
      consume(i, self);
    }
    if (self.asks != nullptr) {
      return wait_for_answer(i, self);
    }
    switch (winding_down_ ? 99 : random_() % 14) {
      case 0:
      case 1:
        return spawn(i);
      case 2:
        return leave(i, Leave::kYielded);
      case 3:
        return pass(i);
      case 4:
      case 5:
      case 6:
        return park(i, self);
      case 7:
      case 8:
        return wake(i, any_thread());
      case 9:
        return wake_from_interrupt(i, any_thread());
      case 10:
      case 11:
        return ask(i, self, any_thread());
      case 12:
        return ask(i, self, self);
      default:
        return leave(i, Leave::kExited);
    }
  }

  void park(std::uint32_t i, SimThread& self) {
    if (consume(i, self)) {
      return;
    }
    if (random_() % 3 == 0) {
      cpu(i).wake_current_at(world_.make_sleeper(), after(now_, Duration(random_() % 1'000'000)));
    }
    self.has_parked = true;
    leave(i, Leave::kParked);
  }

  void ask(std::uint32_t i, SimThread& self, SimThread& target) {
    CpuSet allowed;
    while (allowed.empty() || random_() % 2 == 0) {
      allowed.insert(any_cpu());
    }
    const bool stale = random_() % 8 == 0;
    Request& request = requests_.emplace_back(
        nullptr, random_() % 4 == 0 ? RequestKind::kGetAffinity : RequestKind::kSetAffinity,
        target.generation + (stale ? 1 : 0), &self,
        random_() % 8 == 0 ? CpuSet::everywhere() : allowed);
    target.requests.push(request);
    ++counts_.asked;
    self.asks = &request;
    act_on(i, cpu(i).tell_of_requests(target));
  }

  void wait_for_answer(std::uint32_t i, SimThread& self) {
    if (!self.asks->answered.load()) {
      if (!consume(i, self)) {
        self.has_parked = true;
        leave(i, Leave::kParked);
      }
      return;
    }
    counts_.not_found += self.asks->result == RequestResult::kThreadNotFound ? 1 : 0;
    self.asks = nullptr;
  }

  SimThread& any_thread() { return threads_[random_() % threads_.size()]; }
  CpuId any_cpu() { return CpuId{static_cast<std::uint32_t>(random_() % sides_.size())}; }

  void spawn(std::uint32_t i) {
    if (threads_.size() >= kMaxThreads || cpu(i).is_idle() != threads_.empty()) {
      return;
    }
    SimThread& thread = threads_.emplace_back();
    CpuSet allowed = CpuSet::everywhere();
    if (random_() % 3 == 0) {
      allowed = CpuSet::only(any_cpu());
      allowed.insert(any_cpu());
    }
    world_.prepare(thread, allowed);
    ++counts_.spawned;
    const CpuId first = any_cpu();
    const bool by_wish = random_() % 3 == 0 && world_[0].affinity_of(thread).contains(first);
    act_on(i, cpu(i).start(thread, by_wish ? std::optional(first) : std::nullopt));
  }

  void wake(std::uint32_t i, SimThread& thread) {
    if (thread.state.get() != ThreadState::kDead) {
      thread.unseen_wake = true;
      ++thread.unseen_wakes;
      thread.woken_by_interrupt = false;
      using Quick = CpuScheduler::QuickWake;
      const Quick quick =
          random_() % 4 == 0 ? Quick::kNot : cpu(i).wake_quickly(thread, WakeKind::kOrdinary);
      if (quick == Quick::kNot) {
        act_on(i, cpu(i).wake(thread));
      } else if (quick == Quick::kPreempts) {
        act_on(i, CpuId{i});
      }
    }
  }

  void wake_from_interrupt(std::uint32_t i, SimThread& thread) {
    if (thread.state.get() != ThreadState::kDead) {
      thread.unseen_wake = true;
      ++thread.unseen_wakes;
      thread.woken_by_interrupt = true;
      if (const auto told = cpu(i).wake_from_interrupt(thread)) {
        tell(*told);
      }
    }
  }

  void wake_sleepers(std::uint32_t i) {
    while (Entity* const sleeper = cpu(i).take_due_sleeper(now_)) {
      ++counts_.timed_out;
      wake(i, static_cast<SimThread&>(*sleeper));
    }
  }

  void wake_somebody() {
    for (SimThread& thread : threads_) {
      if (thread.state.get() == ThreadState::kParked) {
        const CpuId by = any_cpu();
        if (sides_[index_of(by)].at == At::kThread && !sides_[index_of(by)].has_left) {
          wake(index_of(by), thread);
        }
      }
    }
  }

  bool consume(std::uint32_t i, SimThread& thread) {
    EXPECT_EQ(&cpu(i).current(), &thread);
    // In some inbox there may be a note, which is found later; if another wake was seen before, for
    // no reason.
    const bool hides_one = somebody_has_arrivals();
    const bool sees_one = cpu(i).take_wakes();
    EXPECT_TRUE(sees_one || !thread.unseen_wake || hides_one);
    if (sees_one) {
      EXPECT_GT(thread.unseen_wakes--, 0) << "a wake is seen once";
      thread.unseen_wake = false;
    }
    return sees_one;
  }

  void leave(std::uint32_t i, Leave reason) {
    Side& side = sides_[i];
    Entity& self = cpu(i).current();
    EXPECT_TRUE(cpu(i).is_idle() || !world_.machine.idle.contains(CpuId{i})) << "it is on offer";
    const bool may_be_quick = reason == Leave::kYielded || reason == Leave::kParked;
    if (may_be_quick && !cpu(i).is_idle() && !self.has_timer() && random_() % 4 != 0) {
      if (const Entity* const next = cpu(i).leave_quickly(reason)) {
        EXPECT_NE(next, &self);
        EXPECT_EQ(next, &cpu(i).current());
        EXPECT_FALSE(cpu(i).has_errands());
        ++counts_.quick;
        return;
      }
    }
    side.told = false;
    const Decision decision = cpu(i).reschedule(reason, now_);
    EXPECT_EQ(decision.next, &cpu(i).current());
    EXPECT_GE(decision.timer_at, std::min(now_, side.armed_for));
    arm(i, decision.timer_at);
    side.has_left = decision.next != &self;
    if (!side.has_left) {
      see_to_errands(i);
    }
  }

  void arm(std::uint32_t i, Time wanted) {
    sides_[i].armed_for = std::min(sides_[i].armed_for, wanted);
  }

  void act_on(std::uint32_t i, std::optional<CpuId> told) {
    if (told) {
      tell(*told);
    }
    if (cpu(i).lacks_timer()) {
      arm(i, cpu(i).timer_at(now_));
    }
    see_to_errands(i);
  }

  void see_to_errands(std::uint32_t i) {
    if (Entity* const exited = cpu(i).take_exited()) {
      cpu(i).complete_exit(*exited);
    }
    while (cpu(i).has_errands()) {
      const Errands errands = cpu(i).take_errands();
      if (errands.moved != nullptr) {
        cpu(i).complete_move(*errands.moved);
        ++counts_.moved;
      }
      for (std::uint32_t each = 0; each < sides_.size(); ++each) {
        if (errands.tell.contains(CpuId{each})) {
          tell(CpuId{each});
        }
      }
      for (Request* next = errands.answered; next != nullptr;) {
        Request& request = *std::exchange(next, next->next);
        EXPECT_FALSE(request.answered.exchange(true)) << "answered twice";
        ++counts_.answered;
        wake(i, static_cast<SimThread&>(*request.requester));
      }
    }
  }

  void complete(std::uint32_t i) {
    sides_[i].has_left = false;
    see_to_errands(i);
  }

  void tell(CpuId told) { sides_[index_of(told)].told = true; }

  // The dead whose record nobody's inbox knows any more, oldest first.
  void bury() {
    while (!threads_.empty() && threads_.front().state.get() == ThreadState::kDead &&
           !threads_.front().posts.is_linked() && !somebody_has_arrivals()) {
      dead_time_ += threads_.front().cpu_time;
      threads_.pop_front();
    }
    while (!requests_.empty() && requests_.front().answered.load() && !is_read(requests_.front())) {
      requests_.pop_front();
    }
  }

  bool is_read(const Request& request) const {
    return std::ranges::any_of(threads_,
                               [&](const SimThread& each) { return each.asks == &request; });
  }

  std::deque<Request> requests_;
  std::mt19937 random_;
  Duration dead_time_{};  // of threads whose record is gone
  Counts counts_;
  bool winding_down_ = false;
};

}  // namespace tb::sched
