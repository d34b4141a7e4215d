// The lock-free stack: its order, one chosen bad interleaving, and four threads at once.
#include "base/tagged_index_stack.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <functional>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace tb {
namespace {

using Links = std::array<std::atomic<std::uint32_t>, 8>;

TEST(TaggedIndexStack, IsEmptyAtFirst) {
  Links links;
  TaggedIndexStack<> stack;
  EXPECT_EQ(stack.pop(links), std::nullopt);
}

TEST(TaggedIndexStack, GivesTheLastOneFirst) {
  Links links;
  TaggedIndexStack<> stack;
  for (const std::uint32_t index : {0U, 7U, 3U}) {
    stack.push(index, links);
  }
  EXPECT_EQ(stack.pop(links), 3U);
  EXPECT_EQ(stack.pop(links), 7U);
  EXPECT_EQ(stack.pop(links), 0U);
  EXPECT_EQ(stack.pop(links), std::nullopt);
}

TEST(TaggedIndexStack, TakesAWholeChainInOneStep) {
  Links links;
  TaggedIndexStack<> stack;
  stack.push(5, links);
  links[1] = 2;
  links[2] = 4;
  stack.push_chain(1, 4, links);
  for (const std::uint32_t expected : {1U, 2U, 4U, 5U}) {
    EXPECT_EQ(stack.pop(links), expected);
  }
  EXPECT_EQ(stack.pop(links), std::nullopt);
}

TEST(TaggedIndexStackDeathTest, RefusesAnIndexWithoutALink) {
  Links links;
  TaggedIndexStack<> stack;
  EXPECT_DEATH(stack.push(8, links), "the index has a link");
  EXPECT_DEATH(stack.push(TaggedIndexStack<>::kNone, links), "the index has a link");
}

// What "another CPU" does between the last read and the exchange; runs once.
std::function<void()> before_exchange;

// An atomic that lets the test act at the worst moment.
template <class T>
struct InterruptedAtomic : std::atomic<T> {
  using std::atomic<T>::atomic;

  bool compare_exchange_weak(T& expected, T desired, std::memory_order order) {
    if (const auto act = std::exchange(before_exchange, nullptr)) {
      act();
    }
    return this->compare_exchange_strong(expected, desired, order);
  }
};

TEST(TaggedIndexStack, NoticesAnIndexThatLeftAndCameBack) {
  std::array<InterruptedAtomic<std::uint32_t>, 3> links;
  TaggedIndexStack<InterruptedAtomic> stack;
  for (const std::uint32_t index : {0U, 1U, 2U}) {
    stack.push(index, links);
  }
  std::optional<std::uint32_t> stolen;
  before_exchange = [&] {
    const auto returning = stack.pop(links);
    stolen = stack.pop(links);
    stack.push(*returning, links);
  };
  EXPECT_EQ(stack.pop(links), 2U);
  EXPECT_EQ(stolen, 1U);
  EXPECT_EQ(stack.pop(links), 0U) << "1 was given out twice";
  EXPECT_EQ(stack.pop(links), std::nullopt);
}

TEST(TaggedIndexStack, LinksToTheHeadThatReplacedTheOneItSaw) {
  std::array<InterruptedAtomic<std::uint32_t>, 3> links;
  TaggedIndexStack<InterruptedAtomic> stack;
  stack.push(0, links);
  before_exchange = [&] { stack.push(1, links); };
  stack.push(2, links);
  for (const std::uint32_t expected : {2U, 1U, 0U}) {
    EXPECT_EQ(stack.pop(links), expected);
  }
}

// Each slot has an owner flag that only its popper may set, and a plain word that only it may
// write: an index given out twice trips the first, a missing memory order is for a race detector to
// find in the second.
TEST(TaggedIndexStack, LosesAndDoublesNothingUnderFourThreads) {
  constexpr std::uint32_t kCount = 6;
  constexpr int kThreads = 4;
  constexpr int kSteps = 200'000;
  std::array<std::atomic<std::uint32_t>, kCount> links;
  std::array<std::atomic<bool>, kCount> owned{};
  std::array<std::uint64_t, kCount> uses{};
  std::atomic<std::uint64_t> doubled = 0, taken = 0;
  TaggedIndexStack<> stack;
  for (std::uint32_t index = 0; index < kCount; ++index) {
    stack.push(index, links);
  }
  const auto take_and_return = [&] {
    for (int step = 0; step < kSteps; ++step) {
      const auto first = stack.pop(links);
      const auto second = stack.pop(links);
      for (const auto index : {first, second}) {
        if (index) {
          doubled += owned[*index].exchange(true, std::memory_order_relaxed) ? 1 : 0;
          ++uses[*index];
          taken.fetch_add(1, std::memory_order_relaxed);
          owned[*index].store(false, std::memory_order_relaxed);
        }
      }
      if (first && second && step % 2 == 0) {
        links[*first].store(*second, std::memory_order_relaxed);
        stack.push_chain(*first, *second, links);
      } else {
        if (first) stack.push(*first, links);
        if (second) stack.push(*second, links);
      }
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int count = 0; count < kThreads; ++count) {
      threads.emplace_back(take_and_return);
    }
  }
  EXPECT_EQ(doubled, 0U);
  std::array<int, kCount> left{};
  std::uint64_t counted = 0;
  while (const auto index = stack.pop(links)) {
    ASSERT_EQ(++left[*index], 1) << "index " << *index << " is in the stack twice";
    counted += uses[*index];
  }
  EXPECT_EQ(left, (std::array{1, 1, 1, 1, 1, 1}));
  EXPECT_EQ(counted, taken) << "two threads used one index at the same time";
}

}  // namespace
}  // namespace tb
