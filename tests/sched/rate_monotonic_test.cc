// Fixed priorities and response times: sets of the literature, random ones against brute force, and
// what is refused.
#include "sched/rate_monotonic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/sched/brute_force.h"
#include "tests/sched/uunifast.h"

namespace tb::sched {
namespace {

using namespace std::chrono_literals;

using Tasks = std::vector<PeriodicTask>;
using Priorities = std::vector<Priority>;

constexpr auto kLate = std::unexpected(Unanswered::kLate);

std::vector<Priority> rate_monotonic(const Tasks& tasks) {
  Priorities priorities(tasks.size());
  EXPECT_TRUE(assign_rate_monotonic(tasks, priorities));
  return priorities;
}

std::vector<Priority> deadline_monotonic(const Tasks& tasks) {
  Priorities priorities(tasks.size());
  EXPECT_TRUE(assign_deadline_monotonic(tasks, priorities));
  return priorities;
}

// The one of that place goes after all before it.
std::expected<Duration, Unanswered> response_of(const Tasks& highest_first, std::size_t place) {
  return response_time(highest_first[place], std::span(highest_first).first(place));
}

struct KnownSet {
  const char* name;
  Tasks highest_first;
  std::vector<std::int64_t> responses;  // zero: late
};

const KnownSet kKnownSets[] = {
    {"by_rates", {task(20, 50), task(35, 100)}, {20, 75}},
    {"against_rates", {task(35, 100), task(20, 50)}, {35, 0}},
    {"late_though_earliest_deadline_first_fits", {task(25, 50), task(35, 80)}, {25, 0}},
    {"three", {task(3, 7), task(3, 12), task(5, 20)}, {3, 6, 20}},
    {"three_of_which_the_last_is_late", {task(10, 30), task(10, 40), task(12, 50)}, {10, 20, 0}},
    {"by_deadlines", {task(1, 4, 3), task(1, 5, 4), task(2, 6, 5), task(1, 11, 10)}, {1, 2, 4, 10}},
    {"late_by_deadlines", {task(2, 6, 4), task(2, 8, 5), task(3, 9, 7)}, {2, 4, 0}},
    {"too_dense", {task(50, 100, 50), task(10, 100, 100)}, {50, 60}},
    {"least_upper_bound", {task(414, 1000), task(586, 1414)}, {414, 1000}},
    {"first_a_tick_longer", {task(415, 1000), task(586, 1414)}, {415, 0}},
    {"second_a_tick_longer", {task(414, 1000), task(587, 1414)}, {414, 0}},
};

class AKnownOrder : public testing::TestWithParam<KnownSet> {};

TEST_P(AKnownOrder, HasTheKnownResponseTimes) {
  const auto& [name, tasks, responses] = GetParam();
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (responses[i] > 0) {
      EXPECT_EQ(response_of(tasks, i), Duration(responses[i])) << testing::PrintToString(tasks[i]);
    } else {
      EXPECT_EQ(response_of(tasks, i), kLate) << testing::PrintToString(tasks[i]);
    }
  }
}

TEST_P(AKnownOrder, FitsUnlessSomebodyIsLate) {
  const auto& [name, tasks, responses] = GetParam();
  Priorities priorities;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    priorities.push_back(Priority(std::uint8_t(90 - i)));
  }
  const auto late = std::ranges::find(responses, 0);
  const auto fit = fits(tasks, priorities);
  ASSERT_EQ(fit.has_value(), late == responses.end());
  if (!fit) {
    EXPECT_EQ(fit.error().task, std::size_t(late - responses.begin()));
    EXPECT_EQ(fit.error().why, Unanswered::kLate);
  }
}

INSTANTIATE_TEST_SUITE_P(ResponseTime, AKnownOrder, testing::ValuesIn(kKnownSets),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(ResponseTime, WhoWouldHaveEndedAfterItsDeadlineHasEndedThenIfItMayTakeLonger) {
  const Tasks inverted{task(35, 100), task(20, 100)};
  EXPECT_EQ(response_of(inverted, 1), 55ns) << "more than 50";
  EXPECT_EQ(response_of({task(25, 50), task(35, 85)}, 1), 85ns) << "more than 80";
}

TEST(RateMonotonic, GivesPrioritiesFrom99DownByPeriodAndThenByPlace) {
  const Tasks tasks{task(1, 30, 2), task(1, 10), task(1, 30, 1), task(1, 20), task(1, 10)};
  EXPECT_EQ(rate_monotonic(tasks),
            (Priorities{Priority(96), Priority(99), Priority(95), Priority(97), Priority(98)}));
}

TEST(DeadlineMonotonic, GivesPrioritiesFrom99DownByDeadlineAndThenByPlace) {
  const Tasks tasks{task(1, 30, 2), task(1, 10), task(1, 30, 1), task(1, 20), task(1, 40, 10)};
  EXPECT_EQ(deadline_monotonic(tasks),
            (Priorities{Priority(98), Priority(97), Priority(99), Priority(95), Priority(96)}));
}

TEST(DeadlineMonotonic, FitsWhereRateMonotonicDoesNot) {
  const Tasks tasks{task(2, 10, 9), task(3, 12, 3)};
  EXPECT_FALSE(fits(tasks, rate_monotonic(tasks)));
  EXPECT_TRUE(fits(tasks, deadline_monotonic(tasks)));
}

TEST(RateMonotonic, GivesAwayAllPrioritiesButNotToAHundredTasks) {
  Tasks tasks(99, task(1, 200));
  EXPECT_EQ(rate_monotonic(tasks).back(), kLowestPriority);
  tasks.push_back(task(1, 200));
  Priorities priorities(tasks.size(), Priority(7));
  EXPECT_EQ(assign_rate_monotonic(tasks, priorities).error(), Unassigned::kTooManyTasks);
  EXPECT_EQ(assign_deadline_monotonic(tasks, priorities).error(), Unassigned::kTooManyTasks);
  EXPECT_EQ(priorities, Priorities(100, Priority(7))) << "none is assigned";
}

TEST(RateMonotonic, NobodyIsNoProblem) { EXPECT_TRUE(fits({}, rate_monotonic({}))); }

TEST(ResponseTime, OfEqualPriorityEachWaitsForTheOther) {
  const Tasks tasks{task(2, 10, 4), task(2, 10, 4), task(1, 10, 5)};
  const Priorities equal{Priority(9), Priority(9), Priority(8)};
  EXPECT_TRUE(fits(tasks, equal));
  const Tasks short_ones{task(2, 10, 3), task(2, 10, 4)};
  const auto fit = fits(short_ones, Priorities{Priority(9), Priority(9)});
  ASSERT_FALSE(fit);
  EXPECT_EQ(fit.error().task, 0U);
}

void sort_by(const Priorities& priorities, Tasks& tasks) {
  Tasks sorted(tasks.size());
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    sorted[number_of(kHighestPriority) - number_of(priorities[i])] = tasks[i];
  }
  tasks = sorted;
}

// Returns how many were late.
int compare_response_times(const Tasks& highest_first) {
  int late = 0;
  for (std::size_t i = 0; i < highest_first.size(); ++i) {
    const std::int64_t end = end_of_last(std::span(highest_first).first(i + 1));
    const auto response = response_of(highest_first, i);
    const auto expected = end > 0 ? std::expected<Duration, Unanswered>(Duration(end)) : kLate;
    EXPECT_EQ(response, expected) << i << " of " << testing::PrintToString(highest_first);
    late += end == 0 ? 1 : 0;
  }
  return late;
}

TEST(ResponseTime, OfRandomSetsIsWhatBruteForceFinds) {
  TaskSets sets(11);
  int sets_that_fit = 0;
  int sets_that_do_not = 0;
  for (int round = 0; round < 4'000 && !HasFailure(); ++round) {
    const bool constrained = round % 2 == 1;
    Tasks tasks = sets.next(
        {.tasks = std::size_t(sets.uniform(1, 10)),
         .utilisation = 0.5 + 0.6 * sets.uniform(),
         .deadlines = constrained ? Deadlines::kAreConstrained : Deadlines::kAreThePeriods});
    const Priorities priorities = constrained ? deadline_monotonic(tasks) : rate_monotonic(tasks);
    const bool fit = fits(tasks, priorities).has_value();
    sort_by(priorities, tasks);
    EXPECT_EQ(compare_response_times(tasks) == 0, fit) << testing::PrintToString(tasks);
    sets_that_fit += fit ? 1 : 0;
    sets_that_do_not += fit ? 0 : 1;
  }
  EXPECT_GT(sets_that_fit, 1'000);
  EXPECT_GT(sets_that_do_not, 1'000);
}

TEST(ResponseTime, IsRefusedForWhatIsNoTask) {
  for (const PeriodicTask& none : {task(0, 10, 5), task(-1, 10, 5), task(6, 10, 5), task(5, 10, 11),
                                   task(0, 0, 0), task(1, 1, 0)}) {
    const Tasks higher{task(1, 2), none};
    EXPECT_EQ(response_time(none, {}).error(), Unanswered::kNotSound);
    EXPECT_EQ(response_time(task(1, 2), higher).error(), Unanswered::kNotSound);
    const auto fit = fits(higher, Priorities{Priority(2), Priority(1)});
    ASSERT_FALSE(fit);
    EXPECT_EQ(fit.error().task, 1U);
    EXPECT_EQ(fit.error().why, Unanswered::kNotSound);
  }
}

// With each round of the iteration, the time grows by a tick or two.
TEST(ResponseTime, IsRefusedIfItWouldTakeTooManySteps) {
  const Tasks tasks{task(1, 2), task(499'999, 1'000'000), task(1, 1'000'000'000'000)};
  EXPECT_EQ(response_of(tasks, 1), 999'998ns);
  EXPECT_EQ(response_of(tasks, 2), 1'000'000ns);
  EXPECT_EQ(response_of({task(1, 2), task(1, 2), task(1, 1'000'000'000'000)}, 2).error(),
            Unanswered::kTooManySteps);
}

TEST(ResponseTime, TheLongestTimesDoNotOverflow) {
  constexpr std::int64_t kLongest = INT64_MAX;
  EXPECT_EQ(response_of({task(kLongest, kLongest)}, 0), Duration::max());
  EXPECT_EQ(response_of(Tasks(256, task(kLongest, kLongest)), 255), kLate);
  EXPECT_EQ(response_of(Tasks(256, task(kLongest / 256, kLongest)), 255),
            Duration(kLongest / 256 * 256));
}

TEST(ResponseTimeDeathTest, WantsAPriorityForEachTask) {
  const Tasks tasks{task(1, 2), task(1, 2)};
  Priorities priorities(1);
  EXPECT_DEATH(static_cast<void>(fits(tasks, priorities)), "as many priorities as tasks");
  EXPECT_DEATH(static_cast<void>(assign_rate_monotonic(tasks, priorities)),
               "as many priorities as tasks");
}

}  // namespace
}  // namespace tb::sched
