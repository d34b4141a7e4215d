// Ranges of units: apart from each other, aligned, and whole again when all have come back.
#include "runtime/memory/unit_buddy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace tb {
namespace {

constexpr std::uint32_t kLimit = 1 << 12;

struct Memory {
  std::vector<UnitMark> marks = std::vector<UnitMark>(kLimit, kNoMark);
  std::vector<UnitLinks> links = std::vector<UnitLinks>(kLimit);
};

struct Tables {
  Memory* memory;
  UnitMark& mark(std::uint32_t unit) { return memory->marks.at(unit); }
  UnitLinks& links(std::uint32_t unit) { return memory->links.at(unit); }
};

class UnitBuddyTest : public testing::Test {
 protected:
  std::optional<std::uint32_t> take(std::size_t order) {
    if (const auto unit = buddy.take(order)) {
      return unit;
    }
    const auto top = buddy.top_with(order);
    if (!top) {
      return std::nullopt;
    }
    buddy.grow(*top);
    return buddy.take(order);
  }

  Memory memory;
  UnitBuddy<Tables> buddy{Tables{&memory}, kLimit};
};

TEST_F(UnitBuddyTest, HasNothingBeforeItGrows) {
  EXPECT_EQ(buddy.take(0), std::nullopt);
  EXPECT_EQ(buddy.top(), 0u);
}

TEST_F(UnitBuddyTest, GrowsByWhatIsWantedAndUsesTheGaps) {
  EXPECT_EQ(take(0), 0u);
  EXPECT_EQ(take(2), 4u);
  EXPECT_EQ(buddy.top(), 8u);
  EXPECT_EQ(take(1), 2u);
  EXPECT_EQ(take(0), 1u);
  EXPECT_EQ(buddy.top(), 8u) << "gaps before growth";
  EXPECT_EQ(take(0), 8u);
}

TEST_F(UnitBuddyTest, NeighboursUniteToTheWhole) {
  std::vector<std::uint32_t> units;
  for (int i = 0; i < 64; ++i) {
    units.push_back(*take(0));
  }
  std::shuffle(units.begin(), units.end(), std::mt19937(1));
  for (const std::uint32_t unit : units) {
    buddy.give_back(unit, 0);
  }
  EXPECT_EQ(buddy.take(6), 0u);
}

TEST_F(UnitBuddyTest, IsUsedUpToItsLimitAndRefusesMore) {
  EXPECT_EQ(buddy.top_with(13), std::nullopt);
  EXPECT_EQ(buddy.top_with(kUnitOrders), std::nullopt);
  EXPECT_EQ(take(11), 0u);
  EXPECT_EQ(take(11), 2048u);
  EXPECT_EQ(take(0), std::nullopt);
  buddy.give_back(0, 11);
  EXPECT_EQ(take(0), 0u);
}

TEST_F(UnitBuddyTest, RandomRangesNeverOverlapAndNothingIsLost) {
  struct Range {
    std::uint32_t unit;
    std::size_t order;
  };
  std::mt19937 random(7);
  std::vector<Range> taken;
  std::vector<bool> used(kLimit);
  for (int i = 0; i < 20'000; ++i) {
    if (taken.empty() || random() % 2 == 0) {
      const std::size_t order = random() % 8;
      const auto unit = take(order);
      if (!unit) {
        continue;
      }
      ASSERT_EQ(*unit % (1u << order), 0u);
      for (std::uint32_t u = *unit; u < *unit + (1u << order); ++u) {
        ASSERT_FALSE(used[u]);
        ASSERT_EQ(memory.marks[u], kNoMark);
        used[u] = true;
      }
      taken.push_back({*unit, order});
    } else {
      std::swap(taken[random() % taken.size()], taken.back());
      const Range range = taken.back();
      taken.pop_back();
      std::fill_n(used.begin() + range.unit, 1 << range.order, false);
      buddy.give_back(range.unit, range.order);
    }
  }
  for (const Range& range : taken) {
    buddy.give_back(range.unit, range.order);
  }
  ASSERT_GE(buddy.top(), 128u);
  EXPECT_EQ(buddy.take(7), 0u) << "the first units are one range again";
}

using UnitBuddyDeathTest = UnitBuddyTest;

TEST_F(UnitBuddyDeathTest, ARangeComesBackOnce) {
  const std::uint32_t unit = *take(0);
  buddy.give_back(unit, 0);
  EXPECT_DEATH(buddy.give_back(unit, 0), "the range is in use");
}

}  // namespace
}  // namespace tb
