// Posts and wakes one call after the other, then under real threads: what was posted is taken once,
// and a link is under way while something waits to be taken.
#include "sched/posts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <vector>

namespace tb::sched {
namespace {

constexpr Wakes kOrdinary(WakeKind::kOrdinary);
constexpr Wakes kLasting(WakeKind::kLasting);

TEST(Wakes, BeginWithNone) {
  Wakes wakes;
  EXPECT_FALSE(wakes.any());
  EXPECT_FALSE(wakes.take());
  EXPECT_FALSE(wakes.take_lasting());
}

TEST(Wakes, SeveralCountAsOne) {
  Wakes wakes;
  for (int count = 0; count < 1'000; ++count) {
    wakes.add(kOrdinary);
  }
  EXPECT_TRUE(wakes.any());
  EXPECT_TRUE(wakes.take());
  EXPECT_FALSE(wakes.any());
  EXPECT_FALSE(wakes.take());
}

TEST(Wakes, ALastingOneEndsAnyParkAndIsKeptForItsOwn) {
  Wakes wakes;
  wakes.add(kLasting);
  EXPECT_TRUE(wakes.take());
  EXPECT_FALSE(wakes.any()) << "the library's next wait has to wait";
  EXPECT_FALSE(wakes.take());
  EXPECT_TRUE(wakes.take_lasting());
  EXPECT_FALSE(wakes.take_lasting());
}

TEST(Wakes, WhoIsToldToEndIsToldForGood) {
  Wakes wakes;
  EXPECT_FALSE(wakes.told_to_end());
  wakes.tell_to_end();
  EXPECT_TRUE(wakes.told_to_end());
  EXPECT_FALSE(wakes.any()) << "that is no wake";
  EXPECT_FALSE(wakes.take());
  EXPECT_FALSE(wakes.take_lasting());
  EXPECT_TRUE(wakes.take_or_end());
  EXPECT_TRUE(wakes.take_or_end()) << "whoever can end looks each time";
  EXPECT_TRUE(wakes.told_to_end());
}

TEST(Wakes, AParkForLastingOnesNeedsALookAfterOneAndOnceTheThreadIsToEnd) {
  Wakes wakes;
  wakes.add(kOrdinary);
  EXPECT_TRUE(wakes.forget_ordinary());
  EXPECT_FALSE(wakes.take()) << "it is forgotten";
  wakes.add(kLasting);
  EXPECT_FALSE(wakes.forget_ordinary());
  EXPECT_TRUE(wakes.take_lasting()) << "a lasting one is not";
  EXPECT_TRUE(wakes.forget_ordinary());
  wakes.tell_to_end();
  EXPECT_FALSE(wakes.forget_ordinary());
  EXPECT_FALSE(wakes.take_lasting());
}

TEST(Wakes, ALookForALastingOneTakesTheOthersToo) {
  Wakes wakes;
  wakes.add(kOrdinary);
  EXPECT_FALSE(wakes.take_lasting());
  EXPECT_FALSE(wakes.take());
}

TEST(Wakes, OfBothKindsEachIsSeen) {
  Wakes wakes;
  wakes.add(kLasting);
  EXPECT_TRUE(wakes.take());
  wakes.add(kOrdinary);
  EXPECT_TRUE(wakes.take());
  EXPECT_TRUE(wakes.take_lasting());
}

TEST(Posts, BeginWithNothing) {
  Posts<> posts;
  EXPECT_FALSE(posts.has_wakes());
  EXPECT_FALSE(posts.is_linked());
  EXPECT_FALSE(posts.take().any());
  EXPECT_FALSE(posts.take_wakes().any());
}

TEST(Posts, TheFirstPosterPushesAndTheOthersDoNot) {
  Posts<> posts;
  EXPECT_EQ(posts.post(kOrdinary), Link::kMustBePushed);
  EXPECT_EQ(posts.post(kOrdinary), Link::kIsUnderWay);
  EXPECT_EQ(posts.post(kLasting), Link::kIsUnderWay);
  EXPECT_EQ(posts.post(Wakes()), Link::kIsUnderWay);
  EXPECT_TRUE(posts.is_linked());
}

TEST(Posts, WhoeverComesAfterTheLinkWasTakenPushesAnew) {
  Posts<> posts;
  for (int round = 0; round < 100; ++round) {
    ASSERT_EQ(posts.post(kOrdinary), Link::kMustBePushed);
    ASSERT_TRUE(posts.take().any());
    ASSERT_FALSE(posts.is_linked());
    ASSERT_FALSE(posts.has_wakes());
  }
}

TEST(Posts, AreTakenTogetherAndOnce) {
  Posts<> posts;
  static_cast<void>(posts.post(kOrdinary));
  static_cast<void>(posts.post(kLasting));
  Wakes wakes = posts.take();
  EXPECT_TRUE(wakes.take());
  EXPECT_TRUE(wakes.take_lasting());
  EXPECT_FALSE(posts.take().any());
}

TEST(Posts, ALinkForARequestIsNoWake) {
  Posts<> posts;
  EXPECT_EQ(posts.post(Wakes()), Link::kMustBePushed);
  EXPECT_TRUE(posts.is_linked());
  EXPECT_FALSE(posts.has_wakes());
  EXPECT_FALSE(posts.take_wakes().any());
  EXPECT_FALSE(posts.take().any());
}

TEST(Posts, TheOwnerTakesTheWakesAndLeavesTheLinkUnderWay) {
  Posts<> posts;
  static_cast<void>(posts.post(kLasting));
  EXPECT_TRUE(posts.take_wakes().take_lasting());
  EXPECT_FALSE(posts.has_wakes());
  EXPECT_TRUE(posts.is_linked());
  EXPECT_EQ(posts.post(kOrdinary), Link::kIsUnderWay);
  EXPECT_TRUE(posts.take().any()) << "what came after the owner's look";
}

TEST(Posts, WhatIsLeftForTheArrivalIsFoundThereAndHasNoLink) {
  Posts<> posts;
  static_cast<void>(posts.post(kLasting));
  posts.leave_for_arrival(posts.take());
  EXPECT_TRUE(posts.has_wakes());
  EXPECT_FALSE(posts.is_linked());
  EXPECT_EQ(posts.post(kOrdinary), Link::kMustBePushed) << "a later one is told";
  EXPECT_TRUE(posts.take_wakes().take_lasting());
}

TEST(Posts, NothingIsLeftOfNoWakes) {
  Posts<> posts;
  posts.leave_for_arrival(Wakes());
  EXPECT_FALSE(posts.has_wakes());
}

// Three posters and an owner that takes whenever the link has been pushed, and looks in between.
TEST(Posts, UnderRealThreadsEachIsTakenAndTheLinkIsPushedOncePerTake) {
  constexpr int kPosters = 3;
  constexpr int kPosts = 20'000;
  Posts<> posts;
  std::array<std::atomic<int>, kPosters> sent{};
  std::atomic<int> under_way{0};  // pushed and not taken off
  std::atomic<int> most{0};
  const auto poster = [&](int self) {
    for (int count = 1; count <= kPosts; ++count) {
      sent[static_cast<std::size_t>(self)].store(count, std::memory_order_relaxed);
      if (posts.post(kOrdinary) == Link::kMustBePushed) {
        most = std::max(most.load(), ++under_way);
      }
    }
  };
  std::vector<std::thread> threads;
  for (int self = 0; self < kPosters; ++self) {
    threads.emplace_back(poster, self);
  }
  std::array<int, kPosters> seen{};
  const auto is_complete = [&] {
    return std::ranges::all_of(seen, [](int count) { return count == kPosts; });
  };
  for (int round = 0; !is_complete(); ++round) {
    Wakes wakes;
    if (under_way.load() > 0) {
      --under_way;
      wakes = posts.take();
    } else if (round % 3 == 0) {
      wakes = posts.take_wakes();
    }
    if (wakes.take()) {
      for (std::size_t i = 0; i < seen.size(); ++i) {
        seen[i] = sent[i].load(std::memory_order_relaxed);
      }
    } else {
      std::this_thread::yield();
    }
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(most, 1);
}

}  // namespace
}  // namespace tb::sched
