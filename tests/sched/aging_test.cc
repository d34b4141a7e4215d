// Priority with aging: the stronger goes first until the weaker has waited for long enough.
#include "sched/aging.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/sched/world.h"

namespace tb::sched {
namespace {

using Queue = Aging<Entity>;

struct AgingTest : testing::Test {
  // A strong thread comes again and again; how long the weak one waits until it is its turn.
  Duration wait_of(int weak_nice, int strong_nice) {
    weak.nice = static_cast<std::int8_t>(weak_nice);
    strong.nice = static_cast<std::int8_t>(strong_nice);
    queue.note_time(at(0ms));
    queue.enqueue(weak, EnqueueReason::kSpawned);
    Duration waited{};
    for (;; waited += 1ms) {
      queue.note_time(at(waited));
      queue.enqueue(strong, EnqueueReason::kWoken);
      if (queue.pick() == &weak) {
        EXPECT_EQ(queue.pick(), &strong);
        return waited;
      }
    }
  }

  Queue queue{10ms};
  std::array<Entity, 2> threads;
  Entity& weak = threads[0];
  Entity& strong = threads[1];
};

TEST(TimeToCatchUp, IsTenTicksALevel) {
  EXPECT_EQ(time_to_catch_up(0, -20), 200ms);
  EXPECT_EQ(time_to_catch_up(20 - 1, 0), 190ms);
  EXPECT_EQ(priority_boost(200ms, kAgingInterval), 20U);
}

TEST_F(AgingTest, TheStrongerGoesFirst) {
  weak.nice = 1;
  queue.enqueue(weak, EnqueueReason::kSpawned);
  queue.enqueue(strong, EnqueueReason::kSpawned);
  EXPECT_EQ(queue.pick(), &strong);
  EXPECT_TRUE(queue.preempts(strong, weak));
  EXPECT_FALSE(queue.preempts(weak, strong));
}

TEST_F(AgingTest, TheWeakerCatchesUpOneLevelInTenMilliseconds) {
  for (const auto& [nice, stronger] :
       {std::pair(0, -20), std::pair(1, 0), std::pair(19, -20), std::pair(5, 2)}) {
    const Duration due = time_to_catch_up(nice, stronger);
    EXPECT_GE(wait_of(nice, stronger), due);
    EXPECT_LE(wait_of(nice, stronger), due + 1ms);
  }
}

TEST_F(AgingTest, WhoHadItsTurnBeginsAnew) { EXPECT_EQ(wait_of(10, 0), wait_of(10, 0)); }

TEST_F(AgingTest, WhoYieldsGoesBehindAll) {
  queue.enqueue(weak, EnqueueReason::kSpawned);
  strong.nice = -20;
  queue.enqueue(strong, EnqueueReason::kYielded);
  EXPECT_EQ(queue.pick(), &weak);
}

}  // namespace
}  // namespace tb::sched
