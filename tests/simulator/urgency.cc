// Scenarios of policies: how soon a real-time thread runs beside others that compute, and threads
// that change how they are scheduled while they do all else.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

#include "arch/sim/simulator.h"
#include "base/atomic.h"
#include "runtime/console.h"
#include "runtime/preemption.h"
#include "runtime/thread.h"
#include "tests/scenarios/crowd.h"
#include "tests/simulator/scenario_list.h"

namespace tb::simulator {
namespace {

using namespace std::chrono_literals;
using test::Crowd;
using test::Random;
using test::Suite;

constexpr SchedulingParameters fifo(std::uint32_t priority) {
  return {.policy = SchedulingPolicy::kFifo,
          .priority = Priority{static_cast<std::uint8_t>(priority)}};
}

// Wakes that thread at any moment of the others' slices, and waits until it has run.
void wake_again_and_again(std::size_t wakes, const ThreadId& urgent, Atomic<Time::rep>& woken_at,
                          const Atomic<std::size_t>& seen) {
  Random random(wishes().seed);
  for (std::size_t i = 0; i < wakes; ++i) {
    test::spend(Duration(random.below(30'000)));
    {
      // Nobody else comes between the two.
      const PreemptionGuard guard;
      woken_at.store(tb::now().time_since_epoch().count());
      static_cast<void>(wake(urgent));
    }
    while (seen.load() <= i) {
      test::spend(100ns);
    }
  }
}

void expect_soon(Suite& suite, std::vector<Duration::rep> late) {
  // An interrupt on its way, its handler and the decision; a slice is 10 ms.
  constexpr Duration kLongest = 20us;
  std::ranges::sort(late);
  const auto at = [&late](std::size_t permille) { return late[late.size() * permille / 1'000]; };
  println("{} wakes of a Fifo 99 thread: late by {} ns (median), {} (99 %), {} (longest)",
          late.size(), at(500), at(990), late.back());
  suite.check(wishes().has_delays || late.back() <= (kLongest * arch::sim::slowness()).count(),
              "it runs within an interrupt's time");
}

Duration random_period(Random& random) {
  return std::chrono::microseconds(100 + random.below(2'000));
}

SchedulingParameters random_parameters(Random& random) {
  switch (random.below(7)) {
    case 0:
      return fifo(1 + random.below(99));
    case 1:
      return {.policy = SchedulingPolicy::kRoundRobin,
              .priority = Priority{static_cast<std::uint8_t>(1 + random.below(99))}};
    case 2:
      return {.policy = SchedulingPolicy::kBatch};
    case 3:
      return {.policy = SchedulingPolicy::kIdle, .nice = 19};
    case 4:
    case 5: {
      const Duration period = random_period(random);
      return {.policy = SchedulingPolicy::kDeadline, .task = {period / 10, period / 2, period}};
    }
    default:
      return {.nice = static_cast<std::int8_t>(int(random.below(40)) - 20)};
  }
}

// One step of a thread's life; `others` may have ended.
void change_something(Random& random, const std::vector<ThreadId>& others) {
  const ThreadId other = others[random.below(static_cast<std::uint32_t>(others.size()))];
  switch (random.below(7)) {
    case 0:
      static_cast<void>(set_scheduling(this_thread::id(), random_parameters(random)));
      return;
    case 1:
      static_cast<void>(set_scheduling(other, random_parameters(random)));
      return;
    case 2: {
      CpuSet cpus = CpuSet::only(CpuId{random.below(cpu_count())});
      cpus.insert(CpuId{random.below(cpu_count())});
      static_cast<void>(set_affinity(random.below(2) == 0 ? other : this_thread::id(), cpus));
      return;
    }
    case 3:
      this_thread::sleep_for(std::chrono::microseconds(random.below(300)));
      return;
    case 4:
      static_cast<void>(wake(other));
      return;
    case 5:
      this_thread::yield();
      return;
    default:
      test::spend(std::chrono::microseconds(random.below(100)));
  }
}

}  // namespace

// On the last CPU, which two Normal threads keep busy.
void urgent_wakes(Suite& suite) {
  const std::size_t wakes = std::size_t{20} * wishes().threads;
  const CpuSet there = CpuSet::only(CpuId{cpu_count() - 1});
  Atomic<bool> ends{false};
  Atomic<Time::rep> woken_at{0};
  Atomic<std::size_t> seen{0};
  std::vector<Duration::rep> late;
  late.reserve(wakes);
  Crowd crowd(suite);
  for (int i = 0; i < 2; ++i) {
    crowd.spawn(
        [&ends] {
          while (!ends.load()) {
            test::spend(5us);
          }
        },
        {.affinity = there});
  }
  const ThreadId urgent = crowd.spawn(
      [&] {
        while (late.size() < wakes) {
          this_thread::park();
          if (const Time::rep began = woken_at.exchange(0); began != 0) {
            late.push_back(tb::now().time_since_epoch().count() - began);
            seen.store(late.size());
          }
        }
      },
      {.affinity = there, .scheduling = fifo(99)});
  wake_again_and_again(wakes, urgent, woken_at, seen);
  ends.store(true);
  crowd.join();
  expect_soon(suite, late);
}

// All classes at once, changed by themselves and by others, on all CPUs.
void mixed_classes(Suite& suite) {
  constexpr int kSteps = 60;
  std::vector<ThreadId> ids;
  Atomic<bool> begins{false};
  const std::uint32_t threads = std::min(wishes().threads, 40U);
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < threads; ++i) {
    ids.push_back(crowd.spawn([&, i] {
      while (!begins.load()) {
        this_thread::sleep_for(20us);
      }
      Random random(wishes().seed + i);
      for (int step = 0; step < kSteps; ++step) {
        change_something(random, ids);
      }
    }));
  }
  begins.store(true);
}

}  // namespace tb::simulator
