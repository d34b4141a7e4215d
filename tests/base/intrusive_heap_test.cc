// The heap against std::multiset, its cost, and what it refuses.
#include "base/intrusive_heap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <random>
#include <set>
#include <vector>

namespace tb {
namespace {

struct Item {
  int key = 0;
  HeapHook<Item> hook;
};

std::uint64_t comparisons = 0;

struct Smaller {
  bool operator()(const Item& one, const Item& other) const {
    ++comparisons;
    return one.key < other.key;
  }
};

using Items = IntrusiveHeap<Item, &Item::hook, Smaller>;

TEST(IntrusiveHeap, IsEmptyAtFirst) {
  Items heap;
  EXPECT_TRUE(heap.empty());
  EXPECT_EQ(heap.top(), nullptr);
  EXPECT_EQ(heap.pop(), nullptr);
}

TEST(IntrusiveHeap, LetsElementsLeaveInOrder) {
  std::mt19937 random(1);
  std::vector<int> keys(1000);
  std::iota(keys.begin(), keys.end(), 0);
  std::shuffle(keys.begin(), keys.end(), random);
  std::vector<Item> items(keys.size());
  Items heap;
  for (std::size_t index = 0; index < keys.size(); ++index) {
    items[index].key = keys[index];
    heap.push(items[index]);
  }
  for (int key = 0; key < 1000; ++key) {
    ASSERT_EQ(heap.top()->key, key);
    ASSERT_EQ(heap.pop()->key, key);
  }
  EXPECT_TRUE(heap.empty());
}

TEST(IntrusiveHeap, RemovesAnyElementAndKeepsTheOrder) {
  constexpr int kCount = 9;
  for (int pops = 0; pops < 3; ++pops) {
    for (int removed = pops; removed < kCount; ++removed) {
      std::vector<Item> items(kCount);
      Items heap;
      for (int key = 0; key < kCount; ++key) {
        items[key].key = key;
        heap.push(items[key]);
      }
      for (int key = 0; key < pops; ++key) {
        ASSERT_EQ(heap.pop(), &items[key]);
      }
      heap.remove(items[removed]);
      ASSERT_FALSE(Items::is_linked(items[removed]));
      for (int key = pops; key < kCount; ++key) {
        if (key != removed) {
          ASSERT_EQ(heap.pop(), &items[key]);
        }
      }
      ASSERT_TRUE(heap.empty());
    }
  }
}

// Compares every answer with a multiset while keys collide often.
TEST(IntrusiveHeap, BehavesLikeAMultisetUnderRandomUse) {
  std::mt19937 random(20240607);
  std::vector<Item> items(200);
  Items heap;
  std::multiset<int> model;
  for (int step = 0; step < 300'000; ++step) {
    Item& item = items[random() % items.size()];
    const std::uint32_t choice = random() % 8;
    if (choice == 0 && !model.empty()) {
      Item* const popped = heap.pop();
      ASSERT_EQ(popped->key, *model.begin());
      ASSERT_FALSE(Items::is_linked(*popped));
      model.erase(model.begin());
    } else if (!Items::is_linked(item)) {
      item.key = static_cast<int>(random() % 100);
      heap.push(item);
      model.insert(item.key);
    } else if (choice < 5) {
      heap.remove(item);
      model.erase(model.find(item.key));
    }
    ASSERT_EQ(heap.empty(), model.empty());
    ASSERT_TRUE(model.empty() || heap.top()->key == *model.begin());
    const auto is_linked = [](const Item& each) { return Items::is_linked(each); };
    ASSERT_TRUE(step % 1000 != 0 || std::ranges::count_if(items, is_linked) == std::ssize(model));
  }
}

// A steady run queue: the mean cost of a push with a pop or a removal stays near the logarithm of
// 1000.
TEST(IntrusiveHeap, NeedsLogarithmicallyManyComparisons) {
  std::mt19937 random(3);
  std::vector<Item> items(1000);
  Items heap;
  for (Item& item : items) {
    item.key = static_cast<int>(random() % 1'000'000);
    heap.push(item);
  }
  comparisons = 0;
  constexpr int kSteps = 20'000;
  for (int step = 0; step < kSteps; ++step) {
    Item* item = &items[random() % items.size()];
    if (step % 2 == 0) {
      item = heap.pop();
    } else {
      heap.remove(*item);
    }
    item->key += static_cast<int>(random() % 1'000'000);
    heap.push(*item);
  }
  EXPECT_LT(comparisons / kSteps, 30U);
}

// In falling order every element becomes the parent of all before it, in rising order the last
// brother of a long row: recursion over either would overflow the stack.
TEST(IntrusiveHeap, SurvivesLongChainsAndLongRows) {
  constexpr int kCount = 1'000'000;
  std::vector<Item> items(kCount);
  for (const int sign : {-1, 1}) {
    Items heap;
    for (int index = 0; index < kCount; ++index) {
      items[index].key = sign * index;
      heap.push(items[index]);
    }
    heap.remove(items[kCount / 2]);
    int previous = -kCount;
    for (int count = 1; count < kCount; ++count) {
      const int key = heap.pop()->key;
      ASSERT_LT(previous, key);
      previous = key;
    }
    EXPECT_TRUE(heap.empty());
  }
}

TEST(IntrusiveHeapDeathTest, RefusesToInsertTwice) {
  Item item;
  Items heap, another;
  heap.push(item);
  EXPECT_DEATH(heap.push(item), "the element is in no heap yet");
  EXPECT_DEATH(another.push(item), "the element is in no heap yet");
}

TEST(IntrusiveHeapDeathTest, RefusesToRemoveWhatItDoesNotHold) {
  Item item;
  Items heap, another;
  EXPECT_DEATH(heap.remove(item), "the element is in a heap");
  another.push(item);
  EXPECT_DEATH(heap.remove(item), "the element is in this heap");
}

}  // namespace
}  // namespace tb
