// The tree of turns against a plain search.
#include "arch/sim/turn_order.h"

#include <gtest/gtest.h>

#include <vector>

#include "arch/sim/chance.h"

namespace tb::arch::sim {
namespace {

TEST(TurnOrder, GivesTheEarliestAndOfSeveralTheLowestNumber) {
  Chance chance(1);
  for (const std::uint32_t count : {1U, 2U, 3U, 8U, 17U, 64U}) {
    TurnOrder order(count);
    std::vector<std::int64_t> times(count, TurnOrder::kNotNow);
    EXPECT_EQ(order.first_time(), TurnOrder::kNotNow);
    for (int step = 0; step < 2000; ++step) {
      const auto cpu = static_cast<std::uint32_t>(chance.below(count));
      times[cpu] = chance.below(5) == 0 ? TurnOrder::kNotNow : chance.between(0, 20);
      order.set(cpu, times[cpu]);
      std::uint32_t first = 0;
      for (std::uint32_t i = 1; i < count; ++i) {
        first = times[i] < times[first] ? i : first;
      }
      ASSERT_EQ(order.first_time(), times[first]);
      if (times[first] != TurnOrder::kNotNow) {
        ASSERT_EQ(order.first(), first);
      }
    }
  }
}

TEST(Chance, IsTheSameForTheSameSeed) {
  // The first numbers of SplitMix64 from the state 0.
  Chance chance(0);
  EXPECT_EQ(chance.next(), 0xe220a8397b1dcdaf);
  EXPECT_EQ(chance.next(), 0x6e789e6aa1b965f4);
  EXPECT_EQ(Chance(3).between(10, 11), 10);
  EXPECT_FALSE(Chance(3).one_of_thousand(0));
  EXPECT_TRUE(Chance(3).one_of_thousand(1000));
}

}  // namespace
}  // namespace tb::arch::sim
