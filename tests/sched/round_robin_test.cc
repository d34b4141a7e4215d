// Round robin's own promises: first come, first served, a quantum each.
#include "sched/round_robin.h"

#include <gtest/gtest.h>

#include <array>
#include <utility>

#include "tests/sched/world.h"

namespace tb::sched {
namespace {

struct RoundRobinTest : testing::Test {
  RoundRobin<Entity> queue{kQuantum};
  std::array<Entity, 3> threads;
  Entity& a = threads[0];
  Entity& b = threads[1];
  Entity& c = threads[2];
};

TEST_F(RoundRobinTest, PicksInTheOrderOfArrivalWhateverTheReason) {
  queue.enqueue(b, EnqueueReason::kSliceOver);
  queue.enqueue(a, EnqueueReason::kSpawned);
  queue.enqueue(c, EnqueueReason::kWoken);
  EXPECT_EQ(queue.pick(), &b);
  queue.enqueue(b, EnqueueReason::kYielded);
  EXPECT_EQ(queue.pick(), &a);
  EXPECT_EQ(queue.pick(), &c);
  EXPECT_EQ(queue.pick(), &b);
  EXPECT_EQ(queue.pick(), nullptr);
}

TEST_F(RoundRobinTest, GivesAFreshQuantumAtEveryArrival) {
  for (const EnqueueReason reason : {EnqueueReason::kSpawned, EnqueueReason::kWoken,
                                     EnqueueReason::kYielded, EnqueueReason::kSliceOver}) {
    queue.enqueue(a, reason);
    EXPECT_EQ(a.slice_left, 10ms);
    queue.pick();
    queue.charge(a, 4ms);
    EXPECT_EQ(a.slice_left, 6ms) << "unused time must not be saved for the next turn";
  }
}

TEST_F(RoundRobinTest, ChargesExactlyWhatWasRun) {
  queue.enqueue(a, EnqueueReason::kSpawned);
  queue.pick();
  queue.charge(a, 1ns);
  EXPECT_EQ(a.slice_left, kQuantum - 1ns);
  queue.charge(a, kQuantum - 2ns);
  EXPECT_EQ(a.slice_left, 1ns);
  queue.charge(a, 2ns);
  EXPECT_EQ(a.slice_left, 0ns);
  queue.charge(a, 1h);
  EXPECT_EQ(a.slice_left, 0ns);
}

TEST_F(RoundRobinTest, GivesTheQuantumItWasMadeWith) {
  RoundRobin<Entity> short_turns(2ms);
  short_turns.enqueue(a, EnqueueReason::kSpawned);
  EXPECT_EQ(a.slice_left, 2ms);
}

TEST_F(RoundRobinTest, GivesEachOfTheFivePrioritiesItsQuantum) {
  const std::pair<int, Duration> quanta[] = {{19, 5ms},   {10, 10ms}, {0, 20ms}, {-10, 30ms},
                                             {-20, 40ms}, {9, 20ms},  {-9, 20ms}};
  for (const auto& [nice, expected] : quanta) {
    EXPECT_EQ(round_robin_quantum(nice, RoundRobin<Entity>::kNormalQuantum), expected) << nice;
  }
}

TEST_F(RoundRobinTest, KeepsTheTurnOfWhoIsPreempted) {
  queue.enqueue(a, EnqueueReason::kSpawned);
  queue.enqueue(b, EnqueueReason::kSpawned);
  EXPECT_EQ(queue.pick(), &a);
  queue.charge(a, 4ms);
  queue.enqueue(a, EnqueueReason::kPreempted);
  EXPECT_EQ(queue.pick(), &a);
  EXPECT_EQ(a.slice_left, 6ms);
}

TEST_F(RoundRobinTest, DoesNotChargeThoseWhoWait) {
  queue.enqueue(a, EnqueueReason::kSpawned);
  queue.enqueue(b, EnqueueReason::kSpawned);
  queue.pick();
  queue.charge(a, 10ms);
  EXPECT_EQ(b.slice_left, kQuantum);
}

using RoundRobinDeathTest = RoundRobinTest;

TEST_F(RoundRobinDeathTest, RefusesWhoIsInTheQueueAlready) {
  queue.enqueue(a, EnqueueReason::kSpawned);
  EXPECT_DEATH(queue.enqueue(a, EnqueueReason::kWoken), "the element is in no list yet");
}

}  // namespace
}  // namespace tb::sched
