// Round robin's own promises: first come, first served, a quantum each.
#include "sched/round_robin.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/sched/world.h"

namespace tb::sched {
namespace {

struct RoundRobinTest : testing::Test {
  RoundRobin<Entity> queue;
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
    EXPECT_EQ(queue.slice_left(a), 10ms);
    queue.pick();
    queue.charge(a, 4ms);
    EXPECT_EQ(queue.slice_left(a), 6ms) << "unused time must not be saved for the next turn";
  }
}

TEST_F(RoundRobinTest, ChargesExactlyWhatWasRun) {
  queue.enqueue(a, EnqueueReason::kSpawned);
  queue.pick();
  queue.charge(a, 1ns);
  EXPECT_EQ(queue.slice_left(a), kQuantum - 1ns);
  queue.charge(a, kQuantum - 2ns);
  EXPECT_EQ(queue.slice_left(a), 1ns);
  queue.charge(a, 2ns);
  EXPECT_EQ(queue.slice_left(a), 0ns);
  queue.charge(a, 1h);
  EXPECT_EQ(queue.slice_left(a), 0ns);
}

TEST_F(RoundRobinTest, GivesTheQuantumItWasMadeWith) {
  RoundRobin<Entity> short_turns(2ms);
  short_turns.enqueue(a, EnqueueReason::kSpawned);
  EXPECT_EQ(short_turns.slice_left(a), 2ms);
}

TEST_F(RoundRobinTest, DoesNotChargeThoseWhoWait) {
  queue.enqueue(a, EnqueueReason::kSpawned);
  queue.enqueue(b, EnqueueReason::kSpawned);
  queue.pick();
  queue.charge(a, 10ms);
  EXPECT_EQ(queue.slice_left(b), kQuantum);
}

using RoundRobinDeathTest = RoundRobinTest;

TEST_F(RoundRobinDeathTest, RefusesWhoIsInTheQueueAlready) {
  queue.enqueue(a, EnqueueReason::kSpawned);
  EXPECT_DEATH(queue.enqueue(a, EnqueueReason::kWoken), "the element is in no list yet");
}

}  // namespace
}  // namespace tb::sched
