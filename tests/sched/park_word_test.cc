// The park word one call after the other, then under real threads: no wake is lost, and each park
// ends once.
#include "sched/park_word.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace tb::sched {
namespace {

TEST(ParkWord, WithoutAWakeItParks) {
  ParkWord<> word;
  EXPECT_FALSE(word.consume());
  EXPECT_EQ(word.commit(), ParkOutcome::kParked);
}

TEST(ParkWord, AWakeBeforeTheParkIsKept) {
  ParkWord<> word;
  EXPECT_EQ(word.wake(), WakeOutcome::kNoted);
  EXPECT_EQ(word.commit(), ParkOutcome::kWokenMeanwhile);
  EXPECT_TRUE(word.consume());
  EXPECT_FALSE(word.consume());
  EXPECT_EQ(word.commit(), ParkOutcome::kParked);
}

TEST(ParkWord, AWakeBetweenTheLookAndTheParkPreventsThePark) {
  ParkWord<> word;
  EXPECT_FALSE(word.consume());
  EXPECT_EQ(word.wake(), WakeOutcome::kNoted);
  EXPECT_EQ(word.commit(), ParkOutcome::kWokenMeanwhile);
  EXPECT_TRUE(word.consume());
}

TEST(ParkWord, TheFirstWakeOfAParkedThreadWinsItAndTheOthersAreNoted) {
  ParkWord<> word;
  EXPECT_EQ(word.commit(), ParkOutcome::kParked);
  EXPECT_EQ(word.wake(), WakeOutcome::kThreadIsYours);
  EXPECT_EQ(word.wake(), WakeOutcome::kNoted);
  EXPECT_EQ(word.wake(), WakeOutcome::kNoted);
  EXPECT_TRUE(word.consume());
  EXPECT_FALSE(word.consume());
}

TEST(ParkWord, WhoeverDoesNotConsumeTheWakeThatBroughtItBackParksOnceInVain) {
  ParkWord<> word;
  EXPECT_EQ(word.commit(), ParkOutcome::kParked);
  EXPECT_EQ(word.wake(), WakeOutcome::kThreadIsYours);
  EXPECT_EQ(word.commit(), ParkOutcome::kWokenMeanwhile);
}

TEST(ParkWord, ManyWakesAreConsumedAtOnce) {
  ParkWord<> word;
  for (int count = 0; count < 1000; ++count) {
    EXPECT_EQ(word.wake(), WakeOutcome::kNoted);
  }
  EXPECT_TRUE(word.consume());
  EXPECT_FALSE(word.consume());
}

TEST(ParkWord, ServesAnyNumberOfParks) {
  ParkWord<> word;
  for (int round = 0; round < 1000; ++round) {
    ASSERT_FALSE(word.consume());
    ASSERT_EQ(word.commit(), ParkOutcome::kParked);
    ASSERT_EQ(word.wake(), WakeOutcome::kThreadIsYours);
    ASSERT_TRUE(word.consume());
  }
}

TEST(ParkWord, ALastingWakeEndsAParkAsAnyOther) {
  ParkWord<> word;
  EXPECT_EQ(word.commit(), ParkOutcome::kParked);
  EXPECT_EQ(word.wake(WakeKind::kLasting), WakeOutcome::kThreadIsYours);
  EXPECT_TRUE(word.consume());
  EXPECT_EQ(word.wake(WakeKind::kLasting), WakeOutcome::kNoted);
  EXPECT_EQ(word.commit(), ParkOutcome::kWokenMeanwhile);
}

TEST(ParkWord, ALastingWakeOutlivesAnyNumberOfOrdinaryParksAndIsSeenOnce) {
  ParkWord<> word;
  EXPECT_EQ(word.wake(WakeKind::kLasting), WakeOutcome::kNoted);
  EXPECT_TRUE(word.consume());
  for (int park = 0; park < 1000; ++park) {
    ASSERT_EQ(word.commit(), ParkOutcome::kParked);
    ASSERT_EQ(word.wake(), WakeOutcome::kThreadIsYours);
    ASSERT_TRUE(word.consume());
  }
  EXPECT_TRUE(word.consume_lasting());
  EXPECT_FALSE(word.consume_lasting());
}

TEST(ParkWord, OrdinaryWakesAreNotLasting) {
  ParkWord<> word;
  EXPECT_FALSE(word.consume_lasting());
  for (int count = 0; count < 1000; ++count) {
    word.wake();
  }
  EXPECT_FALSE(word.consume_lasting());
}

TEST(ParkWord, ManyLastingWakesAreConsumedAtOnce) {
  ParkWord<> word;
  for (int count = 0; count < 1000; ++count) {
    word.wake(WakeKind::kLasting);
    word.wake();
  }
  EXPECT_TRUE(word.consume_lasting());
  EXPECT_FALSE(word.consume_lasting());
}

TEST(ParkWord, WhoeverAsksForLastingWakesTakesNoteOfAllOthersToo) {
  ParkWord<> word;
  word.wake();
  EXPECT_FALSE(word.consume_lasting());
  EXPECT_FALSE(word.consume());
  EXPECT_EQ(word.commit(), ParkOutcome::kParked);
}

TEST(ParkWord, OnlyAParkedThreadCanBeClaimedAndOnlyOnce) {
  ParkWord<> word;
  EXPECT_FALSE(word.claim());
  EXPECT_EQ(word.commit(), ParkOutcome::kParked);
  EXPECT_TRUE(word.claim());
  EXPECT_FALSE(word.claim());
}

TEST(ParkWord, AClaimIsNoWake) {
  ParkWord<> word;
  EXPECT_EQ(word.commit(), ParkOutcome::kParked);
  EXPECT_TRUE(word.claim());
  EXPECT_FALSE(word.consume());
  EXPECT_FALSE(word.consume_lasting());
}

TEST(ParkWord, AClaimedThreadParksAgainAndIsWokenAsBefore) {
  ParkWord<> word;
  for (int round = 0; round < 100; ++round) {
    ASSERT_EQ(word.commit(), ParkOutcome::kParked);
    ASSERT_TRUE(word.claim());
    ASSERT_EQ(word.commit(), ParkOutcome::kParked);
    ASSERT_EQ(word.wake(), WakeOutcome::kThreadIsYours);
    ASSERT_FALSE(word.claim());
    ASSERT_TRUE(word.consume());
  }
}

TEST(ParkWord, AWakeOfAClaimedThreadIsTheClaimantsToBring) {
  for (const WakeKind kind : {WakeKind::kOrdinary, WakeKind::kLasting}) {
    ParkWord<> word;
    EXPECT_EQ(word.commit(), ParkOutcome::kParked);
    EXPECT_TRUE(word.claim());
    EXPECT_EQ(word.wake(kind), WakeOutcome::kNoted);
    EXPECT_EQ(word.commit(), ParkOutcome::kWokenMeanwhile);
    EXPECT_EQ(word.consume_lasting(), kind == WakeKind::kLasting);
  }
}

TEST(ParkWord, AWokenThreadCannotBeClaimed) {
  ParkWord<> word;
  EXPECT_EQ(word.commit(), ParkOutcome::kParked);
  EXPECT_EQ(word.wake(), WakeOutcome::kThreadIsYours);
  EXPECT_FALSE(word.claim());
  EXPECT_TRUE(word.consume());
}

TEST(ParkWord, AWordInUseHasNotLostAWake) {
  ParkWord<> word;
  EXPECT_FALSE(word.has_lost_a_wake());
  word.wake();
  EXPECT_FALSE(word.has_lost_a_wake()) << "it is not parked";
  word.consume();
  word.commit();
  EXPECT_FALSE(word.has_lost_a_wake()) << "it has seen the wake";
  word.claim();
  EXPECT_FALSE(word.has_lost_a_wake());
  word.commit();
  word.wake(WakeKind::kLasting);
  EXPECT_FALSE(word.has_lost_a_wake()) << "somebody has won it";
}

// The word's one atomic, which a test may set to what it is after very many wakes.
template <class T>
struct SettableAtomic : std::atomic<T> {
  SettableAtomic(T value) : std::atomic<T>(value) { made_last = this; }  // NOLINT: as std::atomic

  static inline SettableAtomic* made_last = nullptr;
};

// Every bit but the lowest is part of a count; the thread has seen all these wakes.
struct ParkWordAtTheEndOfItsCounts : testing::Test {
  void start_from(std::uint64_t value) {
    bits.store(value);
    word.consume_lasting();
  }

  static constexpr std::uint64_t kAllWakes = 0xffff'fffe;
  static constexpr std::uint64_t kAllLasting = 0xffff'ffff'0000'0000;

  ParkWord<SettableAtomic> word;
  SettableAtomic<std::uint64_t>& bits = *SettableAtomic<std::uint64_t>::made_last;
};

TEST_F(ParkWordAtTheEndOfItsCounts, TheNextWakeIsSeenAndDoesNotLookLikeALastingOne) {
  start_from(kAllWakes);
  EXPECT_EQ(word.wake(), WakeOutcome::kNoted);
  EXPECT_EQ(bits, 0U);
  EXPECT_TRUE(word.consume());
  EXPECT_FALSE(word.consume_lasting());
  EXPECT_EQ(word.commit(), ParkOutcome::kParked);
}

TEST_F(ParkWordAtTheEndOfItsCounts, TheNextWakeWinsTheParkedThread) {
  start_from(kAllWakes);
  EXPECT_EQ(word.commit(), ParkOutcome::kParked);
  EXPECT_EQ(word.wake(), WakeOutcome::kThreadIsYours);
  EXPECT_EQ(bits, 0U);
  EXPECT_TRUE(word.consume());
}

TEST_F(ParkWordAtTheEndOfItsCounts, TheNextLastingWakeCountsOnceInEachCount) {
  start_from(kAllWakes);
  word.wake(WakeKind::kLasting);
  EXPECT_EQ(bits, std::uint64_t{1} << 32);
  EXPECT_TRUE(word.consume_lasting());
  EXPECT_FALSE(word.consume_lasting());
}

TEST_F(ParkWordAtTheEndOfItsCounts, TheLastLastingWakeIsFollowedByTheFirst) {
  start_from(kAllLasting | kAllWakes);
  word.wake(WakeKind::kLasting);
  EXPECT_EQ(bits, 0U);
  EXPECT_TRUE(word.consume_lasting());
  EXPECT_FALSE(word.consume_lasting());
  EXPECT_EQ(word.commit(), ParkOutcome::kParked);
  EXPECT_EQ(word.wake(WakeKind::kLasting), WakeOutcome::kThreadIsYours);
  EXPECT_TRUE(word.consume_lasting());
}

TEST_F(ParkWordAtTheEndOfItsCounts, OrdinaryWakesLeaveTheLastingOnesAlone) {
  start_from(kAllLasting | (kAllWakes - 4));
  for (int count = 0; count < 6; ++count) {
    word.wake();
    EXPECT_EQ(bits & kAllLasting, kAllLasting);
  }
  EXPECT_FALSE(word.consume_lasting());
}

TEST_F(ParkWordAtTheEndOfItsCounts, AClaimChangesNoCount) {
  start_from(kAllLasting | kAllWakes);
  EXPECT_EQ(word.commit(), ParkOutcome::kParked);
  EXPECT_TRUE(word.claim());
  EXPECT_EQ(bits, kAllLasting | kAllWakes);
  EXPECT_EQ(word.commit(), ParkOutcome::kParked);
}

TEST_F(ParkWordAtTheEndOfItsCounts, AThreadParkedOverAWakeHasLostIt) {
  start_from(kAllWakes);
  EXPECT_EQ(word.commit(), ParkOutcome::kParked);
  bits.store(1);  // the parked bit, and the count after the last
  EXPECT_TRUE(word.has_lost_a_wake());
}

// A thread that parks, on a CPU that is nothing but a flag: whoever wins the thread hands the CPU
// over. A lost wake would leave it waiting for ever, so waiting has an end.
class ParkingThread {
 public:
  // False if nobody came.
  bool park() {
    if (word_.consume()) {
      return true;
    }
    if (word_.commit() == ParkOutcome::kParked) {
      const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
      while (!running_.exchange(false)) {
        if (std::chrono::steady_clock::now() > end) {
          return false;
        }
        std::this_thread::yield();
      }
      ++handed_over_;
    }
    static_cast<void>(word_.consume());
    return true;
  }

  void wake() {
    if (word_.wake() == WakeOutcome::kThreadIsYours) {
      ++wins_;
      doubled_ = doubled_ || running_.exchange(true);
    }
  }

  bool doubled() const { return doubled_; }
  bool each_win_was_used() const { return wins_ == handed_over_; }

 private:
  ParkWord<> word_;
  std::atomic<bool> running_ = false;
  std::atomic<bool> doubled_ = false;
  std::atomic<std::uint64_t> wins_ = 0;
  std::uint64_t handed_over_ = 0;
};

void lose_no_wake(int producers) {
  constexpr std::uint64_t kWakes = 30'000;
  ParkingThread thread;
  std::atomic<std::uint64_t> posted = 0;
  bool lost = false;
  {
    std::vector<std::jthread> threads;
    threads.emplace_back([&] {
      while (!lost && posted < kWakes * static_cast<std::uint64_t>(producers)) {
        lost = !thread.park();
      }
    });
    for (int count = 0; count < producers; ++count) {
      threads.emplace_back([&, count] {
        for (std::uint64_t wakes = 0; wakes < kWakes; ++wakes) {
          ++posted;
          thread.wake();
          if (wakes % 16 == static_cast<std::uint64_t>(count)) {
            std::this_thread::yield();
          }
        }
      });
    }
  }
  EXPECT_FALSE(lost) << "a wake was lost";
  EXPECT_FALSE(thread.doubled()) << "two wakers won one park";
}

TEST(ParkWord, LosesNoWakeOfOneProducer) { lose_no_wake(1); }
TEST(ParkWord, LosesNoWakeOfTwoProducers) { lose_no_wake(2); }
TEST(ParkWord, LosesNoWakeOfThreeProducers) { lose_no_wake(3); }

// Two threads wake each other in turn and hand plain words over; what a wake brings must be seen,
// which a race detector checks as well.
TEST(ParkWord, ShowsWhatWasWrittenBeforeTheWake) {
  constexpr int kRounds = 20'000;
  std::array<ParkingThread, 2> threads;
  int message = 0;
  std::atomic<int> failures = 0;
  const auto play = [&](int me) {
    for (int round = me; round < kRounds && failures == 0; round += 2) {
      if (round > 0 && !threads[static_cast<std::size_t>(me)].park()) {
        ++failures;
      }
      failures += message == round ? 0 : 1;
      message = round + 1;
      threads[static_cast<std::size_t>(1 - me)].wake();
    }
  };
  {
    std::jthread one(play, 0), other(play, 1);
  }
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(message, kRounds);
  EXPECT_FALSE(threads[0].doubled() || threads[1].doubled());
  EXPECT_TRUE(threads[0].each_win_was_used());
}

}  // namespace
}  // namespace tb::sched
