// Random lives of threads on one to four CPUs: nobody is lost, in two places, or running where he
// is not wanted, and every nanosecond is somebody's.
#include <gtest/gtest.h>

#include "tests/sched/random_machine.h"

namespace tb::sched {
namespace {

class RandomLives : public testing::TestWithParam<std::uint32_t> {};

INSTANTIATE_TEST_SUITE_P(Cpus, RandomLives, testing::Range(1U, 5U));

TEST_P(RandomLives, LoseNobodyAndChargeEveryNanosecond) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    RandomMachine machine(GetParam(), seed);
    for (int step = 0; step < 30'000; ++step) {
      machine.step();
      ASSERT_FALSE(HasFailure()) << "step " << step;
    }
    machine.finish();
    EXPECT_EQ(machine.charged(), machine.passed());
    EXPECT_GT(machine.spawned(), 100U) << "the scenario is too quiet to show anything";
    EXPECT_TRUE(machine.moved() > 100U || GetParam() == 1) << machine.moved() << " moves only";
  }
}

}  // namespace
}  // namespace tb::sched
