// The ready threads of a CPU, those that may run elsewhere and those that may not, as one queue.
#include "sched/run_queue.h"

#include <gtest/gtest.h>

#include <array>

#include "sched/classes.h"
#include "tests/sched/world.h"

namespace tb::sched {
namespace {

using Queue = RunQueue<Classes<Entity>>;

constexpr SchedulingParameters fifo(std::uint8_t priority) {
  return {.policy = PolicyKind::kFifo, .priority = Priority{priority}};
}

struct RunQueueTest : testing::Test {
  // As the scheduler has it.
  void arrives(Entity& thread, EnqueueReason reason) {
    if (!queue.enqueue_usual(thread, reason)) {
      queue.enqueue(thread, reason);
    }
  }
  Entity& starts(bool movable, const SchedulingParameters& parameters = {}) {
    Entity& thread = threads.at(used++);
    set_parameters(thread, parameters);
    thread.movable = movable;
    arrives(thread, EnqueueReason::kSpawned);
    return thread;
  }
  // How often the others run in a second, in which that one is woken whenever it has parked.
  int turns_beside(Entity& hot, EnqueueReason others_come_back) {
    int turns = 0;
    for (Time now = at(1ms); now < at(1s); now += 1ms) {
      queue.note_time(now);
      Entity* const next = queue.take_next();
      turns += next != &hot ? 1 : 0;
      queue.charge(*next, 500us);
      arrives(*next, next == &hot ? EnqueueReason::kWoken : others_come_back);
    }
    return turns;
  }

  std::array<Entity, 6> threads;
  std::size_t used = 0;
  Queue queue{Config()};
};

TEST_F(RunQueueTest, TakesThreadsOfBothKindsInTheOrderTheyCame) {
  Entity& first = starts(true);
  Entity& second = starts(false);
  Entity& third = starts(true);
  EXPECT_EQ(queue.movable_count(), 2U);
  for (Entity* const expected : {&first, &second, &third}) {
    EXPECT_EQ(queue.take_next(), expected);
  }
  EXPECT_EQ(queue.take_next(), nullptr);
  EXPECT_TRUE(queue.empty());
}

TEST_F(RunQueueTest, KeepsWhoIsPreemptedBeforeItsEqualsOfBothKinds) {
  for (const bool movable : {false, true}) {
    Entity& running = starts(movable, fifo(10));
    Entity& other = starts(!movable, fifo(10));
    EXPECT_EQ(queue.take_next(), &running);
    arrives(running, EnqueueReason::kPreempted);
    EXPECT_EQ(queue.take_next(), &running);
    EXPECT_EQ(queue.take_next(), &other);
  }
}

TEST_F(RunQueueTest, PutsWhoYieldsBehindColderOnesOfBothKinds) {
  for (const bool movable : {false, true}) {
    Entity& hot = starts(movable);
    Entity& cold = starts(!movable);
    EXPECT_EQ(queue.take_next(), &hot);
    EXPECT_EQ(queue.take_next(), &cold);
    queue.charge(cold, 20ms);
    arrives(cold, EnqueueReason::kSliceOver);
    arrives(hot, EnqueueReason::kYielded);
    EXPECT_EQ(queue.take_next(), &cold);
    EXPECT_EQ(queue.take_next(), &hot);
  }
}

TEST_F(RunQueueTest, ExchangesWhoYieldsForTheNextOneOfItsOwnKind) {
  for (const bool movable : {false, true}) {
    Entity& running = starts(movable);
    Entity& second = starts(movable);
    Entity& third = starts(movable);
    EXPECT_EQ(queue.take_next(), &running);
    EXPECT_EQ(queue.exchange_usual(running), &second);
    EXPECT_EQ(queue.exchange_usual(second), &third);
    EXPECT_EQ(queue.count(), 2U);
    EXPECT_LT(running.ticket, second.ticket);
    EXPECT_EQ(queue.take_next(), &running);
    EXPECT_EQ(queue.exchange_usual(running), &second) << "alone among others";
    EXPECT_EQ(queue.take_next(), &running);
    EXPECT_EQ(queue.exchange_usual(running), nullptr) << "nobody else is ready";
    EXPECT_TRUE(queue.empty());
    used = 0;
  }
}

TEST_F(RunQueueTest, ExchangesNobodyBeforeThoseOfTheOtherKindOrOfAnotherClass) {
  for (const bool movable : {false, true}) {
    Entity& running = starts(movable);
    Entity& own_kind = starts(movable);
    EXPECT_EQ(queue.take_next(), &running);
    Entity& other = starts(!movable);
    EXPECT_EQ(queue.exchange_usual(running), nullptr);
    queue.remove(other);
    Entity& urgent = starts(movable, fifo(10));
    EXPECT_EQ(queue.exchange_usual(running), nullptr);
    EXPECT_EQ(queue.take_next(), &urgent);
    EXPECT_EQ(queue.exchange_usual(running), &own_kind);
    EXPECT_EQ(queue.take_next(), &running);
    used = 0;
  }
}

// Two hot ones take all the time there is; a cold one is preempted by them before it has used its
// slice, and another one waits behind it.
TEST_F(RunQueueTest, StarvesNobodyBehindOneThatIsPreempted) {
  Entity& preempted = starts(false);
  Entity& waiting = starts(false);
  for (Entity* const cold : {&preempted, &waiting}) {
    EXPECT_EQ(queue.take_next(), cold);
    queue.charge(*cold, 20ms);
    arrives(*cold, EnqueueReason::kSliceOver);
  }
  EXPECT_EQ(queue.take_next(), &preempted);
  Entity& hot = starts(false);
  arrives(preempted, EnqueueReason::kPreempted);
  EXPECT_GT(turns_beside(hot, EnqueueReason::kSliceOver), 2);
}

// One that became cold while it ran stands before one that had come earlier.
TEST_F(RunQueueTest, StarvesNobodyBehindOneThatCameLater) {
  Entity& waiting = starts(false);
  EXPECT_EQ(queue.take_next(), &waiting);
  queue.charge(waiting, 20ms);
  arrives(waiting, EnqueueReason::kSliceOver);
  Entity& late = starts(false);
  EXPECT_EQ(queue.take_next(), &late);
  queue.charge(late, 9ms);
  late.slice_left = 1ms;
  arrives(late, EnqueueReason::kPreempted);
  Entity& hot = starts(false);
  EXPECT_GT(turns_beside(hot, EnqueueReason::kPreempted), 2);
}

TEST(RunQueueByAging, GivesAnHeirThePlaceOfWhomItFollows) {
  Queue queue{Config{.fair = {.algorithm = FairAlgorithm::kAging}}};
  std::array<Entity, 3> threads;
  auto& [from, other, heir] = threads;
  for (Entity& thread : threads) {
    set_parameters(thread, {});
    queue.enqueue(thread, EnqueueReason::kSpawned);
    queue.note_time(at(1s));
  }
  EXPECT_EQ(queue.take_next(), &from);
  queue.remove(heir);
  queue.inherit(heir, from);
  queue.enqueue(heir, EnqueueReason::kPreempted);
  EXPECT_EQ(queue.take_next(), &heir);
  EXPECT_EQ(queue.take_next(), &other);
}

TEST(RunQueueByAging, LetsAStrongerThreadPreemptAWeakerOneUntilItsTurnIsOver) {
  Queue queue{Config{.fair = {.algorithm = FairAlgorithm::kAging}}};
  Entity weak;
  Entity strong;
  set_parameters(weak, {.nice = 10});
  set_parameters(strong, {.nice = -10});
  queue.note_time(at(1s));
  queue.enqueue(weak, EnqueueReason::kSpawned);
  EXPECT_EQ(queue.take_next(), &weak);
  queue.enqueue(strong, EnqueueReason::kWoken);
  EXPECT_TRUE(queue.preempts(strong, weak));
  queue.enqueue(weak, EnqueueReason::kPreempted);
  EXPECT_EQ(queue.take_next(), &strong);
  EXPECT_EQ(queue.take_next(), &weak);
}

TEST(RunQueueByAging, ShowsAllThatMayRunElsewhere) {
  Queue queue{Config{.fair = {.algorithm = FairAlgorithm::kAging}}};
  std::array<Entity, 3> threads;
  for (std::size_t i = 0; i < threads.size(); ++i) {
    threads[i].movable = true;
    set_parameters(threads[i], {.nice = static_cast<std::int8_t>(i == 0 ? 19 : 0)});
    queue.note_time(at(i * 1s));
    queue.enqueue(threads[i], EnqueueReason::kSpawned);
  }
  int seen = 0;
  for (const Entity* each = queue.first_movable(); each != nullptr;
       each = queue.movable_after(*each)) {
    ++seen;
  }
  EXPECT_EQ(seen, 3) << "though the one that is next stands at the last level";
}

}  // namespace
}  // namespace tb::sched
