// The list against std::list, and what it refuses.
#include "base/intrusive_list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <list>
#include <random>
#include <vector>

namespace tb {
namespace {

struct Item {
  ListHook<Item> hook;
  ListHook<Item> other_hook;
};

using Items = IntrusiveList<Item, &Item::hook>;
using OtherItems = IntrusiveList<Item, &Item::other_hook>;

TEST(IntrusiveList, IsEmptyAtFirst) {
  Items list;
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.front(), nullptr);
  EXPECT_EQ(list.pop_front(), nullptr);
}

TEST(IntrusiveList, LetsElementsLeaveInTheOrderTheyCame) {
  Item first, second, third;
  Items list;
  list.push_back(second);
  list.push_back(third);
  list.push_front(first);
  EXPECT_EQ(list.front(), &first);
  EXPECT_EQ(list.pop_front(), &first);
  EXPECT_EQ(list.pop_front(), &second);
  EXPECT_EQ(list.pop_front(), &third);
  EXPECT_TRUE(list.empty());
}

TEST(IntrusiveList, LetsElementsInBeforeOthers) {
  Item first, second, third;
  Items list;
  list.push_back(third);
  list.insert_before(third, first);
  list.insert_before(third, second);
  EXPECT_EQ(list.pop_front(), &first);
  EXPECT_EQ(list.pop_front(), &second);
  list.remove(third);
  EXPECT_TRUE(list.empty());
}

TEST(IntrusiveList, PutsElementsWhereTheyBelongInItsOrder) {
  std::array<Item, 5> items;  // in the order of their addresses
  Items list;
  const auto precedes = [](const Item& a, const Item& b) { return &a < &b; };
  for (const std::size_t i : {2, 4, 0, 3, 1}) {
    list.insert_in_order(items[i], precedes);
  }
  EXPECT_EQ(list.back(), &items[4]);
  for (Item& item : items) {
    EXPECT_EQ(list.pop_front(), &item);
  }
  EXPECT_EQ(list.back(), nullptr);
}

TEST(IntrusiveList, KeepsOneElementInTwoListsByTwoHooks) {
  Item item;
  Items list;
  OtherItems other;
  list.push_back(item);
  other.push_back(item);
  list.remove(item);
  EXPECT_FALSE(Items::is_linked(item));
  EXPECT_TRUE(OtherItems::is_linked(item));
  EXPECT_EQ(other.front(), &item);
}

TEST(IntrusiveList, BehavesLikeAListUnderRandomUse) {
  std::mt19937 random(20240607);
  std::vector<Item> items(40);
  Items list;
  std::list<Item*> model;
  for (int step = 0; step < 100'000; ++step) {
    Item& item = items[random() % items.size()];
    const auto place = std::find(model.begin(), model.end(), &item);
    ASSERT_EQ(Items::is_linked(item), place != model.end());
    if (random() % 4 == 0) {
      Item* const expected = model.empty() ? nullptr : model.front();
      ASSERT_EQ(list.pop_front(), expected);
      if (expected != nullptr) model.pop_front();
    } else if (place != model.end()) {
      list.remove(item);
      model.erase(place);
    } else if (random() % 3 == 0) {
      Item* const expected = model.empty() ? nullptr : model.front();
      ASSERT_EQ(list.exchange_front(item), expected);
      if (expected != nullptr) {
        model.push_back(&item);
        model.pop_front();
      }
    } else if (random() % 2 == 0) {
      list.push_back(item);
      model.push_back(&item);
    } else {
      list.push_front(item);
      model.push_front(&item);
    }
    ASSERT_EQ(list.empty(), model.empty());
    ASSERT_EQ(list.front(), model.empty() ? nullptr : model.front());
  }
}

TEST(IntrusiveListDeathTest, RefusesToInsertTwice) {
  Item item;
  Items list, another;
  list.push_back(item);
  EXPECT_DEATH(list.push_back(item), "the element is in no list yet");
  EXPECT_DEATH(list.push_front(item), "the element is in no list yet");
  EXPECT_DEATH(another.push_back(item), "the element is in no list yet");
}

TEST(IntrusiveListDeathTest, RefusesToRemoveWhatItDoesNotHold) {
  Item item, first;
  Items list, another;
  EXPECT_DEATH(list.remove(item), "the element is in a list");
  another.push_back(item);
  another.push_front(first);
  EXPECT_DEATH(list.remove(item), "the element is in this list");
  EXPECT_DEATH(list.remove(first), "the element is in this list");
}

}  // namespace
}  // namespace tb
