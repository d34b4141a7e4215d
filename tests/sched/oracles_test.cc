// Examples of textbooks and papers whose outcome is known, on the real schedulers. Ties keep the
// running job, then the lower index.
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <numeric>
#include <vector>

#include "sched/demand.h"
#include "sched/rate_monotonic.h"
#include "tests/sched/timeline.h"

namespace tb::sched {
namespace {

constexpr Duration kTick = 10ms;

Duration ticks(std::int64_t count) { return count * kTick; }
Time tick(std::int64_t count) { return at(ticks(count)); }

SchedulingParameters fifo(int priority) {
  return {.policy = PolicyKind::kFifo, .priority = Priority{static_cast<std::uint8_t>(priority)}};
}
// In the books a small number is a high priority.
SchedulingParameters rank(int number) { return fifo(99 - number); }

SchedulingParameters deadline(const PeriodicTask& task) {
  return {.policy = PolicyKind::kDeadline, .task = task};
}

PeriodicTask task(std::int64_t runtime, std::int64_t period, std::int64_t relative = 0) {
  return {ticks(runtime), ticks(relative > 0 ? relative : period), ticks(period)};
}

std::vector<Job> once(std::int64_t arrival, std::int64_t work) {
  return {{tick(arrival), ticks(work)}};
}

std::vector<Job> jobs_until(const PeriodicTask& of, std::int64_t end) {
  std::vector<Job> jobs;
  for (Time time = tick(0); time < tick(end); time = after(time, of.period)) {
    jobs.push_back({time, of.runtime});
  }
  return jobs;
}

// A trace in ticks, from 1 as the books count; 0 is idle.
using Turns = std::vector<std::pair<int, std::int64_t>>;
Turns turns(const Timeline& timeline, Duration unit = kTick) {
  Turns all;
  for (const Ran& ran : timeline.trace()) {
    all.emplace_back(ran.thread + 1, ran.time / unit);
  }
  return all;
}

double mean_turnaround(const Timeline& timeline, const std::vector<std::int64_t>& arrivals) {
  double sum = 0;
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    const Duration taken = timeline.end_of(static_cast<int>(i)) - tick(arrivals[i]);
    sum += static_cast<double>(taken.count()) / static_cast<double>(kTick.count());
  }
  return sum / static_cast<double>(arrivals.size());
}

// OSTEP, chapter 7.
TEST(Oracles, FirstInFirstOut) {
  for (const auto& [lengths, turnaround] :
       {std::pair(std::array{10, 10, 10}, 20.0), std::pair(std::array{100, 10, 10}, 110.0)}) {
    Timeline timeline;
    for (const int length : lengths) {
      timeline.add({.parameters = fifo(1), .jobs = once(0, length)});
    }
    timeline.run();
    EXPECT_DOUBLE_EQ(mean_turnaround(timeline, {0, 0, 0}), turnaround);
  }
}

// OSTEP, chapter 7: who is shorter goes first; once begun, a job is not preempted.
TEST(Oracles, ShortestJobFirst) {
  for (const auto& [arrival, turnaround] : {std::pair(0, 50.0), std::pair(10, 103.33)}) {
    Timeline timeline;
    timeline.on_begin = [&timeline](int thread) { timeline.change(thread, fifo(99)); };
    timeline.add({.parameters = rank(90), .jobs = once(0, 100)});
    timeline.add({.parameters = rank(9), .jobs = once(arrival, 10)});
    timeline.add({.parameters = rank(9), .jobs = once(arrival, 10)});
    timeline.run();
    EXPECT_NEAR(mean_turnaround(timeline, {0, arrival, arrival}), turnaround, 0.01);
  }
}

// The same: who has least left goes first, which each arrival may change.
TEST(Oracles, ShortestTimeToCompletionFirst) {
  Timeline timeline;
  timeline.add({.parameters = rank(90), .jobs = once(0, 100)});
  timeline.add({.parameters = rank(9), .jobs = once(10, 10)});
  timeline.add({.parameters = rank(9), .jobs = once(10, 10)});
  timeline.run();
  EXPECT_DOUBLE_EQ(mean_turnaround(timeline, {0, 10, 10}), 50.0);
}

// Slices of RoundRobin are 100 ms: so a tick is a part of that.
TEST(Oracles, RoundRobin) {
  const Duration unit = kRoundRobinQuantum;
  Timeline timeline;
  for (int i = 0; i < 3; ++i) {
    timeline.add({.parameters = {.policy = PolicyKind::kRoundRobin, .priority = Priority{1}},
                  .jobs = {{at(0ms), 5 * unit}}});
  }
  timeline.run();
  EXPECT_EQ(timeline.end_of(0), at(13 * unit));
  EXPECT_EQ(timeline.end_of(1), at(14 * unit));
  EXPECT_EQ(timeline.end_of(2), at(15 * unit));
  EXPECT_EQ(turns(timeline, unit).size(), 15U) << "OSTEP: turns of one tick";
}

// Silberschatz: 24, 3, 3 with a quantum of 4.
TEST(Oracles, RoundRobinWithAQuantumOfFour) {
  const Duration unit = kRoundRobinQuantum / 4;
  Timeline timeline;
  for (const int length : {24, 3, 3}) {
    timeline.add({.parameters = {.policy = PolicyKind::kRoundRobin, .priority = Priority{1}},
                  .jobs = {{at(0ms), length * unit}}});
  }
  timeline.run();
  EXPECT_EQ(turns(timeline, unit), (Turns{{1, 4}, {2, 3}, {3, 3}, {1, 20}}));
}

TEST(Oracles, FirstComeFirstServed) {
  Timeline timeline;
  for (const int length : {24, 3, 3}) {
    timeline.add({.parameters = fifo(1), .jobs = once(0, length)});
  }
  timeline.run();
  EXPECT_EQ(turns(timeline), (Turns{{1, 24}, {2, 3}, {3, 3}})) << "they wait 0, 24 and 27";
}

// Silberschatz.
TEST(Oracles, Priorities) {
  Timeline timeline;
  for (const auto& [length, number] :
       {std::pair(10, 3), std::pair(1, 1), std::pair(2, 4), std::pair(1, 5), std::pair(5, 2)}) {
    timeline.add({.parameters = rank(number), .jobs = once(0, length)});
  }
  timeline.run();
  EXPECT_EQ(turns(timeline), (Turns{{2, 1}, {5, 5}, {1, 10}, {3, 2}, {4, 1}}));
  EXPECT_DOUBLE_EQ(mean_turnaround(timeline, {0, 0, 0, 0, 0}) - 19 / 5.0, 8.2);
}

// Silberschatz, 10th edition: priorities, and turns of two ticks among equals.
TEST(Oracles, PrioritiesWithRoundRobin) {
  const Duration unit = kRoundRobinQuantum / 2;
  Timeline timeline;
  for (const auto& [length, number] :
       {std::pair(4, 3), std::pair(5, 2), std::pair(8, 2), std::pair(7, 1), std::pair(3, 3)}) {
    timeline.add({.parameters = {.policy = PolicyKind::kRoundRobin,
                                 .priority = Priority{static_cast<std::uint8_t>(99 - number)}},
                  .jobs = {{at(0ms), length * unit}}});
  }
  timeline.run();
  EXPECT_EQ(
      turns(timeline, unit),
      (Turns{
          {4, 7}, {2, 2}, {3, 2}, {2, 2}, {3, 2}, {2, 1}, {3, 4}, {1, 2}, {5, 2}, {1, 2}, {5, 1}}));
}

// Periodic tasks by fixed priorities, 1 the highest; when each job ends.
struct Fixed {
  Timeline timeline;

  Fixed(const std::vector<PeriodicTask>& tasks, const std::vector<int>& ranks, std::int64_t end) {
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      timeline.add({.parameters = rank(ranks[i]), .jobs = jobs_until(tasks[i], end)});
    }
    timeline.run(tick(end));
  }
};

// Liu and Layland, 1973: the worst set of two that fits; a tick more of either and one is late.
TEST(Oracles, TheExtremeSetOfLiuAndLayland) {
  const Fixed fits({task(414, 1000), task(586, 1414)}, {1, 2}, 1414);
  EXPECT_EQ(fits.timeline.end_of(1), tick(1000)) << "just before it would be preempted";
  EXPECT_EQ(fits.timeline.end_of(0, 1), tick(1414));
  const Fixed first({task(415, 1000), task(586, 1414)}, {1, 2}, 2000);
  EXPECT_GT(first.timeline.end_of(1), tick(1414));
  const Fixed second({task(414, 1000), task(587, 1414)}, {1, 2}, 2000);
  EXPECT_GT(second.timeline.end_of(1), tick(1414));
}

// Silberschatz.
TEST(Oracles, RateMonotonicAndTheOtherWayRound) {
  const Fixed monotonic({task(20, 50), task(35, 100)}, {1, 2}, 100);
  EXPECT_EQ(turns(monotonic.timeline), (Turns{{1, 20}, {2, 30}, {1, 20}, {2, 5}, {0, 25}}));
  const Fixed inverted({task(20, 50), task(35, 100)}, {2, 1}, 100);
  EXPECT_EQ(inverted.timeline.end_of(0), tick(55)) << "50 was its deadline";
}

TEST(Oracles, RateMonotonicMissesWhatEarliestDeadlineDoesNot) {
  const std::vector<PeriodicTask> tasks = {task(25, 50), task(35, 80)};
  const Fixed monotonic(tasks, {1, 2}, 160);
  EXPECT_EQ(monotonic.timeline.end_of(1), tick(85)) << "80 was its deadline";

  Timeline timeline;
  for (const PeriodicTask& each : tasks) {
    timeline.add({.parameters = deadline(each), .jobs = jobs_until(each, 400)});
  }
  timeline.run(tick(400));
  const Turns all = turns(timeline);
  ASSERT_GE(all.size(), 7U);
  EXPECT_EQ(Turns(all.begin(), all.begin() + 6),
            (Turns{{1, 25}, {2, 35}, {1, 25}, {2, 15}, {1, 25}, {2, 20}}));
  EXPECT_EQ(all[6].first, 0) << "idle 5";
  EXPECT_EQ(all[6].second, 5);
  EXPECT_EQ(server_of(timeline.thread(0)).misses + server_of(timeline.thread(1)).misses, 0U);
}

// Burns and Wellings.
TEST(Oracles, ResponseTimesByFixedPriorities) {
  const Fixed fits({task(3, 7), task(3, 12), task(5, 20)}, {1, 2, 3}, 20);
  EXPECT_EQ(fits.timeline.end_of(0), tick(3));
  EXPECT_EQ(fits.timeline.end_of(1), tick(6));
  EXPECT_EQ(fits.timeline.end_of(2), tick(20));
  const Fixed late({task(10, 30), task(10, 40), task(12, 50)}, {1, 2, 3}, 100);
  EXPECT_GT(late.timeline.end_of(2), tick(50));
}

// Buttazzo: by deadlines.
TEST(Oracles, ResponseTimesDeadlineMonotonic) {
  const std::vector<PeriodicTask> tasks = {task(1, 4, 3), task(1, 5, 4), task(2, 6, 5),
                                           task(1, 11, 10)};
  std::array<Priority, 4> priorities{};
  ASSERT_TRUE(assign_deadline_monotonic(tasks, priorities));
  Timeline timeline;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    timeline.add({.parameters = {.policy = PolicyKind::kFifo, .priority = priorities[i]},
                  .jobs = jobs_until(tasks[i], 11)});
  }
  timeline.run(tick(20));
  for (const auto& [thread, end] : {std::pair(0, 1), {1, 2}, {2, 4}, {3, 10}}) {
    EXPECT_EQ(timeline.end_of(thread), tick(end)) << "task " << thread + 1;
  }
}

// Buttazzo: deadlines before the ends of the periods.
TEST(Oracles, EarlyDeadlines) {
  const std::vector<PeriodicTask> tasks = {task(2, 6, 4), task(2, 8, 5), task(3, 9, 7)};
  for (const auto& [time, demanded] :
       {std::pair(4, 2), {5, 4}, {7, 7}, {10, 9}, {13, 11}, {16, 16}, {21, 18}, {22, 20}}) {
    EXPECT_EQ(demand(tasks, ticks(time)), ticks(demanded));
  }
  Timeline timeline;
  for (const PeriodicTask& each : tasks) {
    timeline.add({.parameters = deadline(each), .jobs = jobs_until(each, 72)});
  }
  timeline.run(tick(100));
  for (int thread = 0; thread < 3; ++thread) {
    const auto& each = tasks[static_cast<std::size_t>(thread)];
    const std::vector<Job> jobs = jobs_until(each, 72);
    for (std::size_t job = 0; job < jobs.size(); ++job) {
      EXPECT_LE(timeline.end_of(thread, job), after(jobs[job].arrival, each.deadline));
    }
    EXPECT_EQ(server_of(timeline.thread(thread)).misses, 0U);
  }
  const Fixed monotonic(tasks, {1, 2, 3}, 18);
  EXPECT_EQ(monotonic.timeline.end_of(2), tick(11)) << "7 was its deadline";
}

// From the documentation of Linux: feasible, though a sum of densities is 1.1.
TEST(Oracles, MoreThanADensityOfOne) {
  const std::vector<PeriodicTask> tasks = {task(50, 100, 50), task(10, 100, 100)};
  EXPECT_EQ(admit(std::span(tasks).first(1), tasks[1], kWholeCpu).verdict, Verdict::kFits);
  Timeline timeline;
  for (const PeriodicTask& each : tasks) {
    timeline.add({.parameters = deadline(each), .jobs = jobs_until(each, 100)});
  }
  timeline.run(tick(100));
  EXPECT_EQ(timeline.end_of(0), tick(50));
  EXPECT_EQ(timeline.end_of(1), tick(60));
}

// Horn, in Buttazzo's book: arrival, length and deadline.
TEST(Oracles, EarliestDeadlineOfJobsThatComeOnce) {
  Timeline timeline;
  for (const auto& [arrival, length, end] :
       {std::array{0, 1, 2}, {0, 2, 5}, {2, 2, 4}, {3, 2, 10}, {6, 2, 9}}) {
    timeline.add({.parameters = deadline(task(length, 1'000, end - arrival)),
                  .jobs = once(arrival, length)});
  }
  timeline.run();
  EXPECT_EQ(turns(timeline), (Turns{{1, 1}, {2, 1}, {3, 2}, {2, 1}, {4, 1}, {5, 2}, {4, 1}}));
  for (int thread = 0; thread < 5; ++thread) {
    EXPECT_EQ(server_of(timeline.thread(thread)).misses, 0U);
  }
}

// Dhall and Liu: who has the earliest deadline of all on two CPUs, and misses at a load of 1.03.
TEST(Oracles, GlobalEarliestDeadlineFirst) {
  Timeline timeline(2);
  for (const auto& [length, number] : {std::pair(2, 1), {2, 1}, {100, 2}}) {
    timeline.add({.parameters = rank(number), .jobs = once(0, length)});
  }
  timeline.run();
  EXPECT_EQ(timeline.end_of(2), tick(102)) << "101 was its deadline";
}

// The same on a CPU for each: nobody is late.
TEST(Oracles, PartitionedEarliestDeadlineFirst) {
  std::vector<PeriodicTask> first;
  std::vector<PeriodicTask> second;
  for (const PeriodicTask& each : {task(2, 100), task(2, 100), task(100, 101)}) {
    if (admit(first, each, kWholeCpu).verdict == Verdict::kFits) {
      first.push_back(each);
    } else {
      ASSERT_EQ(admit(second, each, kWholeCpu).verdict, Verdict::kFits);
      second.push_back(each);
    }
  }
  EXPECT_EQ(first.size(), 2U);
}

// Graham, 1969: a CPU more, or shorter jobs, and the whole takes longer.
std::int64_t graham(std::uint32_t cpus, int shorter) {
  const std::array lengths = {3, 2, 2, 2, 4, 4, 4, 4, 9};
  const std::multimap<int, int> follows = {{3, 4}, {3, 5}, {3, 6}, {3, 7}, {0, 8}};
  Timeline timeline(cpus);
  for (int i = 0; i < 9; ++i) {
    const bool is_first = i < 4;
    timeline.add({.parameters = fifo(1),
                  .jobs = is_first ? once(0, lengths[static_cast<std::size_t>(i)] - shorter)
                                   : std::vector<Job>()});
  }
  timeline.on_end = [&](int thread) {
    const auto [begin, end] = follows.equal_range(thread);
    for (auto each = begin; each != end; ++each) {
      timeline.release(each->second,
                       ticks(lengths[static_cast<std::size_t>(each->second)] - shorter));
    }
  };
  timeline.run();
  return timeline.last_end().time_since_epoch() / kTick;
}

TEST(Oracles, ListSchedulingHasAnomalies) {
  EXPECT_EQ(graham(3, 0), 12);
  EXPECT_EQ(graham(4, 0), 15);
  EXPECT_EQ(graham(3, 1), 13);
}

}  // namespace
}  // namespace tb::sched
