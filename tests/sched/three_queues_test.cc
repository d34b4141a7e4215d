// Hot, normal and cold threads: what a thread's bursts make of it, who goes first, and how long
// anybody waits.
#include "sched/three_queues.h"

#include <gtest/gtest.h>

#include <array>
#include <numeric>
#include <random>
#include <vector>

#include "tests/sched/world.h"

namespace tb::sched {
namespace {

using Queues = ThreeQueues<Entity>;

struct ThreeQueuesTest : testing::Test {
  // It runs for so long, in one burst, and is woken again.
  void lives(Entity& thread, Duration burst) {
    queues.charge(thread, burst);
    arrives(thread, EnqueueReason::kWoken);
    queues.remove(thread);
  }

  void arrives(Entity& thread, EnqueueReason reason) {
    thread.ticket = ++ticket;
    queues.enqueue(thread, reason);
  }

  Queues queues{kQuantum};
  std::array<Entity, 4> threads;
  std::uint64_t ticket = 0;
};

TEST_F(ThreeQueuesTest, AThreadIsHotUntilItHasComputedForLong) {
  Entity& thread = threads[0];
  arrives(thread, EnqueueReason::kSpawned);
  EXPECT_EQ(thread.level, Queues::kHot);
  queues.remove(thread);
  queues.charge(thread, 1ms);
  EXPECT_EQ(thread.level, Queues::kNormal);
  queues.charge(thread, 7ms + 1ns);
  EXPECT_EQ(thread.level, Queues::kCold);
}

TEST_F(ThreeQueuesTest, ShortBurstsMakeAColdThreadHotAgain) {
  Entity& thread = threads[0];
  for (int i = 0; i < 40; ++i) {
    lives(thread, 20ms);
  }
  EXPECT_EQ(thread.level, Queues::kCold);
  std::vector<int> levels;
  for (int i = 0; i < 30; ++i) {
    lives(thread, 10us);
    levels.push_back(thread.level);
  }
  EXPECT_TRUE(std::ranges::is_sorted(levels, std::greater()));
  EXPECT_EQ(levels.front(), Queues::kCold) << "one short burst is not yet a habit";
  EXPECT_EQ(levels.back(), Queues::kHot);
}

TEST_F(ThreeQueuesTest, HoweverLongAThreadHasComputedItIsSoonHotAgain) {
  Entity& thread = threads[0];
  for (int second = 0; second < 10; ++second) {
    queues.charge(thread, 1s);
  }
  int short_bursts = 0;
  do {
    lives(thread, 10us);
    ++short_bursts;
  } while (thread.level != Queues::kHot);
  EXPECT_GT(short_bursts, 5);
  EXPECT_LT(short_bursts, 25);
}

// As one does that finds each time what it wants to wait for, and so never waits.
TEST_F(ThreeQueuesTest, BurstsEndWithParksThatAreOverAtOnce) {
  Entity& thread = threads[0];
  arrives(thread, EnqueueReason::kSpawned);
  queues.pick();
  for (int i = 0; i < 1'000; ++i) {
    queues.charge(thread, 100us);
    Queues::end_burst(thread);
  }
  EXPECT_EQ(thread.level, Queues::kHot) << "though it ran for 100 ms in all";
  EXPECT_GT(thread.average_burst, 90'000U);
}

// A thread that becomes ready in the usual queues, where it can, and its twin in others. Who was
// taken in its place, if anybody, of each.
struct Exchanged {
  Entity* usual = nullptr;
  Entity* twin = nullptr;
  bool was_usual = false;
};

Exchanged becomes_ready(Queues& queues, Queues& others, Entity& one, Entity& twin,
                        EnqueueReason reason) {
  Entity* const next = reason == EnqueueReason::kYielded ? queues.exchange_usual(one) : nullptr;
  const bool was_usual = next != nullptr || queues.enqueue_usual(one, reason);
  if (!was_usual) {
    queues.enqueue(one, reason);
  }
  others.enqueue(twin, reason);
  return {next, next != nullptr ? others.pick() : nullptr, was_usual};
}

// Whatever usually happens happens as the rest does, only faster.
TEST_F(ThreeQueuesTest, UsualTurnsChangeWhatOthersWould) {
  std::mt19937 random(3);
  std::array<Entity, 6> twins;
  std::array<Entity, 6> usual_ones;
  Queues others{kQuantum};
  std::array<int, 4> usual{};
  Time now{};
  for (int step = 0; step < 200'000; ++step) {
    const std::size_t which = random() % twins.size();
    Entity& one = usual_ones[which];
    Entity& twin = twins[which];
    if (!one.run_queue_hook.linked) {
      constexpr std::array kReasons = {EnqueueReason::kSpawned, EnqueueReason::kWoken,
                                       EnqueueReason::kYielded, EnqueueReason::kSliceOver};
      const EnqueueReason reason = kReasons[random() % kReasons.size()];
      one.ticket = twin.ticket = ++ticket;
      if (reason == EnqueueReason::kSpawned && random() % 2 == 0) {
        for (Entity* const each : {&one, &twin}) {
          each->burst = each->average_burst = 0;
          each->slice_left = 0ns;
        }
      }
      const Exchanged next = becomes_ready(queues, others, one, twin, reason);
      usual[static_cast<std::size_t>(reason) % usual.size()] += next.was_usual ? 1 : 0;
      if (next.usual != nullptr) {
        ASSERT_EQ(next.usual - usual_ones.data(), next.twin - twins.data()) << "step " << step;
      }
    } else if (random() % 8 == 0) {
      queues.remove(one);
      others.remove(twin);
    } else {
      Entity* const usual_pick = queues.pick_usual();
      Entity* const picked = usual_pick != nullptr ? usual_pick : queues.pick();
      Entity* const expected = others.pick();
      ASSERT_EQ(picked - usual_ones.data(), expected - twins.data()) << "step " << step;
      const Duration ran = random() % 4 == 0 ? Duration(random() % 9'000'000) : 0ns;
      queues.charge(*picked, ran);
      others.charge(*expected, ran);
      now += ran;
      if (random() % 16 == 0) {
        queues.put_back(*picked);
        others.put_back(*expected);
      }
    }
    queues.note_time(now);
    others.note_time(now);
    ASSERT_EQ(one.level, twin.level);
    ASSERT_EQ(one.slice_left, twin.slice_left);
    ASSERT_EQ(one.average_burst, twin.average_burst);
    ASSERT_EQ(one.burst, twin.burst);
  }
  for (const EnqueueReason reason :
       {EnqueueReason::kSpawned, EnqueueReason::kWoken, EnqueueReason::kYielded}) {
    EXPECT_GT(usual[static_cast<std::size_t>(reason) % usual.size()], 10)
        << "each has happened: " << int(reason);
  }
}

TEST_F(ThreeQueuesTest, HotOnesGoFirstAndPreemptColdOnes) {
  Entity& cold = threads[0];
  Entity& hot = threads[1];
  queues.charge(cold, 20ms);
  arrives(cold, EnqueueReason::kSliceOver);
  arrives(hot, EnqueueReason::kWoken);
  EXPECT_EQ(queues.pick(), &hot);
  EXPECT_TRUE(Queues::preempts(hot, cold));
  EXPECT_FALSE(Queues::preempts(cold, hot));
  EXPECT_FALSE(Queues::preempts(hot, hot));
}

TEST_F(ThreeQueuesTest, ABatchThreadIsNeverHotAndPreemptsNobody) {
  Entity& batch = threads[0];
  Entity& cold = threads[1];
  batch.policy = PolicyKind::kBatch;
  queues.charge(cold, 20ms);
  arrives(batch, EnqueueReason::kWoken);
  EXPECT_FALSE(Queues::preempts(batch, cold));
  EXPECT_GT(batch.slice_left, quantum({}, kQuantum)) << "its slices are longer";
}

TEST_F(ThreeQueuesTest, WhoYieldsLetsColderOnesGoFirst) {
  Entity& hot = threads[0];
  Entity& cold = threads[1];
  queues.charge(cold, 20ms);
  arrives(cold, EnqueueReason::kSliceOver);
  arrives(hot, EnqueueReason::kYielded);
  EXPECT_EQ(queues.pick(), &cold);
  EXPECT_EQ(queues.pick(), &hot);
}

TEST_F(ThreeQueuesTest, WhoRanTooLongHasThatLessTheNextTime) {
  Entity& thread = threads[0];
  arrives(thread, EnqueueReason::kSpawned);
  queues.pick();
  queues.charge(thread, thread.slice_left + 3ms);
  const Duration whole = 2 * kQuantum;
  arrives(thread, EnqueueReason::kSliceOver);
  EXPECT_EQ(thread.level, Queues::kNormal);
  EXPECT_EQ(thread.slice_left, kQuantum - 3ms);
  queues.remove(thread);
  queues.charge(thread, 1s);
  arrives(thread, EnqueueReason::kSliceOver);
  EXPECT_EQ(thread.slice_left, whole / 4) << "but something is left";
}

// A cold thread behind one that comes back hot all the time.
TEST_F(ThreeQueuesTest, NobodyWaitsForLongerThanTwiceTheTimeOfTheBoost) {
  Entity& cold = threads[0];
  Entity& hot = threads[1];
  queues.charge(cold, 20ms);
  arrives(cold, EnqueueReason::kSliceOver);
  for (Time now = at(1ms); now <= at(2 * Queues::kBoostAfter); now += 1ms) {
    queues.note_time(now);
    arrives(hot, EnqueueReason::kWoken);
    Entity* const picked = queues.pick();
    if (picked == &cold) {
      EXPECT_GE(now, at(Queues::kBoostAfter));
      return;
    }
    queues.charge(hot, 500us);
  }
  FAIL() << "it still waits";
}

// Always ready, on one CPU: the time of each is its weight's share, within 2 % over 10,000 slices.
TEST_F(ThreeQueuesTest, ThoseWhoAlwaysComputeShareByTheirWeights) {
  constexpr std::array<std::int8_t, 4> kNice = {0, 5, -5, 10};
  std::array<Duration, 4> ran{};
  for (std::size_t i = 0; i < threads.size(); ++i) {
    threads[i].nice = kNice[i];
    queues.charge(threads[i], 10ms);
    arrives(threads[i], EnqueueReason::kSpawned);
  }
  Time now = at(0ms);
  for (int slice = 0; slice < 10'000; ++slice) {
    Entity& next = *queues.pick();
    const Duration runs = next.slice_left + Duration(slice % 7 * 10'000);  // the timer is late
    queues.charge(next, runs);
    now += runs;
    queues.note_time(now);
    ran[static_cast<std::size_t>(&next - threads.data())] += runs;
    arrives(next, EnqueueReason::kSliceOver);
  }
  const auto whole = std::accumulate(ran.begin(), ran.end(), Duration());
  const std::uint32_t weights = weight(0) + weight(5) + weight(-5) + weight(10);
  for (std::size_t i = 0; i < threads.size(); ++i) {
    const double share = static_cast<double>(ran[i].count()) / static_cast<double>(whole.count());
    const double due = static_cast<double>(weight(kNice[i])) / weights;
    EXPECT_NEAR(share / due, 1.0, 0.02) << "nice " << int{kNice[i]};
  }
}

}  // namespace
}  // namespace tb::sched
