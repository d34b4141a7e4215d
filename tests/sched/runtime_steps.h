// What the runtime does with the scheduler's decisions, for scenarios of several CPUs: switches,
// sees to the errands, and takes down who was told and answered.
#pragma once

#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "tests/sched/world.h"

namespace tb::sched {

struct Machinery : World {
  using World::World;

  // The current thread of that CPU leaves; returns who runs afterwards, all errands done.
  Entity& leave(std::uint32_t i, Leave reason, Time now = at(0ms)) {
    CpuScheduler& cpu = *cpus[i];
    told.erase(cpu.id());
    const Decision decision = cpu.reschedule(reason, now);
    see_to_errands(i);
    return *decision.next;
  }

  // As an interrupt has it.
  Entity& pass(std::uint32_t i, Time now = at(0ms)) { return leave(i, Leave::kPreempted, now); }

  void start(std::uint32_t i, Entity& thread, std::optional<CpuId> where = std::nullopt) {
    act_on(i, cpus[i]->start(thread, where));
  }

  void wake(std::uint32_t i, Entity& thread) { act_on(i, cpus[i]->wake(thread)); }

  // The sleepers of that CPU that are due.
  void wake_sleepers(std::uint32_t i, Time now) {
    while (Entity* const sleeper = cpus[i]->take_due_sleeper(now)) {
      wake(i, *sleeper);
    }
  }

  // A thread that runs on that CPU, which has had nothing to run.
  Entity& runs_on(std::uint32_t i, const CpuSet& allowed = CpuSet::everywhere()) {
    Entity& thread = make_thread(allowed);
    start(i, thread, CpuId{i});
    EXPECT_EQ(&pass(i), &thread);
    return thread;
  }

  // A thread in that CPU's run queue.
  Entity& ready_on(std::uint32_t i, const CpuSet& allowed = CpuSet::everywhere()) {
    Entity& thread = make_thread(allowed);
    start(i, thread, CpuId{i});
    EXPECT_EQ(thread.state.get(), ThreadState::kReady);
    return thread;
  }

  // A thread that has run on that CPU, which has nothing to run any more.
  Entity& parked_on(std::uint32_t i, const CpuSet& allowed = CpuSet::everywhere()) {
    Entity& thread = runs_on(i, allowed);
    leave(i, Leave::kParked);
    EXPECT_EQ(thread.state.get(), ThreadState::kParked);
    return thread;
  }

  // The same, with a timer.
  Entity& asleep_on(std::uint32_t i, Time deadline, const CpuSet& allowed = CpuSet::everywhere()) {
    Entity& thread = runs_on(i, allowed);
    cpus[i]->wake_current_at(make_sleeper(), deadline);
    leave(i, Leave::kParked);
    EXPECT_EQ(thread.state.get(), ThreadState::kParked);
    return thread;
  }

  // That CPU offers itself and sleeps; returns whom it has asked for work.
  CpuSet sleeps(std::uint32_t i) {
    EXPECT_TRUE(cpus[i]->is_idle());
    EXPECT_FALSE(cpus[i]->has_work());
    CpuSet asked;
    cpus[i]->begin_idle();
    while (const auto cpu = cpus[i]->next_to_ask()) {
      asked.insert(*cpu);
    }
    cpus[i]->stop_watching();
    return asked;
  }

  // It was told, and finds what there is; returns who runs.
  Entity& wakes_up(std::uint32_t i, Time now = at(0ms)) { return leave(i, Leave::kYielded, now); }

  // That thread asks; `requester` gets the answer.
  Request& request(std::uint32_t i, Entity& target, RequestKind kind, const CpuSet& cpus_asked,
                   Entity& requester) {
    Request& made = requests.emplace_back(nullptr, kind, target.generation, &requester, cpus_asked);
    target.requests.push(made);
    act_on(i, cpus[i]->tell_of_requests(target));
    return made;
  }

  void act_on(std::uint32_t i, std::optional<CpuId> tell) {
    if (tell) {
      told.insert(*tell);
    }
    see_to_errands(i);
  }

  CpuSet take_told() { return std::exchange(told, {}); }

  CpuSet told;                    // and have not gone through the scheduler since
  std::vector<Request*> answers;  // in their order
  std::vector<Entity*> misses;    // whose handlers were told, likewise
  std::deque<Request> requests;

 private:
  void see_to_errands(std::uint32_t i) {
    while (Entity* const missed = cpus[i]->take_missed()) {
      misses.push_back(missed);
    }
    if (Entity* const exited = cpus[i]->take_exited()) {
      cpus[i]->complete_exit(*exited);
    }
    while (cpus[i]->has_errands()) {
      const Errands errands = cpus[i]->take_errands();
      if (errands.moved != nullptr) {
        cpus[i]->complete_move(*errands.moved);
      }
      for (std::uint32_t cpu = 0; cpu < cpus.size(); ++cpu) {
        if (errands.tell.contains(CpuId{cpu})) {
          told.insert(CpuId{cpu});
        }
      }
      for (Request* each = errands.answered; each != nullptr;) {
        Request& request = *std::exchange(each, each->next);
        EXPECT_FALSE(request.answered.exchange(true)) << "a request is answered once";
        answers.push_back(&request);
        act_on(i, cpus[i]->wake(*request.requester));
      }
    }
  }
};

}  // namespace tb::sched
