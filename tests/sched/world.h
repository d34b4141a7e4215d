// A few CPUs and threads for scenarios: makes the literals of a test speak.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <initializer_list>
#include <memory>
#include <ostream>
#include <vector>

#include "sched/cpu_scheduler.h"

namespace tb {

// NOLINTNEXTLINE: GoogleTest looks for this name.
inline void PrintTo(CpuId cpu, std::ostream* out) { *out << "CPU " << index_of(cpu); }
// NOLINTNEXTLINE: GoogleTest looks for this name.
inline void PrintTo(Time time, std::ostream* out) {
  *out << time.time_since_epoch().count() << "ns";
}

}  // namespace tb

namespace tb::sched {

using namespace std::chrono_literals;

// NOLINTNEXTLINE: GoogleTest looks for this name.
inline void PrintTo(ThreadState state, std::ostream* out) { *out << name_of(state); }

// The time so long after the start of the world.
constexpr Time at(Duration since_start) { return Time(since_start); }

inline constexpr Duration kQuantum = 10ms;
inline constexpr CpuId kCpu0{0};
inline constexpr CpuId kCpu1{1};
inline constexpr CpuId kCpu2{2};

inline CpuSet cpu_set(std::initializer_list<std::uint32_t> numbers) {
  CpuSet set;
  for (const std::uint32_t number : numbers) {
    set.insert(CpuId{number});
  }
  return set;
}

struct World {
  // By the simplest order, and strictly by priority, unless a test is about another.
  explicit World(std::uint32_t count, Duration quantum = kQuantum,
                 FairAlgorithm algorithm = FairAlgorithm::kRoundRobin, Share share = kWholeCpu)
      : World(count, Config{.fair = {.algorithm = algorithm, .quantum = quantum},
                            .real_time_share = share}) {}

  World(std::uint32_t count, const Config& config) : idle(count), peers(count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      cpus.push_back(std::make_unique<CpuScheduler>(CpuId{i}, machine, idle[i], config));
      peers[i] = cpus.back().get();
    }
    machine.cpus = peers;
    machine.all = CpuSet::first(count);
  }

  CpuScheduler& operator[](std::size_t index) { return *cpus[index]; }

  // As the runtime makes it; by default it may run everywhere.
  Entity& make_thread(const CpuSet& allowed = CpuSet::everywhere()) {
    Entity& thread = threads.emplace_back();
    prepare(thread, allowed);
    return thread;
  }

  void prepare(Entity& thread, const CpuSet& allowed) {
    thread.details = &details.emplace_back();
    cpus[0]->set_affinity(thread, allowed);
  }

  // On its stack, as it were.
  Sleeper& make_sleeper() { return sleepers.emplace_back(); }

  Machine machine;
  std::deque<Entity> idle;
  std::deque<Entity> threads;
  std::deque<EntityDetails> details;
  std::deque<Sleeper> sleepers;
  std::vector<CpuScheduler*> peers;
  std::vector<std::unique_ptr<CpuScheduler>> cpus;
};

// A few CPUs of which CPU 0 has threads; most scenarios need no more.
struct Scenario : testing::Test {
  // A new thread on CPU 0's run queue.
  Entity& ready_thread() {
    Entity& thread = world.make_thread();
    EXPECT_EQ(cpu.start(thread, kCpu0), std::nullopt);
    return thread;
  }

  // The thread that CPU 0 was idle for.
  Entity& running_thread(Time now = at(0ms)) {
    Entity& thread = ready_thread();
    EXPECT_EQ(cpu.reschedule(Leave::kPreempted, now).next, &thread);
    return thread;
  }

  // A thread of CPU 0 that ran, parked and left its stack; the CPU is idle again.
  Entity& parked_thread() {
    Entity& thread = running_thread();
    EXPECT_EQ(cpu.reschedule(Leave::kParked, at(0ms)).next, &world.idle[0]);
    EXPECT_EQ(thread.state.get(), ThreadState::kParked);
    cpu.stop_watching();  // it sleeps
    return thread;
  }

  // Lets all of CPU 0's threads run, each until it parks; returns their order.
  std::vector<Entity*> order_of_parking(Time now = at(0ms)) {
    std::vector<Entity*> order;
    if (cpu.is_idle()) {
      cpu.reschedule(Leave::kPreempted, now);
    }
    while (!cpu.is_idle()) {
      Entity& thread = cpu.current();
      order.push_back(&thread);
      // As a thread does when it is back, or the wake would end its next park too.
      cpu.take_wakes();
      cpu.reschedule(Leave::kParked, now);
    }
    return order;
  }

  World world{3};
  CpuScheduler& cpu = world[0];
  CpuScheduler& other = world[1];
  Entity& idle = world.idle[0];
};

using Order = std::vector<Entity*>;

}  // namespace tb::sched
