// The park word in every order of its operations, and with every old value that its memory orders
// allow: no wake is lost, and the thread is never in two places.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <vector>

#include "sched/park_word.h"
#include "tests/explorer/explore.h"
#include "tests/explorer/passes.h"
#include "tests/explorer/weaken.h"

namespace tb::sched {
namespace {

using explorer::ensure;
using explorer::ExploredAtomic;
using explorer::ExploredData;
using explorer::passes;
using testing::HasSubstr;

// relaxed: pairs with nothing; the word itself has to bring along what was posted before a wake.
constexpr auto kRelaxed = std::memory_order_relaxed;

// What a thread leaves behind with its stack: only one CPU at a time may have it.
class Stack {
 public:
  void enter() {
    ensure(!in_use_.read(), "the thread runs once at a time");
    in_use_.write(true);
  }
  void leave() { in_use_.write(false); }

 private:
  ExploredData<bool> in_use_{false};
};

// A parking thread and `kWakers` others who each post something and then wake it, `kWakes` times.
// The thread's own code is what park_until() does; whoever wins the parked thread runs it on.
template <template <template <class> class> class Word, std::size_t kWakers, std::size_t kWakes>
struct Parking {
  std::vector<std::function<void()>> threads() {
    std::vector<std::function<void()>> threads{[this] { run_thread(); }};
    for (std::size_t waker = 0; waker < kWakers; ++waker) {
      threads.emplace_back([this, waker] {
        for (std::size_t count = 0; count < kWakes; ++count) {
          posted[waker].store(count + 1, kRelaxed);
          if (word.wake() == WakeOutcome::kThreadIsYours) {
            word.consume();
            run_thread();
          }
        }
      });
    }
    return threads;
  }

  void check() const { ensure(finished, "no wake is lost"); }

  bool everything_has_come() {
    for (auto& each : posted) {
      if (each.load(kRelaxed) != kWakes) {
        return false;
      }
    }
    return true;
  }

  void run_thread() {
    stack.enter();
    while (!everything_has_come()) {
      if (word.consume()) {
        continue;
      }
      // From the commit on it may be another's.
      stack.leave();
      if (word.commit() == ParkOutcome::kParked) {
        return;
      }
      stack.enter();
      word.consume();
    }
    finished = true;
  }

  Word<ExploredAtomic> word;
  std::array<ExploredAtomic<std::size_t>, kWakers> posted;
  Stack stack;
  bool finished = false;
};

template <class Scenario>
void expect_nothing_lost(std::size_t at_least) {
  const explorer::Report report = explorer::explore<Scenario>();
  EXPECT_TRUE(passes(report));
  EXPECT_EQ(report.coverage, explorer::Coverage::kEverything);
  EXPECT_GT(report.runs, at_least);
}

TEST(ParkWordInterleaving, LosesNothingOfOneWake) {
  expect_nothing_lost<Parking<ParkWord, 1, 1>>(10);
}

TEST(ParkWordInterleaving, LosesNothingOfTwoWakesInARow) {
  expect_nothing_lost<Parking<ParkWord, 1, 2>>(100);
}

TEST(ParkWordInterleaving, LosesNothingOfTwoWakers) {
  expect_nothing_lost<Parking<ParkWord, 2, 1>>(1'000);
}

// Two wakers, one park: if it parks, exactly one of them wins; if it does not, none does.
struct TwoWakersOnePark {
  std::vector<std::function<void()>> threads() {
    const auto wake = [this] { wins += word.wake() == WakeOutcome::kThreadIsYours ? 1 : 0; };
    return {[this] {
              consumed = word.consume();
              parked = !consumed && word.commit() == ParkOutcome::kParked;
            },
            wake, wake};
  }

  void check() {
    ensure(wins == (parked ? 1 : 0), "one wins a parked thread, and nobody another");
    // Two wakes came and at most one look at them, so the next look or park has to see one, unless
    // both had come before the look.
    const bool unseen = word.consume();
    ensure(consumed || unseen, "a wake is seen");
    ensure(word.commit() == ParkOutcome::kParked, "and seen once");
  }

  ParkWord<ExploredAtomic> word;
  bool consumed = false;
  bool parked = false;
  int wins = 0;
};

TEST(ParkWordInterleaving, OneOfTwoWakersWinsAParkAndNobodyElse) {
  expect_nothing_lost<TwoWakersOnePark>(100);
}

// A library's wait, for a flag that comes with an ordinary wake, and then the application's, for a
// lasting wake. They are sent in this order or in the other; then the lasting one comes during the
// first wait. Whoever wins the parked thread runs it on.
template <template <template <class> class> class Word, WakeKind kFirst>
struct TwoWaits {
  std::vector<std::function<void()>> threads() {
    return {[this] { run_thread(); },
            [this] {
              send(kFirst);
              send(kFirst == WakeKind::kLasting ? WakeKind::kOrdinary : WakeKind::kLasting);
            }};
  }

  void check() {
    ensure(finished, "no wake is lost");
    ensure(!word.consume_lasting(), "a lasting wake is seen once");
  }

  void send(WakeKind kind) {
    if (kind == WakeKind::kOrdinary) {
      flag.store(1, kRelaxed);
    }
    if (word.wake(kind) == WakeOutcome::kThreadIsYours) {
      word.consume();
      run_thread();
    }
  }

  bool has_what_it_waits_for() {
    if (!has_flag) {
      has_flag = flag.load(kRelaxed) != 0;
      return has_flag ? word.consume_lasting() : false;
    }
    return word.consume_lasting();
  }

  void run_thread() {
    stack.enter();
    while (!has_what_it_waits_for()) {
      if (!has_flag && word.consume()) {
        continue;
      }
      // From the commit on it may be another's.
      stack.leave();
      if (word.commit() == ParkOutcome::kParked) {
        return;
      }
      stack.enter();
      word.consume();
    }
    finished = true;
  }

  Word<ExploredAtomic> word;
  ExploredAtomic<int> flag;
  Stack stack;
  bool has_flag = false;
  bool finished = false;
};

TEST(ParkWordInterleaving, KeepsALastingWakeOverALibrarysWait) {
  expect_nothing_lost<TwoWaits<ParkWord, WakeKind::kOrdinary>>(100);
  expect_nothing_lost<TwoWaits<ParkWord, WakeKind::kLasting>>(100);
}

// With one count for both, what the library's wait has seen is gone.
template <template <class> class Atomic>
class WordOfOneCount : public ParkWord<Atomic> {
 public:
  bool consume_lasting() { return this->consume(); }
};

TEST(ParkWordInterleaving, FindsTheLastingWakeThatALibrarysWaitTakesAway) {
  using OneCount = TwoWaits<WordOfOneCount, WakeKind::kLasting>;
  const explorer::Report report = explorer::explore<OneCount>();
  ASSERT_FALSE(passes(report));
  EXPECT_THAT(report.failure->what, HasSubstr("no wake is lost"));
}

// As one might write it: a flag that is looked at before it is set.
template <template <class> class Atomic>
class ForgetfulWord {
 public:
  bool consume() { return woken_.exchange(0) != 0; }
  ParkOutcome commit() {
    if (woken_.load() != 0) {
      return ParkOutcome::kWokenMeanwhile;
    }
    parked_.store(1);
    return ParkOutcome::kParked;
  }
  WakeOutcome wake() {
    woken_.store(1);
    return parked_.exchange(0) != 0 ? WakeOutcome::kThreadIsYours : WakeOutcome::kNoted;
  }

 private:
  Atomic<int> woken_;
  Atomic<int> parked_;
};

TEST(ParkWordInterleaving, FindsTheLostWakeOfAWordThatForgets) {
  using Forgetful = Parking<ForgetfulWord, 1, 1>;
  const explorer::Report report = explorer::explore<Forgetful>();
  ASSERT_FALSE(passes(report));
  EXPECT_THAT(report.failure->what, HasSubstr("no wake is lost"));
}

// What a waker has written before its wake, for a thread that looks as soon as it knows; and what
// the thread leaves behind, for a waker that takes it as soon as it has won.
struct Letter {
  std::vector<std::function<void()>> threads() {
    return {[this] {
              stack.enter();
              if (word.consume()) {
                ensure(letter.read() == 1, "the letter has come");
                return;
              }
              stack.leave();
              if (word.commit() == ParkOutcome::kWokenMeanwhile) {
                ensure(letter.read() == 1, "the letter has come");
              }
            },
            [this] {
              letter.write(1);
              if (word.wake() == WakeOutcome::kThreadIsYours) {
                stack.enter();
              }
            }};
  }
  void check() {}

  ParkWord<ExploredAtomic> word;
  ExploredData<int> letter{0};
  Stack stack;
};

TEST(ParkWordInterleaving, BringsWhatWasWrittenBeforeAWake) { expect_nothing_lost<Letter>(3); }

// A parking thread, its wakers, and somebody who claims the parked thread, changes something of it
// and parks it again, `kClaims` times; if a wake came meanwhile, he runs it on.
template <std::size_t kWakers, std::size_t kClaims>
struct Claiming : Parking<ParkWord, kWakers, 1> {
  using Base = Parking<ParkWord, kWakers, 1>;

  std::vector<std::function<void()>> threads() {
    auto threads = Base::threads();
    threads.emplace_back([this] {
      for (std::size_t count = 0; count < kClaims; ++count) {
        if (this->word.claim()) {
          this->stack.enter();
          ++changes;
          this->stack.leave();
          if (this->word.commit() == ParkOutcome::kWokenMeanwhile) {
            this->word.consume();
            this->run_thread();
          }
        }
      }
    });
    return threads;
  }

  void check() const {
    Base::check();
    ensure(!this->word.has_lost_a_wake(), "it is not parked over a wake");
  }

  std::size_t changes = 0;
};

TEST(ParkWordInterleaving, LosesNoWakeToAClaim) {
  expect_nothing_lost<Claiming<1, 1>>(50);
  expect_nothing_lost<Claiming<1, 2>>(100);
}

// Without a wake the thread stays parked, and one of two claimants at a time has it.
struct TwoClaimants {
  std::vector<std::function<void()>> threads() {
    const auto claim = [this] {
      if (word.claim()) {
        ++claims;
        stack.enter();
        stack.leave();
        ensure(word.commit() == ParkOutcome::kParked, "nobody has woken it");
      }
    };
    return {[this] {
              stack.enter();
              stack.leave();
              ensure(word.commit() == ParkOutcome::kParked, "nobody has woken it");
            },
            claim, claim};
  }

  void check() {
    ensure(word.wake() == WakeOutcome::kThreadIsYours, "it is parked in the end");
    ensure(word.consume() && !word.consume(), "a claim is no wake");
  }

  ParkWord<ExploredAtomic> word;
  Stack stack;
  int claims = 0;
};

TEST(ParkWordInterleaving, AClaimedThreadIsInOnePlace) { expect_nothing_lost<TwoClaimants>(20); }

// A claim and a wake of the same park: the thread is brought once, by the waker or the claimant.
struct ClaimAgainstWake {
  ClaimAgainstWake() { word.commit(); }

  std::vector<std::function<void()>> threads() {
    return {[this] {
              if (word.claim()) {
                stack.enter();
                stack.leave();
                brought += word.commit() == ParkOutcome::kWokenMeanwhile ? 1 : 0;
              }
            },
            [this] {
              if (word.wake() == WakeOutcome::kThreadIsYours) {
                stack.enter();
                ++brought;
              }
            }};
  }

  void check() const { ensure(brought == 1, "one of the two brings the thread"); }

  ParkWord<ExploredAtomic> word;
  Stack stack;
  int brought = 0;
};

TEST(ParkWordInterleaving, AClaimedThreadIsBroughtByOneOfTwo) {
  expect_nothing_lost<ClaimAgainstWake>(2);
}

TEST(ParkWordInterleaving, ManyWakersAndClaimsByLot) {
  for (const auto search : {explorer::Search::kRandom, explorer::Search::kPriorities}) {
    const explorer::Options options{.search = search, .runs = 20'000};
    EXPECT_TRUE(passes(explorer::explore<Claiming<2, 1>>(options)));
    EXPECT_TRUE(passes(explorer::explore<Claiming<3, 4>>(options)));
  }
}

TEST(ParkWordInterleaving, NeedsEachOfItsMemoryOrders) {
  const auto weakenings =
      explorer::try_weakenings<Letter, Parking<ParkWord, 1, 1>, Claiming<1, 1>, TwoClaimants>(
          "sched/park_word.h");
  EXPECT_THAT(
      weakenings.noticed,
      testing::ElementsAre("consume: acquire to relaxed", "commit: release to relaxed",
                           "commit: acquire to relaxed on failure", "claim: acquire to relaxed",
                           "wake: acq_rel to acquire", "wake: acq_rel to release"));
  // A check from outside, after all is over.
  EXPECT_THAT(weakenings.unnoticed, testing::ElementsAre("has_lost_a_wake: seq_cst to acquire"));
}

}  // namespace
}  // namespace tb::sched
