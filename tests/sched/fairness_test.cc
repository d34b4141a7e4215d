// What threads that always compute get of 1, 2, 4 and 64 CPUs, by each algorithm of the fair class,
// and how long anybody waits at most, on the schedulers that boot.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <vector>

#include "tests/sched/timeline.h"

namespace tb::sched {
namespace {

constexpr FairAlgorithm kAlgorithms[] = {FairAlgorithm::kThreeQueues, FairAlgorithm::kMlfq,
                                         FairAlgorithm::kAging, FairAlgorithm::kRoundRobin};

SchedulingParameters nice(int value) { return {.nice = static_cast<std::int8_t>(value)}; }

struct Outcome {
  std::vector<Duration> had;     // by thread
  std::vector<Duration> waited;  // the longest time between two turns, likewise
  std::size_t turns = 0;
};

// Each trace is in the order of time; a thread that goes to another CPU is sought on all.
Outcome outcome(const Timeline& timeline, std::uint32_t cpus, std::size_t threads, Time end) {
  Outcome result{std::vector<Duration>(threads), std::vector<Duration>(threads), 0};
  std::vector<std::vector<std::pair<Time, Time>>> turns(threads);
  for (std::uint32_t cpu = 0; cpu < cpus; ++cpu) {
    Time time = at(0ms);
    for (const Ran& ran : timeline.trace(cpu)) {
      if (ran.thread != Ran::kNobody) {
        turns[static_cast<std::size_t>(ran.thread)].emplace_back(time, after(time, ran.time));
        ++result.turns;
      }
      time = after(time, ran.time);
    }
  }
  for (std::size_t i = 0; i < threads; ++i) {
    std::ranges::sort(turns[i]);
    Time last = at(0ms);
    for (const auto& [begin, until] : turns[i]) {
      result.had[i] += until - begin;
      result.waited[i] = std::max(result.waited[i], begin - last);
      last = until;
    }
    result.waited[i] = std::max(result.waited[i], end - last);
  }
  return result;
}

Outcome compete(FairAlgorithm algorithm, std::uint32_t cpus, const std::vector<int>& nices,
                Duration length) {
  Timeline timeline(cpus, kWholeCpu, algorithm);
  for (const int value : nices) {
    timeline.add({.parameters = nice(value), .jobs = {{at(0ms), 24h}}});
  }
  timeline.run(at(length));
  return outcome(timeline, cpus, nices.size(), at(length));
}

// Over ten thousand slices.
TEST(Fairness, OnOneCpuThreadsHaveItByTheirWeights) {
  const std::vector<int> nices = {0, 0, 5, -5, 10, 1};
  const Outcome result = compete(FairAlgorithm::kThreeQueues, 1, nices, 300s);
  EXPECT_GT(result.turns, 10'000U);
  const double weights = std::accumulate(nices.begin(), nices.end(), 0.0,
                                         [](double sum, int each) { return sum + weight(each); });
  for (std::size_t i = 0; i < nices.size(); ++i) {
    const double wanted = 300e9 * weight(nices[i]) / weights;
    EXPECT_NEAR(double(result.had[i].count()) / wanted, 1.0, 0.02) << "nice " << nices[i];
  }
}

struct OfEqualThreads : testing::TestWithParam<std::uint32_t> {};

// Whole numbers of threads for each CPU, and one more: no CPU keeps a quarter more threads than
// another, so nobody has more than that bound allows.
TEST_P(OfEqualThreads, EachHasAboutTheSameOfSeveralCpus) {
  const std::uint32_t cpus = GetParam();
  for (const FairAlgorithm algorithm : kAlgorithms) {
    for (const std::uint32_t more : {0U, 1U}) {
      const Outcome result =
          compete(algorithm, cpus, std::vector<int>(5 * cpus + more, 0), cpus > 4 ? 3s : 30s);
      const auto [least, most] = std::ranges::minmax(result.had);
      EXPECT_LT(double(most.count()) / double(least.count()), 1.6)
          << "algorithm " << int(algorithm) << ", " << more << " more";
      const Duration all = std::accumulate(result.had.begin(), result.had.end(), Duration());
      EXPECT_EQ(all, (cpus > 4 ? 3s : 30s) * cpus) << "no CPU is without work";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Fairness, OfEqualThreads, testing::Values(1, 2, 4, 64),
                         testing::PrintToStringParamName());

// What a CPU has below: four that compute, three that are short of time.
constexpr int kNices[] = {-10, 0, 10, 19};
constexpr int kHotThreads = 3;

// How long a thread of one CPU waits at most, as docs/policies.md says.
Duration longest_wait(FairAlgorithm algorithm) {
  constexpr Duration kLateTimer = CpuScheduler::kChargeInterval;
  Duration slices_by_weight = kHotThreads * kQuantum;
  Duration round = kHotThreads * kQuantum;
  for (const int value : kNices) {
    slices_by_weight += quantum(nice(value), kQuantum);
    round += round_robin_quantum(value, kQuantum);
  }
  switch (algorithm) {
    case FairAlgorithm::kThreeQueues:
      return 2 * ThreeQueues<Entity>::kBoostAfter + kHotThreads * kQuantum / 2 + kLateTimer;
    case FairAlgorithm::kMlfq:
      return Mlfq<Entity>::kBoostEvery + slices_by_weight;
    case FairAlgorithm::kAging:
      return time_to_catch_up(kWeakestNice, kStrongestNice) + 6 * kQuantum + kLateTimer;
    default:
      return round - round_robin_quantum(kWeakestNice, kQuantum) + kLateTimer;
  }
}

struct NobodyStarves : testing::TestWithParam<std::uint32_t> {};

// Some that are short of time and come again and again, some of each nice value that compute. Who
// is moved to another CPU waits anew there; that happens to nobody more often than twice in a row.
TEST_P(NobodyStarves, ByAnyAlgorithm) {
  const std::uint32_t cpus = GetParam();
  const Duration length = cpus > 4 ? 800ms : 5s;
  for (const FairAlgorithm algorithm : kAlgorithms) {
    Timeline timeline(cpus, kWholeCpu, algorithm);
    std::size_t threads = 0;
    for (std::uint32_t cpu = 0; cpu < cpus; ++cpu) {
      for (const int value : kNices) {
        timeline.add({.parameters = nice(value), .jobs = {{at(0ms), 24h}}});
        ++threads;
      }
      for (int hot = 0; hot < kHotThreads; ++hot) {
        std::vector<Job> jobs;
        for (Time time = at(hot * 1ms); time < at(length); time = after(time, 2ms)) {
          jobs.push_back({time, 600us});
        }
        timeline.add({.parameters = {}, .jobs = jobs});
        ++threads;
      }
    }
    timeline.run(at(length));
    const Outcome result = outcome(timeline, cpus, threads, at(length));
    const Duration longest = *std::ranges::max_element(result.waited);
    RecordProperty("algorithm_" + std::to_string(int(algorithm)),
                   std::to_string(longest / 1ms) + " ms");
    EXPECT_LE(longest, (cpus > 1 ? 3 : 1) * longest_wait(algorithm))
        << "algorithm " << int(algorithm);
  }
}

INSTANTIATE_TEST_SUITE_P(Fairness, NobodyStarves, testing::Values(1, 2, 4, 64),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace tb::sched
