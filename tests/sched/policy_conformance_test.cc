// What every scheduling policy owes the scheduler, whatever its order is. A new policy joins by one
// line in `Policies`.
#include <gtest/gtest.h>

#include <algorithm>
#include <concepts>
#include <deque>
#include <random>
#include <set>
#include <vector>

#include "tests/sched/world.h"

namespace tb::sched {
namespace {

// Who is preempted keeps its turn, and is no newcomer.
constexpr EnqueueReason kAllReasons[] = {EnqueueReason::kSpawned, EnqueueReason::kWoken,
                                         EnqueueReason::kYielded, EnqueueReason::kSliceOver};

template <class P>
struct PolicyConformance : testing::Test {
  // Picks and puts back `turns` times, each turn used up; returns how often each was picked.
  std::vector<int> share_turns(int turns) {
    std::vector<int> picks(threads.size());
    for (int turn = 0; turn < turns; ++turn) {
      Entity* const picked = policy.pick();
      ++picks[static_cast<std::size_t>(
          std::ranges::find(threads, picked, [](Entity& each) { return &each; }) -
          threads.begin())];
      policy.charge(*picked, picked->slice_left);
      policy.enqueue(*picked, EnqueueReason::kSliceOver);
    }
    return picks;
  }

  void enqueue_all() {
    for (Entity& thread : threads) {
      policy.enqueue(thread, EnqueueReason::kSpawned);
    }
  }

  // Normal's quantum is given; a policy without one does without.
  static P make() {
    if constexpr (std::constructible_from<P, const FairConfig&>) {
      return P(FairConfig());
    } else if constexpr (std::constructible_from<P, Duration>) {
      return P(kQuantum);
    } else {
      return P();
    }
  }

  P policy = make();
  std::deque<Entity> threads{5};
};

struct WholeCpu {
  RealTimeShare share{kWholeCpu};
};

template <FairAlgorithm kAlgorithm>
struct AllClasses : WholeCpu, Classes<Entity> {
  AllClasses() : Classes({.algorithm = kAlgorithm}, share) {}
};

using Policies =
    testing::Types<RoundRobin<Entity>, ThreeQueues<Entity>, Mlfq<Entity>, Aging<Entity>,
                   AllClasses<FairAlgorithm::kThreeQueues>, AllClasses<FairAlgorithm::kMlfq>,
                   AllClasses<FairAlgorithm::kAging>, AllClasses<FairAlgorithm::kRoundRobin>>;
TYPED_TEST_SUITE(PolicyConformance, Policies);

TYPED_TEST(PolicyConformance, PicksNobodyAtFirst) {
  EXPECT_TRUE(this->policy.empty());
  EXPECT_EQ(this->policy.pick(), nullptr);
}

TYPED_TEST(PolicyConformance, PicksTheOnlyOneWhateverBroughtIt) {
  for (const EnqueueReason reason : kAllReasons) {
    Entity& thread = this->threads[0];
    this->policy.enqueue(thread, reason);
    EXPECT_FALSE(this->policy.empty());
    EXPECT_EQ(this->policy.pick(), &thread);
    EXPECT_TRUE(this->policy.empty());
    EXPECT_EQ(this->policy.pick(), nullptr);
  }
}

TYPED_TEST(PolicyConformance, PicksEverybodyOnce) {
  this->enqueue_all();
  std::set<Entity*> picked;
  while (Entity* const thread = this->policy.pick()) {
    EXPECT_TRUE(picked.insert(thread).second) << "picked twice";
  }
  EXPECT_EQ(picked.size(), this->threads.size());
  EXPECT_TRUE(this->policy.empty());
}

TYPED_TEST(PolicyConformance, GivesWhomItPicksSomeTimeToRun) {
  this->enqueue_all();
  while (Entity* const thread = this->policy.pick()) {
    EXPECT_GT(thread->slice_left, Duration::zero());
  }
}

TYPED_TEST(PolicyConformance, TakesWhatWasRunOffTheSliceUntilNothingIsLeft) {
  Entity& thread = this->threads[0];
  this->policy.enqueue(thread, EnqueueReason::kSpawned);
  this->policy.pick();
  const Duration slice = thread.slice_left;
  this->policy.charge(thread, Duration::zero());
  EXPECT_EQ(thread.slice_left, slice);
  this->policy.charge(thread, 1us);
  EXPECT_LT(thread.slice_left, slice);
  EXPECT_GT(thread.slice_left, Duration::zero());
  this->policy.charge(thread, slice + 1s);
  EXPECT_LE(thread.slice_left, Duration::zero());
}

TYPED_TEST(PolicyConformance, ChargesNobodyElse) {
  this->enqueue_all();
  Entity* const first = this->policy.pick();
  Entity* const second = this->policy.pick();
  const Duration before = second->slice_left;
  this->policy.charge(*first, 1s);
  EXPECT_EQ(second->slice_left, before);
}

TYPED_TEST(PolicyConformance, SharesTheTurnsEquallyAmongEquals) {
  this->enqueue_all();
  constexpr int kRounds = 100;
  for (const int picks : this->share_turns(kRounds * static_cast<int>(this->threads.size()))) {
    EXPECT_NEAR(picks, kRounds, 2);
  }
}

// Somebody who keeps yielding or waking must not keep others waiting for ever.
TYPED_TEST(PolicyConformance, StarvesNobodyBehindOneThatComesBackAtOnce) {
  for (const EnqueueReason reason : kAllReasons) {
    this->enqueue_all();
    std::set<Entity*> picked;
    for (int turn = 0; turn < 1000 && picked.size() < this->threads.size(); ++turn) {
      Entity* const thread = this->policy.pick();
      picked.insert(thread);
      this->policy.charge(*thread, 1ms);
      this->policy.enqueue(*thread, reason);
    }
    EXPECT_EQ(picked.size(), this->threads.size());
    while (this->policy.pick() != nullptr) {
    }
  }
}

TYPED_TEST(PolicyConformance, PicksAgainWhomSomebodyHasPutBackAndWithTheSameSlice) {
  this->enqueue_all();
  for (std::size_t turn = 0; turn < this->threads.size(); ++turn) {
    Entity* const picked = this->policy.pick();
    this->policy.charge(*picked, 1us);
    const Duration slice = picked->slice_left;
    this->policy.put_back(*picked);
    EXPECT_FALSE(this->policy.empty());
    EXPECT_EQ(picked->slice_left, slice);
    EXPECT_EQ(this->policy.pick(), picked);
  }
  EXPECT_TRUE(this->policy.empty());
}

TYPED_TEST(PolicyConformance, KeepsTheOrderOfThoseThatArePickedAndPutBackInReverse) {
  const auto order = [this] {
    std::vector<Entity*> picked;
    while (Entity* const thread = this->policy.pick()) {
      picked.push_back(thread);
    }
    return picked;
  };
  this->enqueue_all();
  const std::vector<Entity*> expected = order();
  for (Entity* const thread : std::vector(expected.rbegin(), expected.rend())) {
    this->policy.put_back(*thread);
  }
  EXPECT_EQ(order(), expected);
}

TYPED_TEST(PolicyConformance, RemovesAnybodyAndKeepsTheOthersInTheirOrder) {
  for (Entity& removed : this->threads) {
    this->enqueue_all();
    this->policy.remove(removed);
    std::set<Entity*> left;
    while (Entity* const thread = this->policy.pick()) {
      left.insert(thread);
    }
    EXPECT_EQ(left.size(), this->threads.size() - 1);
    EXPECT_FALSE(left.contains(&removed));
    this->policy.enqueue(removed, EnqueueReason::kWoken);
    EXPECT_EQ(this->policy.pick(), &removed) << "it may come again";
  }
}

TYPED_TEST(PolicyConformance, IsEmptyWhenTheOnlyOneIsRemoved) {
  this->policy.enqueue(this->threads[0], EnqueueReason::kSpawned);
  this->policy.remove(this->threads[0]);
  EXPECT_TRUE(this->policy.empty());
  EXPECT_EQ(this->policy.pick(), nullptr);
}

TYPED_TEST(PolicyConformance, KeepsTheSameThreadsAsASetUnderRandomUse) {
  std::mt19937 random(7);
  std::set<Entity*> ready;
  for (int step = 0; step < 20'000; ++step) {
    Entity& thread = this->threads[random() % this->threads.size()];
    if (random() % 2 == 0) {
      Entity* const picked = this->policy.pick();
      ASSERT_EQ(ready.erase(picked), ready.empty() && picked == nullptr ? 0U : 1U);
      if (picked != nullptr && random() % 4 == 0) {
        this->policy.put_back(*picked);
        ready.insert(picked);
      }
    } else if (random() % 8 == 0) {
      if (ready.erase(&thread) == 1) {
        this->policy.remove(thread);
      }
    } else if (ready.insert(&thread).second) {
      this->policy.enqueue(thread, kAllReasons[random() % std::size(kAllReasons)]);
    }
    ASSERT_EQ(this->policy.empty(), ready.empty());
  }
}

}  // namespace
}  // namespace tb::sched
