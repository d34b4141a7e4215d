// The lists with their ends at hand, against plain queues.
#include "sched/near_lists.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <random>

namespace tb::sched {
namespace {

struct Thread {
  ListHook<Thread> run_queue_hook;
  std::uint8_t level = 0;
  std::uint64_t ticket = 0;
};

constexpr std::uint8_t kFirst = 5;
constexpr std::uint8_t kLevels = 3;
using Lists = NearLists<Thread, kFirst, kLevels>;

// The lists and what they should hold.
struct Both {
  static std::size_t index(const Thread& thread) { return thread.level - kFirst; }
  std::deque<Thread*>& queue_of(const Thread& thread) { return queues.at(index(thread)); }
  std::deque<Thread*>& first_queue() {
    return *std::ranges::find_if_not(queues, [](const auto& queue) { return queue.empty(); });
  }

  void remove(Thread& thread) {
    lists.remove(thread);
    std::erase(queue_of(thread), &thread);
  }

  void take() {
    Thread* picked = lists.pop_near();
    near += picked != nullptr ? 1 : 0;
    picked = picked != nullptr ? picked : lists.pop_front();
    ASSERT_EQ(picked, first_queue().front());
    first_queue().pop_front();
  }

  void push_front(Thread& thread) {
    lists.push_front(thread);
    queue_of(thread).push_front(&thread);
  }
  void push_back(Thread& thread) {
    lists.push_back(thread);
    queue_of(thread).push_back(&thread);
  }
  void push_back_first(Thread& thread) {
    thread.level = kFirst;
    lists.push_back_first(thread);
    queue_of(thread).push_back(&thread);
  }
  // Only among equals; then it is as if it had been pushed, and the first one taken.
  void exchange(Thread& thread) {
    Thread* const taken = lists.exchange_near(thread);
    if (taken == nullptr) {
      push_back(thread);
      return;
    }
    ++exchanged;
    for (const auto& queue : queues) {
      ASSERT_EQ(queue.empty(), &queue != &queue_of(thread));
    }
    queue_of(thread).push_back(&thread);
    ASSERT_EQ(taken, first_queue().front());
    first_queue().pop_front();
  }

  Lists lists;
  std::array<std::deque<Thread*>, kLevels> queues;
  int near = 0;
  int exchanged = 0;
};

// Whatever is done to them, the first is the first.
TEST(NearLists, AreQueuesOneBehindTheOther) {
  constexpr std::array kPushes = {&Both::push_front, &Both::push_back, &Both::push_back_first,
                                  &Both::exchange};
  std::mt19937 random(11);
  Both both;
  std::array<Thread, 8> threads;
  for (int step = 0; step < 200'000 && !testing::Test::HasFailure(); ++step) {
    Thread& thread = threads[random() % threads.size()];
    if (!thread.run_queue_hook.linked) {
      thread.level = static_cast<std::uint8_t>(kFirst + random() % kLevels);
      (both.*kPushes[random() % kPushes.size()])(thread);
      const auto first = std::ranges::find_if_not(both.queues, &std::deque<Thread*>::empty);
      EXPECT_EQ(both.lists.front(), first != both.queues.end() ? first->front() : nullptr);
    } else if (random() % 4 == 0) {
      both.remove(thread);
    } else {
      both.take();
    }
  }
  EXPECT_GT(both.near, 10'000) << "usually it is where it was";
  EXPECT_GT(both.exchanged, 500);
}

TEST(NearLists, CanBeWalkedFromTheFirstToTheLast) {
  Lists lists;
  std::array<Thread, 4> threads;
  for (std::size_t i = 0; i < threads.size(); ++i) {
    threads[i].level = static_cast<std::uint8_t>(kFirst + (i < 2 ? 2 : 0));
    lists.push_back(threads[i]);
  }
  const std::array expected = {&threads[2], &threads[3], &threads[0], &threads[1]};
  const Thread* each = lists.front();
  for (const Thread* const wanted : expected) {
    ASSERT_EQ(each, wanted);
    each = lists.after(*each);
  }
  EXPECT_EQ(each, nullptr);
  EXPECT_EQ(lists.back_of(kFirst), &threads[3]);
  EXPECT_EQ(lists.front_of(kFirst + 1), nullptr);
}

}  // namespace
}  // namespace tb::sched
