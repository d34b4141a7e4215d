// The feedback queue: who computes sinks, who gives up the CPU early gains nothing by it, and all
// rise again.
#include "sched/mlfq.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "tests/sched/world.h"

namespace tb::sched {
namespace {

using Queue = Mlfq<Entity>;

struct MlfqTest : testing::Test {
  void arrives(Entity& thread, EnqueueReason reason) {
    thread.ticket = ++ticket;
    queue.enqueue(thread, reason);
  }

  Queue queue{10ms};
  std::array<Entity, 3> threads;
  Entity& a = threads[0];
  Entity& b = threads[1];
  std::uint64_t ticket = 0;
};

// One tick is a millisecond, of which a turn is ten: as long as a job lasts it is always ready.
struct Turn {
  char who;
  std::uint8_t level;
  int ticks;
  bool operator==(const Turn&) const = default;
};

void PrintTo(const Turn& turn, std::ostream* out) {
  *out << turn.who << int{turn.level} << ':' << turn.ticks;
}

TEST_F(MlfqTest, ALongJobSinksAndAShortOneGoesBeforeIt) {
  int left_of_a = 180;
  int left_of_b = 20;
  bool b_has_come = false;
  std::vector<Turn> turns;
  arrives(a, EnqueueReason::kSpawned);
  int now = 0;
  while (Entity* const next = queue.pick()) {
    int& left = next == &a ? left_of_a : left_of_b;
    int ticks = std::min(left, 10);
    // A job that comes preempts one of a lower level.
    ticks = !b_has_come && now + ticks > 100 ? 100 - now : ticks;
    left -= ticks;
    now += ticks;
    if (turns.empty() || turns.back().who != (next == &a ? 'A' : 'B') ||
        turns.back().level != next->level) {
      turns.push_back({next == &a ? 'A' : 'B', next->level, 0});
    }
    turns.back().ticks += ticks;
    queue.charge(*next, Duration(ticks * 1ms));
    if (now == 100 && !b_has_come) {
      b_has_come = true;
      arrives(b, EnqueueReason::kSpawned);
      EXPECT_TRUE(Queue::preempts(b, a));
    }
    if (left > 0) {
      arrives(*next, EnqueueReason::kSliceOver);
    } else if (next == &b) {
      EXPECT_EQ(now, 120);
    }
  }
  EXPECT_EQ(now, 200);
  EXPECT_EQ(
      turns,
      (std::vector<Turn>{
          {'A', 0, 10}, {'A', 1, 10}, {'A', 2, 80}, {'B', 0, 10}, {'B', 1, 10}, {'A', 2, 80}}));
}

TEST_F(MlfqTest, WhoGivesUpTheCpuJustBeforeSinksAllTheSame) {
  for (const EnqueueReason reason : {EnqueueReason::kYielded, EnqueueReason::kWoken}) {
    arrives(a, EnqueueReason::kSpawned);
    for (int turn = 0; turn < 10; ++turn) {
      EXPECT_EQ(a.level, 0);
      queue.pick();
      queue.charge(a, 1ms);
      arrives(a, reason);
    }
    EXPECT_EQ(a.level, 1);
    queue.pick();
  }
}

TEST_F(MlfqTest, WhoWaitsForOthersMostOfTheTimeStays) {
  arrives(a, EnqueueReason::kSpawned);
  for (int turn = 0; turn < 99; ++turn) {
    queue.pick();
    queue.charge(a, 100us);
    arrives(a, EnqueueReason::kWoken);
  }
  EXPECT_EQ(a.level, 0);
}

TEST_F(MlfqTest, AllRiseWhenItIsTime) {
  for (Entity& each : threads) {
    arrives(each, EnqueueReason::kSpawned);
    for (int turn = 0; turn < 3; ++turn) {
      queue.remove(each);
      queue.charge(each, 10ms);
      arrives(each, EnqueueReason::kSliceOver);
    }
    EXPECT_EQ(each.level, Queue::kLevels - 1);
  }
  queue.remove(a);
  queue.note_time(at(Queue::kBoostEvery - 1ns));
  EXPECT_EQ(b.level, Queue::kLevels - 1);
  queue.note_time(at(Queue::kBoostEvery));
  EXPECT_EQ(b.level, 0);
  EXPECT_EQ(threads[2].level, 0);
  arrives(a, EnqueueReason::kWoken);
  EXPECT_EQ(a.level, 0) << "it was not ready then";
}

TEST_F(MlfqTest, ManyRiseAFewAtATime) {
  std::deque<Entity> crowd(100);
  for (Entity& each : crowd) {
    arrives(each, EnqueueReason::kSpawned);
    queue.remove(each);
    queue.charge(each, 10ms);
    arrives(each, EnqueueReason::kSliceOver);
  }
  for (int look = 0; look < 10; ++look) {
    queue.note_time(at(Queue::kBoostEvery + look * 1ms));
  }
  for (const Entity& each : crowd) {
    EXPECT_EQ(each.level, 0);
  }
}

}  // namespace
}  // namespace tb::sched
