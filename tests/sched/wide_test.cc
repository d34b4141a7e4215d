// Division of 128 bits, against that of the compiler's library, which the host has.
#include "sched/wide.h"

#include <gtest/gtest.h>

#include <random>

namespace tb::sched {
namespace {

// Of any length alike, below 2^126.
Wide random_number(std::mt19937_64& random) {
  const Wide number = Wide{random()} << 64 | random();
  return number >> (2 + random() % 126);
}

TEST(Wide, IsDividedAsTheCompilersLibraryWould) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 20'000; ++round) {
    const Wide dividend = random_number(random);
    const Wide divisor = random_number(random) + 1;
    ASSERT_TRUE(quotient(dividend, divisor) == dividend / divisor);
    const Wide up = dividend / divisor + (dividend % divisor != 0 ? 1 : 0);
    ASSERT_TRUE(quotient_up(dividend, divisor) == up);
  }
}

TEST(Wide, BecomesTheLongestDurationIfItIsLonger) {
  EXPECT_EQ(at_most_max(Wide{7}), Duration(7));
  EXPECT_EQ(at_most_max(Wide{count_of(Duration::max())}), Duration::max());
  EXPECT_EQ(at_most_max(Wide{1} << 63), Duration::max());
  EXPECT_EQ(at_most_max(Wide{1} << 64), Duration::max());
}

TEST(WideDeathTest, IsNotDividedByZero) {
  EXPECT_DEATH(static_cast<void>(quotient(1, 0)), "can be divided");
}

}  // namespace
}  // namespace tb::sched
