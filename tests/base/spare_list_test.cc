// What one CPU keeps of spare things, and what goes to all in chains.
#include "base/spare_list.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace tb {
namespace {

struct Item {
  Item* next_spare = nullptr;
};
using Items = SpareList<Item>;

// One CPU's list and what lies with all; each item is in one place.
struct Spares : testing::Test {
  void give(Item& item) {
    if (const SpareChain<Item> surplus = list.give(item); surplus.first != nullptr) {
      surpluses.push_back(surplus);
    }
  }

  std::vector<Item*> take_all() {
    std::vector<Item*> taken;
    while (Item* const item = list.take()) {
      taken.push_back(item);
    }
    return taken;
  }

  static std::size_t walked(const SpareChain<Item>& chain) {
    std::size_t length = 0;
    for (const Item* item = chain.first; item != nullptr; item = item->next_spare) {
      ++length;
    }
    return length;
  }

  Items list;
  std::array<Item, 20> items{};
  std::vector<SpareChain<Item>> surpluses;
};

TEST_F(Spares, AreTakenInTheOrderOfTheLastGivenFirst) {
  list.set_chain_length(4);
  EXPECT_EQ(list.take(), nullptr);
  for (std::size_t i = 0; i < 3; ++i) {
    give(items[i]);
  }
  EXPECT_EQ(list.count(), 3U);
  EXPECT_EQ(take_all(), (std::vector<Item*>{&items[2], &items[1], &items[0]}));
  EXPECT_EQ(list.count(), 0U);
}

TEST_F(Spares, AreShownBeforeTheyAreTakenAsLongAsTheirChainHasOne) {
  list.set_chain_length(2);
  EXPECT_EQ(list.next(), nullptr);
  for (std::size_t i = 0; i < 3; ++i) {
    give(items[i]);
  }
  EXPECT_EQ(list.next(), &items[2]);
  EXPECT_EQ(list.take(), &items[2]);
  EXPECT_EQ(list.next(), nullptr) << "the others are in the full chain";
  EXPECT_EQ(list.take(), &items[1]);
  EXPECT_EQ(list.next(), &items[0]);
}

TEST_F(Spares, BeyondTwoChainsGoToAllAChainAtATime) {
  list.set_chain_length(4);
  for (Item& item : items) {
    give(item);
    EXPECT_LE(list.count(), 8U);
  }
  ASSERT_EQ(surpluses.size(), 3U);
  for (const SpareChain<Item>& surplus : surpluses) {
    EXPECT_EQ(surplus.length, 4U);
    EXPECT_EQ(walked(surplus), 4U);
  }
  EXPECT_EQ(take_all().size(), 8U);
}

TEST_F(Spares, TakenAndGivenAroundABorderAskNobodyElse) {
  list.set_chain_length(4);
  for (std::size_t i = 0; i < 9; ++i) {
    give(items[i]);
  }
  const std::size_t before = surpluses.size();
  for (int round = 0; round < 100; ++round) {
    std::vector<Item*> taken;
    for (int count = 0; count < 3; ++count) {
      taken.push_back(list.take());
      ASSERT_NE(taken.back(), nullptr);
    }
    for (Item* const item : taken) {
      give(*item);
    }
  }
  EXPECT_LE(surpluses.size(), before + 1);
}

TEST_F(Spares, AChainOfAllIsPutInWhenThereIsNoneLeft) {
  list.set_chain_length(2);
  items[0].next_spare = &items[1];
  list.put_in({&items[0], 2});
  EXPECT_EQ(list.count(), 2U);
  EXPECT_EQ(take_all(), (std::vector<Item*>{&items[0], &items[1]}));
}

TEST_F(Spares, AreNotKeptWhereChainsHaveNoLength) {
  for (Item& item : items) {
    give(item);
    EXPECT_EQ(list.count(), 0U);
  }
  EXPECT_EQ(surpluses.size(), items.size());
  EXPECT_EQ(walked(surpluses.back()), 1U);
}

}  // namespace
}  // namespace tb
