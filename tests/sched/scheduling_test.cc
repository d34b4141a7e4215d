// What follows from a thread's parameters alone: order, weights, slices, boosts.
#include "sched/scheduling.h"

#include <gtest/gtest.h>

#include <chrono>

namespace tb::sched {
namespace {

using namespace std::chrono_literals;

constexpr SchedulingParameters with(PolicyKind policy, int number = 0) {
  const auto small = static_cast<std::uint8_t>(number);
  return is_real_time(policy)
             ? SchedulingParameters{.policy = policy, .priority = Priority{small}}
             : SchedulingParameters{.policy = policy, .nice = static_cast<std::int8_t>(number)};
}

TEST(SchedulingParameters, HaveTheNumbersOfLinux) {
  EXPECT_EQ(static_cast<int>(PolicyKind::kNormal), 0);
  EXPECT_EQ(static_cast<int>(PolicyKind::kFifo), 1);
  EXPECT_EQ(static_cast<int>(PolicyKind::kRoundRobin), 2);
  EXPECT_EQ(static_cast<int>(PolicyKind::kBatch), 3);
  EXPECT_EQ(static_cast<int>(PolicyKind::kIdle), 5);
  EXPECT_EQ(static_cast<int>(PolicyKind::kDeadline), 6);
}

TEST(ComparePriority, GoesByTheClassThenByThePriorityOrTheNiceValue) {
  const SchedulingParameters order[] = {
      with(PolicyKind::kDeadline),   with(PolicyKind::kFifo, 99),
      with(PolicyKind::kFifo, 50),   with(PolicyKind::kRoundRobin, 49),
      with(PolicyKind::kFifo, 1),    with(PolicyKind::kNormal, -20),
      with(PolicyKind::kBatch, -1),  with(PolicyKind::kNormal, 0),
      with(PolicyKind::kNormal, 19), with(PolicyKind::kIdle, 19),
  };
  for (std::size_t i = 0; i < std::size(order); ++i) {
    for (std::size_t j = 0; j < std::size(order); ++j) {
      EXPECT_EQ(compare_priority(order[i], order[j]) > 0, i < j) << i << ' ' << j;
    }
  }
  EXPECT_EQ(compare_priority(with(PolicyKind::kFifo, 7), with(PolicyKind::kRoundRobin, 7)),
            std::weak_ordering::equivalent);
}

TEST(Weight, IsThatOfLinux) {
  EXPECT_EQ(weight(-20), 88761U);
  EXPECT_EQ(weight(-1), 1277U);
  EXPECT_EQ(weight(0), 1024U);
  EXPECT_EQ(weight(1), 820U);
  EXPECT_EQ(weight(19), 15U);
}

TEST(WeightDeathTest, RefusesWhatIsNoNiceValue) {
  EXPECT_DEATH(static_cast<void>(weight(20)), "the nice value is one of the forty");
  EXPECT_DEATH(static_cast<void>(weight(-21)), "the nice value is one of the forty");
}

TEST(Quantum, IsThatOfThePolicyAndTheNiceValue) {
  EXPECT_EQ(quantum(with(PolicyKind::kNormal)), 10ms);
  EXPECT_EQ(quantum(with(PolicyKind::kBatch)), 50ms);
  EXPECT_EQ(quantum(with(PolicyKind::kRoundRobin, 1)), 100ms);
  EXPECT_EQ(quantum(with(PolicyKind::kIdle, 19)), 1ms);
  EXPECT_EQ(quantum(with(PolicyKind::kFifo, 1)), kUnlimited);
  EXPECT_EQ(quantum(with(PolicyKind::kDeadline)), kUnlimited);
  EXPECT_EQ(quantum(with(PolicyKind::kNormal, 5)), Duration(10ms) * 335 / 1024);
  EXPECT_EQ(quantum(with(PolicyKind::kBatch, -20)), Duration(50ms) * 88761 / 1024);
  EXPECT_EQ(quantum(with(PolicyKind::kNormal), 4ms), 4ms);
}

TEST(PriorityBoost, IsOneLevelForEachInterval) {
  EXPECT_EQ(priority_boost(0ms, 10ms), 0U);
  EXPECT_EQ(priority_boost(9ms, 10ms), 0U);
  EXPECT_EQ(priority_boost(10ms, 10ms), 1U);
  EXPECT_EQ(priority_boost(200ms, 10ms), 20U);
  EXPECT_EQ(priority_boost(-1ms, 10ms), 0U);
  EXPECT_EQ(priority_boost(Duration::max(), 1ns), 0xffff'ffffU);
}

}  // namespace
}  // namespace tb::sched
