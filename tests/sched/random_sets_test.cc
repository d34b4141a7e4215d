// Random sets of periodic tasks: the schedulers that boot and the exact analysis agree about every
// one of them whether somebody is late. RANDOM_SETS says how many of each kind.
#include <gtest/gtest.h>

#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "sched/demand.h"
#include "sched/rate_monotonic.h"
#include "tests/sched/timeline.h"
#include "tests/sched/uunifast.h"

namespace tb::sched {
namespace {

constexpr std::int64_t kHyperperiod = 5'040;
constexpr Duration kTick = 1us;

int sets_of_each_kind() {
  const char* const text = std::getenv("RANDOM_SETS");
  return text != nullptr ? std::atoi(text) : 2'500;
}

// All begin together, and each job takes as long as it may.
bool is_in_time(const std::vector<PeriodicTask>& tasks,
                const std::vector<SchedulingParameters>& parameters) {
  constexpr Time kEnd = at(kHyperperiod * kTick);
  Timeline timeline;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    std::vector<Job> jobs;
    for (Time time = at(0ms); time < kEnd; time = after(time, tasks[i].period)) {
      jobs.push_back({time, tasks[i].runtime});
    }
    timeline.add({.parameters = parameters[i], .jobs = jobs});
  }
  timeline.run(kEnd);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    std::size_t job = 0;
    for (Time time = at(0ms); time < kEnd; time = after(time, tasks[i].period)) {
      if (timeline.end_of(static_cast<int>(i), job++) > after(time, tasks[i].deadline)) {
        return false;
      }
    }
  }
  return true;
}

bool fits_by_demand(std::span<const PeriodicTask> tasks) {
  return admit(tasks.first(tasks.size() - 1), tasks.back(), kWholeCpu).verdict == Verdict::kFits;
}

std::string described(const std::vector<PeriodicTask>& tasks) {
  std::string text;
  for (const PeriodicTask& task : tasks) {
    text += " (" + std::to_string(task.runtime / kTick) + ", " +
            std::to_string(task.deadline / kTick) + ", " + std::to_string(task.period / kTick) +
            ")";
  }
  return text;
}

// Close to what just fits, where the two could differ; both answers have to come up often.
template <class Check>
void for_random_sets(std::uint64_t seed, Deadlines deadlines, double least, double most,
                     Check check) {
  TaskSets sets(seed);
  int fitting = 0;
  const int count = sets_of_each_kind();
  for (int i = 0; i < count; ++i) {
    const auto tasks = sets.next({.tasks = static_cast<std::size_t>(sets.uniform(2, 7)),
                                  .utilisation = least + sets.uniform() * (most - least),
                                  .deadlines = deadlines,
                                  .hyperperiod = kHyperperiod,
                                  .shortest_period = 20,
                                  .tick = kTick});
    fitting += check(tasks) ? 1 : 0;
    if (testing::Test::HasFailure()) {
      return;
    }
  }
  EXPECT_GT(fitting, count / 20);
  EXPECT_LT(fitting, count - count / 20);
}

bool agree_about_earliest_deadlines(const std::vector<PeriodicTask>& tasks) {
  std::vector<SchedulingParameters> parameters;
  for (const PeriodicTask& task : tasks) {
    parameters.push_back({.policy = PolicyKind::kDeadline, .task = task});
  }
  const bool fits = fits_by_demand(tasks);
  EXPECT_EQ(is_in_time(tasks, parameters), fits) << described(tasks);
  return fits;
}

bool agree_about_fixed_priorities(const std::vector<PeriodicTask>& tasks) {
  std::vector<Priority> priorities(tasks.size());
  EXPECT_TRUE(assign_deadline_monotonic(tasks, priorities));
  std::vector<SchedulingParameters> parameters;
  for (const Priority priority : priorities) {
    parameters.push_back({.policy = PolicyKind::kFifo, .priority = priority});
  }
  const bool fit = fits(tasks, priorities).has_value();
  EXPECT_EQ(is_in_time(tasks, parameters), fit) << described(tasks);
  return fit;
}

TEST(RandomSets, ByEarliestDeadlines) {
  for_random_sets(1, Deadlines::kAreThePeriods, 0.9, 1.1, agree_about_earliest_deadlines);
}

TEST(RandomSets, ByEarliestDeadlinesBeforeTheEndsOfThePeriods) {
  for_random_sets(2, Deadlines::kAreConstrained, 0.5, 0.95, agree_about_earliest_deadlines);
}

TEST(RandomSets, ByFixedPriorities) {
  for_random_sets(3, Deadlines::kAreThePeriods, 0.8, 1.05, agree_about_fixed_priorities);
}

TEST(RandomSets, ByFixedPrioritiesWithEarlyDeadlines) {
  for_random_sets(4, Deadlines::kAreConstrained, 0.4, 0.95, agree_about_fixed_priorities);
}

}  // namespace
}  // namespace tb::sched
