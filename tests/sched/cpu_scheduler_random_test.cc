// Random lives of threads on one to eight CPUs: nobody is lost, in two places, or running where it
// may not, no CPU sleeps on work, every request is answered, and every nanosecond is somebody's.
#include <gtest/gtest.h>

#include "tests/sched/random_machine.h"

namespace tb::sched {
namespace {

class RandomLives : public testing::TestWithParam<std::uint32_t> {};

INSTANTIATE_TEST_SUITE_P(Cpus, RandomLives, testing::Range(1U, 9U));

TEST_P(RandomLives, LoseNobodyAndChargeEveryNanosecond) {
  const bool several = GetParam() > 1;
  for (unsigned seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    RandomMachine machine(GetParam(), seed);
    for (int step = 0; step < 30'000; ++step) {
      machine.step();
      ASSERT_FALSE(HasFailure()) << "step " << step;
    }
    machine.finish();
    EXPECT_EQ(machine.charged(), machine.passed());
    const RandomMachine::Counts counts = machine.counts();
    EXPECT_GT(counts.spawned, 100U) << "the scenario is too quiet to show anything";
    EXPECT_GT(counts.asked, 100U);
    EXPECT_GT(counts.timed_out, 50U);
    EXPECT_EQ(counts.moved > 20, several) << counts.moved;
    EXPECT_EQ(counts.given_away > 20, several) << counts.given_away;
    EXPECT_GT(counts.slept, 100U);
    EXPECT_GT(counts.not_found, 0U);
  }
}

}  // namespace
}  // namespace tb::sched
