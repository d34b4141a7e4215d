// The sleepers of a CPU: who is due, in which order, against std::multimap.
#include "sched/timer_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <vector>

namespace tb::sched {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

struct Sleeper {
  Time wake_at{};
  HeapHook<Sleeper> timer_hook;
};

constexpr Time at(Duration since_start) { return Time(since_start); }

struct Timers : testing::Test {
  Sleeper& sleeper(Duration until) {
    Sleeper& made = sleepers.emplace_back();
    made.wake_at = at(until);
    queue.add(made);
    return made;
  }

  std::vector<Sleeper*> woken_at(Duration now) {
    std::vector<Sleeper*> woken;
    while (Sleeper* const due = queue.take_due(at(now))) {
      woken.push_back(due);
    }
    return woken;
  }

  std::deque<Sleeper> sleepers;
  TimerQueue<Sleeper> queue;
};

TEST_F(Timers, AreDueNeverWhenThereAreNone) {
  EXPECT_EQ(queue.next(), kNever);
  EXPECT_THAT(woken_at(1h), IsEmpty());
}

TEST_F(Timers, WakeTheEarliestFirstWhateverTheOrderOfComing) {
  Sleeper& late = sleeper(30ms);
  Sleeper& early = sleeper(10ms);
  Sleeper& middle = sleeper(20ms);
  EXPECT_EQ(queue.next(), at(10ms));
  EXPECT_THAT(woken_at(1h), ElementsAre(&early, &middle, &late));
  EXPECT_EQ(queue.next(), kNever);
}

TEST_F(Timers, WakeNobodyANanosecondTooEarlyAndNobodyTwice) {
  Sleeper& one = sleeper(10ms);
  Sleeper& other = sleeper(10ms + 1ns);
  EXPECT_THAT(woken_at(10ms - 1ns), IsEmpty());
  EXPECT_THAT(woken_at(10ms), ElementsAre(&one));
  EXPECT_THAT(woken_at(10ms), IsEmpty());
  EXPECT_EQ(queue.next(), at(10ms + 1ns));
  EXPECT_THAT(woken_at(11ms), ElementsAre(&other));
}

TEST_F(Timers, WakeAllWhoAreDueAtOneTime) {
  Sleeper& a = sleeper(5ms);
  Sleeper& b = sleeper(5ms);
  Sleeper& c = sleeper(5ms);
  EXPECT_THAT(woken_at(5ms), UnorderedElementsAre(&a, &b, &c));
}

TEST_F(Timers, ForgetWhoeverCancels) {
  Sleeper& first = sleeper(1ms);
  Sleeper& second = sleeper(2ms);
  Sleeper& third = sleeper(3ms);
  queue.cancel(second);
  EXPECT_EQ(queue.next(), at(1ms));
  queue.cancel(first);
  EXPECT_EQ(queue.next(), at(3ms));
  EXPECT_THAT(woken_at(1h), ElementsAre(&third));
}

using TimersDeathTest = Timers;

TEST_F(TimersDeathTest, RefuseToForgetWhoIsNotIn) {
  Sleeper stranger;
  EXPECT_DEATH(queue.cancel(stranger), "the element is in a heap");
  Sleeper& woken = sleeper(1ms);
  woken_at(1ms);
  EXPECT_DEATH(queue.cancel(woken), "the element is in a heap");
}

TEST_F(Timers, LetTheWokenSleepAgain) {
  Sleeper& one = sleeper(1ms);
  int wakes = 0;
  while (Sleeper* const due = queue.take_due(at(5ms))) {
    ++wakes;
    due->wake_at += 2ms;
    queue.add(*due);
  }
  EXPECT_EQ(wakes, 3) << "at 1, 3 and 5 ms";
  EXPECT_EQ(queue.next(), at(7ms));
  EXPECT_THAT(woken_at(7ms), ElementsAre(&one));
}

TEST_F(Timers, WithoutAnEndSleepUntilTheyCancel) {
  Sleeper& forever = sleeper(Duration::max());
  EXPECT_THAT(woken_at(Duration::max() - 1ns), IsEmpty());
  queue.cancel(forever);
  EXPECT_EQ(queue.next(), kNever);
}

TEST_F(Timers, BehaveLikeAMultimapUnderRandomUse) {
  std::mt19937 random(11);
  std::array<Sleeper, 50> all;
  std::multimap<Time, Sleeper*> model;
  const auto in_model = [&model](Sleeper& each) {
    return std::ranges::find(model, &each, [](const auto& entry) { return entry.second; });
  };
  Duration now{};
  for (int step = 0; step < 50'000; ++step) {
    Sleeper& each = all[random() % all.size()];
    const auto place = in_model(each);
    if (random() % 4 == 0) {
      now += Duration(random() % 20);
      std::set<Sleeper*> due;
      while (!model.empty() && model.begin()->first <= at(now)) {
        due.insert(model.begin()->second);
        model.erase(model.begin());
      }
      const auto woken = woken_at(now);
      ASSERT_EQ(std::set(woken.begin(), woken.end()), due);
      ASSERT_TRUE(std::ranges::is_sorted(woken, {}, [](Sleeper* one) { return one->wake_at; }));
    } else if (place != model.end()) {
      queue.cancel(each);
      model.erase(place);
    } else {
      each.wake_at = at(now + Duration(random() % 100));
      queue.add(each);
      model.emplace(each.wake_at, &each);
    }
    ASSERT_EQ(queue.next(), model.empty() ? kNever : model.begin()->first);
  }
  for (const auto& [time, each] : model) {
    queue.cancel(*each);
  }
}

}  // namespace
}  // namespace tb::sched
