// Sets of CPUs: what is in, what is out, and CPUs that no set can hold.
#include "base/cpu_set.h"

#include <gtest/gtest.h>

namespace tb {
namespace {

constexpr CpuId kHighest{CpuSet::kMaxCpus - 1};

TEST(CpuSet, IsEmptyAtFirst) {
  const CpuSet set;
  EXPECT_TRUE(set.empty());
  for (std::uint32_t cpu = 0; cpu < CpuSet::kMaxCpus; ++cpu) {
    EXPECT_FALSE(set.contains(CpuId{cpu}));
  }
}

TEST(CpuSet, ContainsWhatWasInsertedAndNothingElse) {
  for (const std::uint32_t inserted : {0U, 1U, 31U, 32U, 63U, 64U, 65U, 1023U}) {
    CpuSet set;
    set.insert(CpuId{inserted});
    EXPECT_FALSE(set.empty());
    for (std::uint32_t cpu = 0; cpu < CpuSet::kMaxCpus; ++cpu) {
      EXPECT_EQ(set.contains(CpuId{cpu}), cpu == inserted) << "CPU " << cpu;
    }
  }
}

TEST(CpuSet, HoldsManyAndEachOnce) {
  CpuSet set;
  for (const std::uint32_t cpu : {5U, 900U, 64U, 5U}) {
    set.insert(CpuId{cpu});
  }
  CpuSet other_order;
  for (const std::uint32_t cpu : {64U, 5U, 900U}) {
    other_order.insert(CpuId{cpu});
  }
  EXPECT_EQ(set, other_order);
  other_order.insert(CpuId{6});
  EXPECT_NE(set, other_order);
}

TEST(CpuSet, EverywhereIsAllThatThereCouldBe) {
  CpuSet set;
  for (std::uint32_t cpu = 0; cpu < CpuSet::kMaxCpus; ++cpu) {
    EXPECT_TRUE(CpuSet::everywhere().contains(CpuId{cpu}));
    EXPECT_NE(set, CpuSet::everywhere());
    set.insert(CpuId{cpu});
  }
  EXPECT_EQ(set, CpuSet::everywhere());
}

TEST(CpuSet, NeverContainsACpuThatCannotBe) {
  EXPECT_TRUE(CpuSet::everywhere().contains(kHighest));
  EXPECT_FALSE(CpuSet::everywhere().contains(CpuId{CpuSet::kMaxCpus}));
  EXPECT_FALSE(CpuSet::everywhere().contains(kNoCpu));
}

TEST(CpuSet, IsMadeAtCompileTimeToo) {
  constexpr CpuSet kSet = [] {
    CpuSet set;
    set.insert(kHighest);
    return set;
  }();
  static_assert(kSet.contains(kHighest) && !kSet.empty());
}

TEST(CpuSetDeathTest, RefusesACpuThatCannotBe) {
  CpuSet set;
  EXPECT_DEATH(set.insert(CpuId{CpuSet::kMaxCpus}), "the CPU's number is possible");
  EXPECT_DEATH(set.insert(kNoCpu), "the CPU's number is possible");
}

}  // namespace
}  // namespace tb
