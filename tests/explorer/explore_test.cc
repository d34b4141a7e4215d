// The exploration itself: it goes through every order once, finds what only one order breaks, and
// shows how.
#include "tests/explorer/explore.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/assert.h"
#include "tests/explorer/litmus.h"

namespace tb::explorer {
namespace {

using testing::HasSubstr;
using testing::Not;

// Two threads of three operations each write down the order in which they ran.
std::set<std::string> seen_orders;

struct Writers {
  Threads threads() {
    const auto write = [this](char letter) {
      for (int count = 0; count < 3; ++count) {
        word.fetch_add(1);
        order += letter;
      }
    };
    return {[write] { write('a'); }, [write] { write('b'); }};
  }
  void check() { seen_orders.insert(order); }

  ExploredAtomic<int> word{0};
  std::string order;
};

TEST(Exploration, GoesThroughEveryOrderOnce) {
  seen_orders.clear();
  const Report report = explore<Writers>({.reduction = Reduction::kNone});
  EXPECT_EQ(report.runs, 20U) << "6! / (3! 3!)";
  EXPECT_EQ(report.coverage, Coverage::kEverything);
  EXPECT_EQ(seen_orders.size(), 20U);
}

TEST(Exploration, EndsAtTheGivenNumberOfRuns) {
  const Report report = explore<Writers>({.runs = 7});
  EXPECT_EQ(report.runs, 7U);
  EXPECT_EQ(report.coverage, Coverage::kPart);
}

// Each thread has a location of its own, and one is shared.
struct MostlyApart : Litmus {
  Threads threads() {
    return {[this] {
              x.store(1);
              x.store(2);
              r[0] = z.exchange(1);
            },
            [this] {
              y.store(1);
              y.store(2);
              r[1] = z.exchange(2);
            }};
  }
  Outcome outcome() const { return {r[0], r[1], x.load(), y.load(), z.load()}; }

  ExploredAtomic<int> z{0};
};

TEST(Exploration, LeavesOutWhatDiffersInCommutingStepsOnly) {
  struct Counted : MostlyApart {
    void check() {}
  };
  EXPECT_EQ(explore<Counted>({.reduction = Reduction::kNone}).runs, 20U);
  EXPECT_EQ(explore<Counted>().runs, 2U);
}

// Three threads in which all kinds of steps meet.
template <std::memory_order kOrder>
struct Mixture : Litmus {
  Threads threads() {
    return {[this] {
              x.store(1, kOrder == kAcqRel ? kRelease : kOrder);
              r[0] = y.load(kOrder == kAcqRel ? kAcquire : kOrder);
            },
            [this] {
              y.fetch_add(2, kOrder);
              r[1] = x.load(kOrder == kAcqRel ? kAcquire : kOrder);
            },
            [this] {
              r[2] = x.load(kOrder == kAcqRel ? kAcquire : kOrder);
              y.compare_exchange_strong(r[3], 7, kOrder);
            }};
  }
  Outcome outcome() const { return {r[0], r[1], r[2], r[3], x.load(), y.load()}; }
};

// Two seq_cst loads of one location, which limit each other.
struct StrictReaders : Litmus {
  Threads threads() {
    const auto read = [this](int& first, int& second) {
      first = y.load(kRelaxed);
      second = x.load(kSeqCst);
    };
    return {[this] {
              x.store(1, kRelaxed);
              y.store(1, kRelaxed);
            },
            [this, read] { read(r[0], r[1]); }, [this, read] { read(r[2], r[3]); }};
  }
  Outcome outcome() const { return {r.begin(), r.end()}; }
};

template <class Test>
void expect_same_with_and_without_reduction() {
  const auto all = outcomes<Test>({.reduction = Reduction::kNone});
  EXPECT_EQ(outcomes<Test>(), all);
  EXPECT_GT(all.size(), 5U);
  EXPECT_EQ(outcomes<Test>({.search = Search::kRandom, .runs = 50'000}), all);
}

TEST(Exploration, FindsTheSameWithAndWithoutReductionAndByLot) {
  expect_same_with_and_without_reduction<Mixture<kRelaxed>>();
  expect_same_with_and_without_reduction<Mixture<kAcqRel>>();
  expect_same_with_and_without_reduction<Mixture<kSeqCst>>();
  expect_same_with_and_without_reduction<StrictReaders>();
}

struct SplitCounter {
  Threads threads() {
    const auto add = [this] { count.store(count.load() + 1); };
    return {add, add};
  }
  void check() { ensure(count.load() == 2, "both were counted"); }

  ExploredAtomic<int> count{0};
};

struct ExchangedCounter {
  Threads threads() {
    const auto add = [this] {
      int seen = count.load();
      while (!count.compare_exchange_weak(seen, seen + 1)) {
      }
    };
    return {add, add, add};
  }
  void check() { ensure(count.load() == 3, "all were counted"); }

  ExploredAtomic<int> count{0};
};

TEST(Exploration, FindsTheLostUpdateOfACounterInTwoSteps) {
  EXPECT_FALSE(passes(explore<SplitCounter>()));
  EXPECT_FALSE(passes(explore<SplitCounter>({.order_rule = make_seq_cst})));
  EXPECT_TRUE(passes(explore<ExchangedCounter>()));
}

struct OneTry {
  Threads threads() {
    return {[this] {
      int zero = 0;
      done = count.compare_exchange_weak(zero, 1);
    }};
  }
  void check() { ensure(done, "nobody else is there"); }

  ExploredAtomic<int> count{0};
  bool done = false;
};

TEST(Exploration, MakesAWeakExchangeFailWithoutReasonIfAsked) {
  EXPECT_TRUE(passes(explore<OneTry>()));
  EXPECT_FALSE(passes(explore<OneTry>({.spurious_failures = 1})));
  EXPECT_TRUE(passes(explore<ExchangedCounter>({.spurious_failures = 2})));
}

template <std::memory_order kStore, std::memory_order kLoad>
struct Handover {
  Handover() {
    name(ready, "ready");
    name(letter, "letter");
  }
  Threads threads() {
    return {[this] {
              letter.write(7);
              ready.store(true, kStore);
            },
            [this] {
              if (ready.load(kLoad)) {
                ensure(letter.read() == 7, "the letter is whole");
              }
            }};
  }
  void check() const { ensure(letter.read() == 7, "it was written"); }

  ExploredAtomic<bool> ready{false};
  ExploredData<int> letter{0};
};

TEST(Exploration, FindsPlainDataThatIsNotHandedOver) {
  EXPECT_TRUE(passes(explore<Handover<kRelease, kAcquire>>()));
  const Report report = explore<Handover<kRelaxed, kAcquire>>();
  ASSERT_FALSE(passes(report));
  EXPECT_THAT(report.failure->what, HasSubstr("data race: thread 1 and thread 0"));
  EXPECT_FALSE(passes(explore<Handover<kRelease, kRelaxed>>()));
}

// The reader is first, and the writer does not wait for it.
struct ReadThenWritten {
  Threads threads() {
    return {[this] {
              static_cast<void>(letter.read());
              ready.store(true, kRelaxed);
            },
            [this] {
              if (ready.load(kRelaxed)) {
                letter.write(1);
              }
            }};
  }
  void check() {}

  ExploredAtomic<bool> ready{false};
  ExploredData<int> letter{0};
};

TEST(Exploration, FindsAWriteThatRacesWithAReadBeforeIt) {
  EXPECT_FALSE(passes(explore<ReadThenWritten>()));
}

struct TwoWriters {
  Threads threads() {
    return {[this] { letter.write(1); }, [this] { letter.write(2); }};
  }
  void check() {}

  ExploredData<int> letter{0};
};

TEST(Exploration, FindsTwoWritesThatRace) { EXPECT_FALSE(passes(explore<TwoWriters>())); }

struct LateConstruction {
  Threads threads() {
    return {[this] {
              late.emplace(1);
              ready.store(true, kRelaxed);
            },
            [this] {
              if (ready.load(kAcquire)) {
                late->load();
              }
            }};
  }
  void check() {}

  ExploredAtomic<bool> ready{false};
  std::optional<ExploredAtomic<int>> late;
};

TEST(Exploration, FindsAnAtomicThatIsUsedBeforeItsConstructionIsVisible) {
  const Report report = explore<LateConstruction>();
  ASSERT_FALSE(passes(report));
  EXPECT_THAT(report.failure->what, HasSubstr("construction does not happen before"));
}

TEST(Exploration, TracesAFailedRunAndReplaysIt) {
  using Broken = Handover<kRelaxed, kAcquire>;
  const Report report = explore<Broken>();
  ASSERT_FALSE(passes(report));
  EXPECT_THAT(report.failure->trace, HasSubstr("thread 0  store             relaxed  ready := 1"));
  EXPECT_THAT(report.failure->trace, HasSubstr("thread 1  load              acquire  ready = 1"));
  EXPECT_THAT(report.failure->trace, HasSubstr("explore_test.cc:"));
  EXPECT_THAT(report.failure->trace, HasSubstr("<- races with thread 0"));
  const Report again = explore<Broken>({.replay = report.failure->path});
  EXPECT_EQ(again.runs, 1U);
  ASSERT_FALSE(passes(again));
  EXPECT_EQ(again.failure->trace, report.failure->trace);
  EXPECT_THAT(report.failure->what, Not(HasSubstr("replay")));
}

struct BrokenPromise : Litmus {
  Threads threads() {
    return {[this] { x.store(1); }, [this] { expects(x.load() == 0, "nobody was faster"); }};
  }
  void check() {}
};

TEST(ExplorationDeathTest, NamesTheRunThatBreaksAPromise) {
  EXPECT_DEATH(explore<BrokenPromise>(), "nobody was faster\naborted while exploring\nreplay: 0");
  EXPECT_DEATH(explore<BrokenPromise>({.replay = "0"}), "thread 0  store .* x := 1");
}

int runs_so_far = 0;

struct Forgetful {
  Threads threads() { return {}; }
  void check() { ensure(++runs_so_far != 3, "not the third time"); }
};

TEST(Exploration, SaysSoIfAScenarioRemembersEarlierRuns) {
  runs_so_far = 0;
  const Report report = explore<Forgetful>({.search = Search::kRandom});
  ASSERT_FALSE(passes(report));
  EXPECT_THAT(report.failure->what, HasSubstr("does not depend on its path alone"));
}

// A lock that spins, and what it protects.
template <std::memory_order kUnlock>
struct Locked {
  Threads threads() {
    const auto add = [this] {
      while (lock.exchange(true, kAcquire)) {
        wait_for_change();
      }
      count.write(count.read() + 1);
      lock.store(false, kUnlock);
    };
    return {add, add, add};
  }
  void check() const { ensure(count.read() == 3, "nobody was lost"); }

  ExploredAtomic<bool> lock{false};
  ExploredData<int> count{0};
};

TEST(Exploration, GoesThroughLoopsThatWait) {
  const Report report = explore<Locked<kRelease>>();
  EXPECT_TRUE(passes(report));
  EXPECT_EQ(report.coverage, Coverage::kEverything);
  EXPECT_FALSE(passes(explore<Locked<kRelaxed>>()));
}

struct WaitingForEachOther : Litmus {
  Threads threads() {
    const auto wait = [](ExploredAtomic<int>& awaited, ExploredAtomic<int>& own) {
      while (awaited.load() == 0) {
        wait_for_change();
      }
      own.store(1);
    };
    return {[this, wait] { wait(x, y); }, [this, wait] { wait(y, x); }};
  }
  void check() {}
};

TEST(Exploration, FindsThreadsThatWaitForEachOther) {
  const Report report = explore<WaitingForEachOther>();
  ASSERT_FALSE(passes(report));
  EXPECT_THAT(report.failure->what, HasSubstr("every thread waits"));
}

struct Endless : Litmus {
  Threads threads() {
    return {[this] {
      while (x.load() == 0) {
      }
    }};
  }
  void check() {}
};

TEST(Exploration, FindsAThreadThatDoesNotEnd) {
  const Report report = explore<Endless>({.steps = 100});
  ASSERT_FALSE(passes(report));
  EXPECT_THAT(report.failure->what, HasSubstr("more than 100 steps"));
  EXPECT_TRUE(passes(explore<SplitCounter>({.runs = 1}))) << "the next exploration is as usual";
}

enum class Colour : std::uint8_t { kRed, kGreen };

// One thread, so only the results of the operations count.
struct AllOperations {
  Threads threads() { return {}; }

  void check() {
    std::array<int, 4> items{};
    ExploredAtomic<int*> pointer{items.data()};
    ensure(pointer.fetch_add(3) == items.data() && pointer.fetch_sub(1) == &items[3] &&
               pointer.load() == &items[2],
           "pointers count in elements");
    ExploredAtomic<std::uint8_t> byte{250};
    ensure(byte.fetch_add(10) == 250 && byte.load() == 4, "a byte wraps");
    ensure(byte.fetch_sub(5) == 4 && byte.load() == 255, "a byte wraps below zero");
    ensure(byte.fetch_and(0x0f) == 255 && byte.fetch_or(0x30) == 0x0f &&
               byte.fetch_xor(0x01) == 0x3f && byte.load() == 0x3e,
           "bits");
    ExploredAtomic<long> number{-1};
    ensure(number.fetch_add(-1) == -1 && number.load() == -2, "negative numbers");
    ExploredAtomic<Colour> colour{Colour::kRed};
    Colour expected = Colour::kGreen;
    ensure(!colour.compare_exchange_strong(expected, Colour::kGreen) && expected == Colour::kRed,
           "another value is reported");
    ensure(colour.compare_exchange_weak(expected, Colour::kGreen, kAcqRel, kAcquire) &&
               colour.exchange(Colour::kRed) == Colour::kGreen,
           "the expected value is exchanged");
  }
};

TEST(Exploration, HasTheOperationsOfStdAtomic) { EXPECT_TRUE(passes(explore<AllOperations>())); }

}  // namespace
}  // namespace tb::explorer
