// What is expected of a thread by the bursts before.
#include "sched/burst.h"

#include <gtest/gtest.h>

#include <chrono>

namespace tb::sched {
namespace {

using namespace std::chrono_literals;

// The known outcome: from nothing to busy it takes 6 steps to one half and 18 to nine tenths, and
// back to one tenth 18.
TEST(BurstAverage, ComesAndGoesByAnEighthOfTheDifference) {
  const auto steps_until = [](std::uint32_t average, std::uint32_t burst, auto reached) {
    int steps = 0;
    while (!reached(average)) {
      average = burst_average(average, burst);
      ++steps;
    }
    return steps;
  };
  constexpr std::uint32_t kBusy = 1'000'000;
  EXPECT_EQ(steps_until(0, kBusy, [](std::uint32_t now) { return now >= kBusy / 2; }), 6);
  EXPECT_EQ(steps_until(0, kBusy, [](std::uint32_t now) { return now >= kBusy / 10 * 9; }), 18);
  EXPECT_EQ(steps_until(kBusy, 0, [](std::uint32_t now) { return now <= kBusy / 10; }), 18);
}

TEST(BurstAverage, GetsThere) {
  std::uint32_t average = 0;
  for (int i = 0; i < 1'000; ++i) {
    average = burst_average(average, 12'345);
  }
  EXPECT_EQ(average, 12'345U);
  for (int i = 0; i < 1'000; ++i) {
    average = burst_average(average, 0);
  }
  EXPECT_EQ(average, 0U);
}

struct Thread {
  std::uint32_t burst = 0;
  std::uint32_t average_burst = 0;
};

TEST(Burst, GrowsWhileTheThreadRunsAndCountsAsTheLongestFromThenOn) {
  Thread thread;
  lengthen_burst(thread, 3ms);
  lengthen_burst(thread, 2ms);
  EXPECT_EQ(thread.burst, 5'000'000U);
  EXPECT_EQ(expected_burst(thread), 5'000'000U) << "the present one is longer already";
  lengthen_burst(thread, 10h);
  EXPECT_EQ(thread.burst, kLongestBurst);
}

TEST(Burst, IsOneOfThoseBeforeWhenItHasEnded) {
  Thread thread{.burst = 8'000'000, .average_burst = 0};
  finish_burst(thread);
  EXPECT_EQ(thread.burst, 0U);
  EXPECT_EQ(thread.average_burst, 1'000'000U);
  EXPECT_EQ(expected_burst(thread), 1'000'000U);
}

}  // namespace
}  // namespace tb::sched
