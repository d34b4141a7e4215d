// The scenarios, each with what has to hold in the end.
#include "tests/scenarios/scenarios.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

#include "tests/scenarios/crowd.h"

namespace tb::test {
namespace {

using namespace std::chrono_literals;

// Where there are very many CPUs, some may find nothing left to do.
constexpr std::uint32_t kMany = 32;

void check_all_cpus_ran(Suite& suite, const CpusSeen& seen) {
  const std::uint32_t wanted = cpu_count() <= kMany ? cpu_count() : cpu_count() / 2;
  suite.check(seen.count() >= wanted, "the CPUs ran something");
}

// All are parked, then all are woken by one: nobody is left behind, and all CPUs help.
void wake_storm(Suite& suite) {
  constexpr std::uint32_t kRounds = 30;
  const std::uint32_t count = 4 * cpu_count();
  struct Storm {
    std::atomic<std::uint32_t> round = 0;
    std::atomic<Countdown*> countdown = nullptr;
    CpusSeen seen;
  };
  const auto storm = std::make_unique<Storm>();
  std::vector<std::uint32_t> rounds_of(count);
  Crowd crowd(suite);
  std::vector<ThreadId> ids;
  for (std::uint32_t i = 0; i < count; ++i) {
    ids.push_back(crowd.spawn([&storm = *storm, &rounds = rounds_of[i]] {
      while (rounds < kRounds) {
        while (storm.round == rounds) {
          this_thread::park();
        }
        ++rounds;
        storm.seen.note();
        spend(50us);
        storm.countdown.load()->count();
      }
    }));
  }
  for (std::uint32_t round = 1; round <= kRounds; ++round) {
    Countdown countdown(count);
    storm->countdown = &countdown;
    storm->round = round;
    for (const ThreadId id : ids) {
      suite.check(wake(id).has_value() || round == kRounds, "each can be woken");
    }
    countdown.wait();
  }
  crowd.join();
  for (const std::uint32_t rounds : rounds_of) {
    suite.equal(rounds, kRounds, "rounds of a thread");
  }
  check_all_cpus_ran(suite, storm->seen);
}

// Two threads on two CPUs wake each other in turn.
void ping_pong(Suite& suite) {
  constexpr int kRounds = 300;
  for (std::uint32_t i = 1; i < cpu_count(); ++i) {
    std::atomic<int> turn = 0;
    std::array<std::atomic<ThreadId>, 2> ids{};
    std::array<CpusSeen, 2> seen;
    const auto play = [&](int side) {
      for (int round = 0; round < kRounds; ++round) {
        while (turn.load() % 2 != side) {
          this_thread::park();
        }
        seen[static_cast<std::size_t>(side)].note();
        ++turn;
        static_cast<void>(wake(ids[static_cast<std::size_t>(1 - side)]));
      }
    };
    std::atomic<bool> begins = false;
    Crowd crowd(suite);
    for (int side = 0; side < 2; ++side) {
      ids[static_cast<std::size_t>(side)] = crowd.spawn(
          [&play, &begins, &suite, side] {
            suite.check(this_thread::name().empty(), "who is only restricted has no name");
            while (!begins) {
              this_thread::yield();
            }
            play(side);
          },
          {.affinity = CpuSet::only(CpuId{side == 0 ? 0 : i})});
    }
    begins = true;
    crowd.join();
    suite.equal(turn.load(), 2 * kRounds, "turns");
    suite.equal(seen[0].count() + seen[1].count(), 2U, "CPUs of the two");
  }
}

// Thousands of threads that do next to nothing; more, if some CPU has not been needed yet.
void short_threads(Suite& suite) {
  constexpr std::uint32_t kBatches = 60;
  constexpr std::uint32_t kMostBatches = 10 * kBatches;
  const std::uint32_t in_batch = 50 + 2 * cpu_count();
  std::atomic<std::uint32_t> ran = 0;
  const auto seen = std::make_unique<CpusSeen>();
  std::uint32_t batches = 0;
  while (batches < kBatches || (seen->count() < cpu_count() && batches < kMostBatches)) {
    ++batches;
    Crowd crowd(suite);
    for (std::uint32_t i = 0; i < in_batch; ++i) {
      crowd.spawn([&ran, &seen = *seen] {
        ++ran;
        seen.note();
        spend(100us);
      });
    }
  }
  suite.equal(ran.load(), batches * in_batch, "threads that ran");
  check_all_cpus_ran(suite, *seen);
}

// One thread tells all others where to run, again and again, whatever they are doing.
void affinity_churn(Suite& suite) {
  constexpr std::uint32_t kThreads = 8;
  constexpr int kRounds = 300;
  struct Member {
    // Which CPU it was told, once the call has returned; kNoCpu while it is being told.
    std::atomic<CpuId> told{kNoCpu};
  };
  std::array<Member, kThreads> members;
  std::array<ThreadId, kThreads> ids;
  std::atomic<bool> ends = false;
  std::atomic<int> broken = 0;
  const auto seen = std::make_unique<CpusSeen>();
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < kThreads; ++i) {
    ids[i] = crowd.spawn([&, &seen = *seen, i] {
      Random random(i + 1);
      while (!ends) {
        const CpuId before = members[i].told;
        const CpuId here = this_thread::cpu();
        if (before != kNoCpu && here != before && members[i].told == before) {
          ++broken;
        }
        seen.note();
        if (random.below(3) == 0) {
          this_thread::sleep_for(std::chrono::microseconds(random.below(30)));
        } else if (random.below(2) == 0) {
          this_thread::yield();
        } else {
          spend(std::chrono::microseconds(random.below(20)));
        }
      }
    });
  }
  Random random(99);
  for (int round = 0; round < kRounds; ++round) {
    const std::uint32_t i = random.below(kThreads);
    const CpuId cpu{random.below(cpu_count())};
    members[i].told = kNoCpu;
    suite.check(set_affinity(ids[i], CpuSet::only(cpu)).has_value(), "a thread is told");
    members[i].told = cpu;
    suite.check(affinity(ids[i]) == CpuSet::only(cpu), "it says what it was told");
  }
  ends = true;
  crowd.join();
  suite.equal(broken.load(), 0, "times a thread ran where it may not");
  suite.check(seen->count() >= std::min(cpu_count(), 3 * kThreads), "many CPUs ran something");
}

// A CPU is kept busy by a thread that never leaves it; those that wait behind it go elsewhere.
void steal(Suite& suite) {
  if (cpu_count() == 1) {
    return;
  }
  std::atomic<bool> ends = false;
  std::atomic<bool> runs = false;
  Crowd keeper(suite);
  keeper.spawn(
      [&] {
        runs = true;
        while (!ends) {
          spend(50us);
        }
      },
      {.affinity = CpuSet::only(CpuId{1})});
  while (!runs) {
    this_thread::yield();
  }
  const auto seen = std::make_unique<CpusSeen>();
  {
    Crowd crowd(suite);
    for (std::uint32_t i = 0; i < 4 * cpu_count(); ++i) {
      crowd.spawn(
          [&seen = *seen] {
            for (int step = 0; step < 20; ++step) {
              spend(50us);
              seen.note();
            }
          },
          {.cpu = CpuId{1}});
    }
  }
  ends = true;
  keeper.join();
  // Four threads for each CPU: where there are very many, some CPU may come too late.
  suite.check(seen->count() + 1 + cpu_count() / kMany >= cpu_count(),
              "the other CPUs have taken work");
}

// Everybody sleeps; one wake is enough to wake the one that is meant, on its CPU.
void one_wake(Suite& suite) {
  constexpr int kRounds = 10;
  for (std::uint32_t i = 0; i < cpu_count(); ++i) {
    std::atomic<int> asked = 0;
    std::atomic<int> answered = 0;
    CpusSeen seen;
    const ThreadId self = this_thread::id();
    Crowd crowd(suite);
    const ThreadId sleeper = crowd.spawn(
        [&] {
          while (answered < kRounds) {
            while (asked == answered) {
              this_thread::park();
            }
            seen.note();
            ++answered;
            static_cast<void>(wake(self));
          }
        },
        {.affinity = CpuSet::only(CpuId{i})});
    for (int round = 1; round <= kRounds; ++round) {
      this_thread::sleep_for(500us);
      asked = round;
      static_cast<void>(wake(sleeper));
      while (answered != round) {
        this_thread::park();
      }
    }
    crowd.join();
    suite.equal(seen.count(), 1U, "CPUs that it ran on");
  }
}

constexpr std::array kScenarios{
    Scenario{"wake-storm", "one wakes all, again and again, and all CPUs help", wake_storm},
    Scenario{"ping-pong", "two threads on two CPUs wake each other in turn", ping_pong},
    Scenario{"short-threads", "thousands of short threads run and end on all CPUs", short_threads},
    Scenario{"affinity-churn", "a thread never runs where it may not", affinity_churn},
    Scenario{"steal", "threads do not wait behind one that keeps its CPU", steal},
    Scenario{"one-wake", "all CPUs sleep, and one wake is enough", one_wake},
};

}  // namespace

std::span<const Scenario> scenarios() { return kScenarios; }

}  // namespace tb::test
