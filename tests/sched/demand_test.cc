// Admission by earliest deadline first: sets of the literature, random ones against brute force,
// and what is refused.
#include "sched/demand.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/sched/brute_force.h"
#include "tests/sched/uunifast.h"

namespace tb::sched {
namespace {

using namespace std::chrono_literals;

using Tasks = std::vector<PeriodicTask>;

constexpr Duration kYear = 24h * 365;

// The last of the set is the candidate.
Admission admit(const Tasks& tasks, Share share = kWholeCpu) {
  return admit(std::span(tasks).first(tasks.size() - 1), tasks.back(), share);
}

struct KnownSet {
  const char* name;
  Tasks tasks;
  Verdict verdict;
  std::optional<Duration> too_much_by = std::nullopt;
};

const KnownSet kKnownSets[] = {
    {"one_alone", {task(1, 1)}, Verdict::kFits},
    {"rate_monotonic_fits_as_well", {task(20, 50), task(35, 100)}, Verdict::kFits},
    {"rate_monotonic_misses", {task(25, 50), task(35, 80)}, Verdict::kFits},
    {"three", {task(3, 7), task(3, 12), task(5, 20)}, Verdict::kFits},
    {"three_that_rate_monotonic_misses",
     {task(10, 30), task(10, 40), task(12, 50)},
     Verdict::kFits},
    {"bound_of_liu_and_layland", {task(414, 1000), task(586, 1414)}, Verdict::kFits},
    {"exactly_full", {task(1, 2), task(1, 3), task(1, 6)}, Verdict::kFits},
    {"full_and_one_more", {task(1, 2), task(1, 3), task(2, 6)}, Verdict::kTooMuch},
    {"deadline_monotonic_misses", {task(2, 6, 4), task(2, 8, 5), task(3, 9, 7)}, Verdict::kFits},
    {"one_tick_too_much_at_seven",
     {task(2, 6, 4), task(2, 8, 5), task(4, 12, 7)},
     Verdict::kTooMuch,
     Duration(7)},
    {"the_sum_of_densities_is_more_than_one",
     {task(50, 100, 50), task(10, 100, 100)},
     Verdict::kFits},
    {"two_at_once", {task(1, 10, 1), task(1, 10, 1)}, Verdict::kTooMuch, Duration(1)},
    {"full_with_constrained_deadlines",
     {task(1, 3, 2), task(4, 12, 6), task(4, 12, 12)},
     Verdict::kFits},
};

class AKnownSet : public testing::TestWithParam<KnownSet> {};

TEST_P(AKnownSet, IsAdmittedIfAndOnlyIfItFits) {
  const Admission admission = admit(GetParam().tasks);
  EXPECT_EQ(admission.verdict, GetParam().verdict);
  EXPECT_EQ(admission.too_much_by, GetParam().too_much_by);
  EXPECT_EQ(earliest_deadline_first_keeps_all(GetParam().tasks),
            GetParam().verdict == Verdict::kFits);
}

INSTANTIATE_TEST_SUITE_P(Demand, AKnownSet, testing::ValuesIn(kKnownSets),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Demand, OfASetOfTheLiteratureIsWhatItSays) {
  const Tasks tasks{task(2, 6, 4), task(2, 8, 5), task(3, 9, 7)};
  const std::map<int, int> expected{{0, 0},   {3, 0},   {4, 2},   {5, 4},   {6, 4},
                                    {7, 7},   {9, 7},   {10, 9},  {13, 11}, {15, 11},
                                    {16, 16}, {20, 16}, {21, 18}, {22, 20}};
  for (const auto& [time, sum] : expected) {
    EXPECT_EQ(demand(tasks, Duration(time)), Duration(sum)) << "by " << time;
  }
}

TEST(Demand, IsTheLongestDurationIfItIsMore) {
  const Tasks tasks(3, task(Duration::max().count(), Duration::max().count()));
  EXPECT_EQ(demand(tasks, Duration::max()), Duration::max());
  EXPECT_EQ(demand(tasks, Duration::max() - 1ns), 0ns);
}

// A refusal must name a time by which there is too much, unless the utilisation is.
void check_refusal(const Tasks& tasks, const Admission& admission, std::int64_t share) {
  if (admission.too_much_by) {
    const Duration by = *admission.too_much_by;
    EXPECT_GT(demand(tasks, by).count() * 1'000'000, by.count() * share);
    EXPECT_TRUE(std::ranges::any_of(tasks, [by](const PeriodicTask& task) {
      return by >= task.deadline && (by - task.deadline) % task.period == 0ns;
    })) << "it is a deadline";
  } else {
    double sum = 0;
    for (const PeriodicTask& task : tasks) {
      sum += double(task.runtime.count()) / double(task.period.count());
    }
    EXPECT_GT(sum * 1'000'000, double(share) - 0.001);
  }
}

// How often which answer was right.
struct Answers {
  int fits = 0;
  int too_much = 0;
  int too_dense = 0;  // of those that fit: the sum of densities is more than the share
};

double density_of(const Tasks& tasks) {
  double sum = 0;
  for (const PeriodicTask& task : tasks) {
    sum += double(task.runtime.count()) / double(task.deadline.count());
  }
  return sum;
}

Answers compare_random_sets(Deadlines deadlines, std::int64_t share, int rounds) {
  TaskSets sets(7);
  Answers answers;
  for (int round = 0; round < rounds && !testing::Test::HasFailure(); ++round) {
    const double part = double(share) / 1e6;
    const Tasks tasks = sets.next({.tasks = std::size_t(sets.uniform(1, 8)),
                                   .utilisation = part * (0.6 + 0.45 * sets.uniform()),
                                   .deadlines = deadlines,
                                   .hyperperiod = round % 2 == 0 ? 2'520 : 720});
    const Admission admission = admit(tasks, Share(std::uint32_t(share)));
    const bool fits = demand_fits(tasks, share);
    EXPECT_EQ(admission.verdict, fits ? Verdict::kFits : Verdict::kTooMuch)
        << testing::PrintToString(tasks) << " of " << share;
    if (share == 1'000'000) {
      EXPECT_EQ(earliest_deadline_first_keeps_all(tasks), fits) << testing::PrintToString(tasks);
    }
    if (!fits) {
      check_refusal(tasks, admission, share);
    }
    answers.fits += fits ? 1 : 0;
    answers.too_much += fits ? 0 : 1;
    answers.too_dense += fits && density_of(tasks) > part * 1.001 ? 1 : 0;
  }
  return answers;
}

TEST(Demand, OfRandomSetsIsJudgedAsBruteForceDoes) {
  const Answers answers = compare_random_sets(Deadlines::kAreThePeriods, 1'000'000, 2'000);
  EXPECT_GT(answers.fits, 500);
  EXPECT_GT(answers.too_much, 100);
}

TEST(Demand, OfRandomSetsWithConstrainedDeadlinesIsJudgedAsBruteForceDoes) {
  const Answers answers = compare_random_sets(Deadlines::kAreConstrained, 1'000'000, 4'000);
  EXPECT_GT(answers.fits, 500);
  EXPECT_GT(answers.too_much, 500);
  EXPECT_GT(answers.too_dense, 300);
}

TEST(Demand, OfRandomSetsForAPartOfTheCpuIsJudgedAsBruteForceDoes) {
  for (const std::int64_t share : {950'000, 333'333, 700'001}) {
    const Answers answers = compare_random_sets(Deadlines::kAreConstrained, share, 2'000);
    EXPECT_GT(answers.fits, 100) << share;
    EXPECT_GT(answers.too_much, 500) << share;
    EXPECT_GT(answers.too_dense, 50) << share;
  }
}

TEST(Admission, TellsWhatIsFreeWithoutTheCandidateRoundedDown) {
  EXPECT_EQ(admit({task(1, 2)}).free, kWholeCpu);
  EXPECT_EQ(admit({task(1, 2)}, Share(950'000)).free, Share(950'000));
  EXPECT_EQ(admit({task(1, 3), task(1, 2)}).free, Share(666'666));
  EXPECT_EQ(admit({task(1, 3), task(1, 2)}, Share(950'000)).free, Share(616'666));
  EXPECT_EQ(admit({task(1, 2), task(1, 2), task(1, 2)}).free, Share(0));
  EXPECT_EQ(admit({task(99, 100), task(1, 2)}, Share(950'000)).free, Share(0));
  EXPECT_EQ(admit({task(1, 3), task(0, 0)}).free, Share(666'666)) << "even if it is no task";
}

TEST(Admission, TheLastPartPerMillionIsGivenButNoMore) {
  EXPECT_EQ(admit({task(500'000, 1'000'000), task(450'000, 1'000'000)}, Share(950'000)).verdict,
            Verdict::kFits);
  EXPECT_EQ(admit({task(500'000, 1'000'000), task(450'001, 1'000'000)}, Share(950'000)).verdict,
            Verdict::kTooMuch);
}

TEST(Admission, IsRefusedToWhatIsNoTask) {
  for (const PeriodicTask& none :
       {task(0, 10, 5), task(-1, 10, 5), task(6, 10, 5), task(5, 10, 11), task(0, 0, 0),
        task(1, 1, 0), task(1, -10, -5), task(INT64_MIN, INT64_MIN, INT64_MIN)}) {
    EXPECT_EQ(admit({none}).verdict, Verdict::kNotSound) << testing::PrintToString(none);
  }
}

TEST(AdmissionDeathTest, WantsAShareOfTheCpuAndSoundTasks) {
  EXPECT_DEATH(admit({task(1, 2)}, Share(0)), "the share is some of the CPU");
  EXPECT_DEATH(admit({task(1, 2)}, Share(1'000'001)), "the share is some of the CPU");
  EXPECT_DEATH(admit({task(0, 2), task(1, 2)}), "only sound tasks");
}

// The hyperperiod is hours, and nearly each of the deadlines in it has to be looked at.
TEST(Admission, IsRefusedIfItWouldTakeTooManySteps) {
  const Tasks tasks{task(10'007, 30'021), task(10'009, 30'027), task(10'037, 30'111, 30'000)};
  EXPECT_EQ(admit(tasks).verdict, Verdict::kTooManySteps);
  EXPECT_EQ(admit(tasks).too_much_by, std::nullopt);
}

// The three are a third each but for the last tick in centuries.
TEST(Admission, IsRefusedIfTheCpuIsFullExceptForWhatNobodyCanTell) {
  constexpr std::int64_t kThird = INT64_MAX / 4;
  Tasks tasks{task(kThird, 3 * kThird + 1), task(kThird - 1, 3 * kThird - 2),
              task(kThird - 3, 3 * kThird - 8)};
  EXPECT_EQ(admit(tasks).verdict, Verdict::kTooManySteps);
  tasks.back().runtime -= 100ns;
  EXPECT_EQ(admit(tasks).verdict, Verdict::kFits);
  tasks.back().runtime += 200ns;
  EXPECT_EQ(admit(tasks).verdict, Verdict::kTooMuch);
}

// The hyperperiod of the first two alone is years, but what matters is seconds.
TEST(Admission, IsFoundInTimeIfNoPeriodsHaveACommonDivisor) {
  Tasks tasks{task(400'000'007, 1'000'000'007, 400'000'007),
              task(250'000'000, 998'244'353, 700'000'000), task(100'000'000, 999'999'937)};
  EXPECT_EQ(admit(tasks).verdict, Verdict::kFits);
  tasks.push_back(task(49'999'993, 1'000'000'009, 700'000'000));
  EXPECT_EQ(admit(tasks).verdict, Verdict::kFits) << "exactly 700'000'000 by then";
  tasks.push_back(task(1, 1'000'000'021, 1));
  EXPECT_EQ(admit(tasks).verdict, Verdict::kTooMuch);
  EXPECT_EQ(admit(tasks).too_much_by, 700'000'000ns);
}

// Coming from afar, each step would be a ten thousandth of the way.
TEST(Admission, IsFoundInTimeIfTheCpuIsNearlyFull) {
  const Tasks tasks{task(500'000'000, 1'000'000'007, 999'000'007), task(499'000'000, 998'244'353)};
  EXPECT_EQ(admit(tasks).verdict, Verdict::kFits);
}

// Their common denominator has 128 bits, but not that of their parts of the CPU.
TEST(Admission, AThirdAndAQuarterAndFiveTwelfthsOfPrimePeriodsFit) {
  Tasks tasks{task(998'244'353, 3 * 998'244'353LL), task(1'000'000'007, 4 * 1'000'000'007LL),
              task(5 * 999'999'937LL, 12 * 999'999'937LL)};
  EXPECT_EQ(admit(tasks).verdict, Verdict::kFits);
  tasks.back().runtime += 1ns;
  EXPECT_EQ(admit(tasks).verdict, Verdict::kTooMuch);
}

TEST(Admission, ThreeExactThirdsOfPrimePeriodsFit) {
  const std::int64_t primes[] = {998'244'353, 1'000'000'007, 1'000'000'009, 999'999'937};
  Tasks tasks;
  for (const std::int64_t prime : {primes[0], primes[1], primes[2]}) {
    tasks.push_back(task(prime, 3 * prime));
  }
  EXPECT_EQ(admit(tasks).verdict, Verdict::kFits);
  tasks.push_back(task(1, 3 * primes[3]));
  EXPECT_EQ(admit(tasks).verdict, Verdict::kTooMuch);
  EXPECT_EQ(admit(tasks).free, Share(0));
}

// 256 tasks of a century or more, all due at once after half of one.
TEST(Admission, CenturiesDoNotOverflow) {
  Tasks tasks;
  for (int i = 0; i < 256; ++i) {
    const Duration period = 100 * kYear + i * kYear / 2;
    tasks.push_back({50 * kYear / 256, 50 * kYear, period});
  }
  EXPECT_EQ(admit(tasks).verdict, Verdict::kFits);
  tasks.back().runtime += 1us;
  EXPECT_EQ(admit(tasks).verdict, Verdict::kTooMuch);
  EXPECT_EQ(admit(tasks).too_much_by, 50 * kYear);
}

TEST(Admission, TheLongestTimesDoNotOverflow) {
  constexpr std::int64_t kLongest = INT64_MAX;
  EXPECT_EQ(admit({task(kLongest, kLongest)}).verdict, Verdict::kFits);
  EXPECT_EQ(admit({task(kLongest, kLongest), task(kLongest, kLongest)}).verdict, Verdict::kTooMuch);
  EXPECT_EQ(admit({task(kLongest, kLongest)}, Share(999'999)).verdict, Verdict::kTooMuch);
  const Tasks tasks{task(kLongest / 2, kLongest, kLongest / 2), task(1, 2, 1)};
  EXPECT_EQ(admit(tasks).verdict, Verdict::kTooMuch);
}

}  // namespace
}  // namespace tb::sched
