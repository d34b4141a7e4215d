// The park word in every order of its operations: no wake is lost, and the thread is never in two
// places.
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <vector>

#include "sched/park_word.h"
#include "tests/sched/interleaving.h"

namespace tb::sched {
namespace {

// A parking thread and `kWakers` others who each post something and then wake it, `kWakes` times.
// The thread's own code is what park_until() does; whoever wins the parked thread runs it on.
template <template <template <class> class> class Word, std::size_t kWakers, std::size_t kWakes>
struct Parking {
  std::vector<std::function<void()>> threads() {
    std::vector<std::function<void()>> threads{[this] { run_thread(); }};
    for (std::size_t waker = 0; waker < kWakers; ++waker) {
      threads.emplace_back([this, waker] {
        for (std::size_t count = 0; count < kWakes; ++count) {
          posted[waker].store(count + 1);
          if (word.wake() == WakeOutcome::kThreadIsYours) {
            word.consume();
            run_thread();
          }
        }
      });
    }
    return threads;
  }

  void check() {
    lost += finished ? 0 : 1;
    doubled += ran_twice ? 1 : 0;
  }

  bool everything_has_come() {
    for (auto& each : posted) {
      if (each.load() != kWakes) {
        return false;
      }
    }
    return true;
  }

  void run_thread() {
    ran_twice = ran_twice || runs;
    runs = true;
    while (!everything_has_come()) {
      if (word.consume()) {
        continue;
      }
      // From the commit on it may be another's.
      runs = false;
      if (word.commit() == ParkOutcome::kParked) {
        return;
      }
      runs = true;
      word.consume();
    }
    finished = true;
  }

  static inline std::size_t lost = 0;
  static inline std::size_t doubled = 0;

  Word<ExploredAtomic> word;
  std::array<ExploredAtomic<std::size_t>, kWakers> posted;
  bool runs = false;
  bool ran_twice = false;
  bool finished = false;
};

template <class Scenario>
void expect_nothing_lost(std::size_t at_least) {
  EXPECT_GT(explore_interleavings<Scenario>(), at_least);
  EXPECT_EQ(Scenario::lost, 0U) << "orders in which a wake was lost";
  EXPECT_EQ(Scenario::doubled, 0U) << "orders in which the thread ran twice at a time";
}

TEST(ParkWordInterleaving, LosesNothingOfOneWake) {
  expect_nothing_lost<Parking<ParkWord, 1, 1>>(20);
}

TEST(ParkWordInterleaving, LosesNothingOfTwoWakesInARow) {
  expect_nothing_lost<Parking<ParkWord, 1, 2>>(500);
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
    wrong += wins == (parked ? 1 : 0) ? 0 : 1;
    // Two wakes came and at most one look at them, so the next look or park has to see one, unless
    // both had come before the look.
    const bool unseen = word.consume();
    wrong += consumed || unseen ? 0 : 1;
    wrong += word.commit() == ParkOutcome::kParked ? 0 : 1;
  }

  static inline std::size_t wrong = 0;

  ParkWord<ExploredAtomic> word;
  bool consumed = false;
  bool parked = false;
  int wins = 0;
};

TEST(ParkWordInterleaving, OneOfTwoWakersWinsAParkAndNobodyElse) {
  EXPECT_GT(explore_interleavings<TwoWakersOnePark>(), 500U);
  EXPECT_EQ(TwoWakersOnePark::wrong, 0U);
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
    lost += finished ? 0 : 1;
    doubled += ran_twice || (finished && word.consume_lasting()) ? 1 : 0;
  }

  void send(WakeKind kind) {
    if (kind == WakeKind::kOrdinary) {
      flag.store(1);
    }
    if (word.wake(kind) == WakeOutcome::kThreadIsYours) {
      word.consume();
      run_thread();
    }
  }

  bool has_what_it_waits_for() {
    if (!has_flag) {
      has_flag = flag.load() != 0;
      return has_flag ? word.consume_lasting() : false;
    }
    return word.consume_lasting();
  }

  void run_thread() {
    ran_twice = ran_twice || runs;
    runs = true;
    while (!has_what_it_waits_for()) {
      if (!has_flag && word.consume()) {
        continue;
      }
      // From the commit on it may be another's.
      runs = false;
      if (word.commit() == ParkOutcome::kParked) {
        return;
      }
      runs = true;
      word.consume();
    }
    finished = true;
  }

  static inline std::size_t lost = 0;
  static inline std::size_t doubled = 0;

  Word<ExploredAtomic> word;
  ExploredAtomic<int> flag;
  bool has_flag = false;
  bool runs = false;
  bool ran_twice = false;
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
  explore_interleavings<OneCount>();
  EXPECT_GT(OneCount::lost, 0U);
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
  explore_interleavings<Forgetful>();
  EXPECT_GT(Forgetful::lost, 0U);
}

}  // namespace
}  // namespace tb::sched
