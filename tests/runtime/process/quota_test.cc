// Taking from a quota and giving back, alone and in every order.
#include "runtime/process/quota.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "tests/explorer/explore.h"
#include "tests/explorer/passes.h"

namespace tb {
namespace {

using explorer::ensure;
using explorer::ExploredAtomic;
using explorer::passes;

TEST(AQuota, GivesUntilTheLimitAndNoMore) {
  Quota<> quota(10);
  EXPECT_TRUE(quota.take(4));
  EXPECT_TRUE(quota.take(6));
  EXPECT_FALSE(quota.take(1));
  EXPECT_EQ(quota.used(), 10U);
  EXPECT_EQ(quota.give(6), 4U);
  EXPECT_TRUE(quota.take(6));
}

TEST(AQuota, TakesNothingWhereItRefuses) {
  Quota<> quota(10);
  EXPECT_FALSE(quota.take(11));
  EXPECT_FALSE(quota.take(kNoLimit));
  EXPECT_EQ(quota.used(), 0U);
}

TEST(AQuota, WithoutALimitDoesNotOverflow) {
  Quota<> quota;
  EXPECT_TRUE(quota.take(kNoLimit));
  EXPECT_FALSE(quota.take(1));
}

TEST(AQuota, KeepsWhatIsAboveALowerLimit) {
  Quota<> quota(10);
  EXPECT_TRUE(quota.take(8));
  quota.set_limit(5);
  EXPECT_EQ(quota.used(), 8U);
  EXPECT_FALSE(quota.take(1));
  EXPECT_EQ(quota.give(4), 4U);
  EXPECT_TRUE(quota.take(1));
}

TEST(AQuota, GivesBackNoMoreThanThereIs) {
  Quota<> quota(10);
  EXPECT_TRUE(quota.take(7));
  EXPECT_EQ(quota.give_at_most(4), 4U);
  EXPECT_EQ(quota.give_at_most(5), 3U);
  EXPECT_EQ(quota.give_at_most(5), 0U);
  EXPECT_EQ(quota.used(), 0U);
}

// Two who want all of it; whoever had it gives it back.
struct Two {
  std::vector<std::function<void()>> threads() {
    const auto take_and_give = [this] {
      if (quota.take(2)) {
        ensure(++inside == 1, "no more than the limit at a time");
        ++taken;
        --inside;
        quota.give(2);
      }
    };
    return {take_and_give, take_and_give};
  }
  void check() {
    ensure(quota.used() == 0, "all is back");
    ensure(taken >= 1, "who is within the limit is not refused");
  }

  Quota<ExploredAtomic> quota{2};
  int inside = 0;
  int taken = 0;
};

TEST(AQuotaInEveryOrder, IsNeverExceeded) { EXPECT_TRUE(passes(explorer::explore<Two>())); }

}  // namespace
}  // namespace tb
