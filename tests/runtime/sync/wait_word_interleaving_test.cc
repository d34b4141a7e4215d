// The word in every order of its operations: one at a time has it, whichever way it is taken.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <optional>
#include <set>
#include <vector>

#include "runtime/sync/wait_word.h"
#include "tests/explorer/explore.h"
#include "tests/explorer/passes.h"
#include "tests/explorer/weaken.h"

namespace tb {
namespace {

using explorer::ensure;
using explorer::ExploredAtomic;
using explorer::ExploredData;
using explorer::passes;

struct Waiter {
  WaitHook<Waiter> hook;
  ExploredAtomic<bool> is_over{false};
};

using Word = WaitWord<Waiter, &Waiter::hook, &explorer::wait_for_change, ExploredAtomic>;

constexpr std::uintptr_t kFree = 0;
constexpr std::uintptr_t kTaken = Word::kUnit;

// A lock as one would build it: one exchange if it is free, else the thread waits in the ring and
// is given it.
struct Lock {
  void lock() {
    if (word.try_replace(kFree, kTaken)) {
      return;
    }
    Waiter waiter;
    bool has_it = false;
    {
      Word::Locked locked(word);
      has_it = locked.value() == kFree;
      if (has_it) {
        locked.set_value(kTaken);
      } else {
        locked.insert(waiter, [](const Waiter&, const Waiter&) { return false; });
      }
    }
    while (!has_it && !waiter.is_over.load(std::memory_order_acquire)) {
      explorer::wait_for_change();
    }
  }

  void unlock() {
    if (word.try_replace(kTaken, kFree)) {
      return;
    }
    Waiter* next = nullptr;
    {
      Word::Locked locked(word);
      next = locked.first();
      if (next != nullptr) {
        locked.remove(*next);
      } else {
        locked.set_value(kFree);
      }
    }
    if (next != nullptr) {
      next->is_over.store(true, std::memory_order_release);
    }
  }

  Word word{kFree};
};

template <int kThreads, int kTimes>
struct Counting {
  std::vector<std::function<void()>> threads() {
    return {static_cast<std::size_t>(kThreads), [this] {
              for (int i = 0; i < kTimes; ++i) {
                lock.lock();
                sum.write(sum.read() + 1);
                lock.unlock();
              }
            }};
  }
  void check() {
    ensure(sum.read() == kThreads * kTimes, "one at a time has it");
    ensure(lock.word.load() == kFree, "it is free in the end");
  }

  Lock lock;
  ExploredData<int> sum{0};
};

// What was written before a value came is seen by whoever sees the value.
struct Telling {
  std::vector<std::function<void()>> threads() {
    return {[this] {
              letter.write(1);
              word.try_replace(kFree, kTaken);
            },
            [this] {
              if (word.load() == kTaken) {
                ensure(letter.read() == 1, "the letter has come");
              }
            }};
  }
  void check() {}

  Word word{kFree};
  ExploredData<int> letter{0};
};

// Who only looks sees a value that the word had, the first waiter's too, and disturbs nobody.
struct Looking {
  static constexpr std::uintptr_t kWanted = 2 * Word::kUnit;  // while somebody waits

  std::vector<std::function<void()>> threads() {
    const auto look = [this] {
      std::uintptr_t value = 0;
      if (!word.try_read(value)) {
        seen.insert(std::nullopt);
        return;
      }
      ensure(value == kFree || value == kWanted || value == kTaken, "it had that value");
      ensure(value == kFree || letter.read() == 1, "the letter has come");
      seen.insert(value);
    };
    const auto wait_and_leave = [this] {
      letter.write(1);
      Waiter waiter;
      {
        Word::Locked locked(word);
        locked.set_value(kWanted);
        locked.insert(waiter, [](const Waiter&, const Waiter&) { return false; });
      }
      Word::Locked locked(word);
      ensure(locked.first() == &waiter && locked.value() == kWanted, "the ring is as it was");
      locked.remove(waiter);
      locked.set_value(kTaken);
    };
    return {wait_and_leave, look, look};
  }
  void check() { ensure(word.load() == kTaken, "the last value stays"); }

  Word word{kFree};
  ExploredData<int> letter{0};
  static inline std::set<std::optional<std::uintptr_t>> seen;  // in all runs; none: no look
};

template <class Scenario>
void expect_it_holds() {
  const explorer::Report report = explorer::explore<Scenario>({.spurious_failures = 1});
  EXPECT_TRUE(passes(report));
  EXPECT_EQ(report.coverage, explorer::Coverage::kEverything);
}

TEST(WaitWordInterleaving, OneAtATimeHasIt) { expect_it_holds<Counting<2, 1>>(); }

TEST(WaitWordInterleaving, OneOfManyHasItByLot) {
  for (const auto search : {explorer::Search::kRandom, explorer::Search::kPriorities}) {
    for (const auto& report :
         {explorer::explore<Counting<2, 3>>({.search = search, .runs = 20'000}),
          explorer::explore<Counting<4, 1>>({.search = search, .runs = 20'000})}) {
      EXPECT_TRUE(passes(report));
    }
  }
}

TEST(WaitWordInterleaving, ItsValueTellsWhatWasWrittenBefore) { expect_it_holds<Telling>(); }

TEST(WaitWordInterleaving, ALookSeesTheValueWhoeverWaitsAndDisturbsNobody) {
  expect_it_holds<Looking>();
  EXPECT_THAT(Looking::seen, testing::ElementsAre(std::nullopt, kFree, kTaken, Looking::kWanted));
}

TEST(WaitWordInterleaving, NeedsItsMemoryOrders) {
  const auto weakenings =
      explorer::try_weakenings<Counting<2, 1>, Telling, Looking>("runtime/sync/wait_word.h");
  EXPECT_THAT(weakenings.unnoticed, testing::IsEmpty());
  EXPECT_THAT(weakenings.noticed, testing::SizeIs(testing::Ge(4U)));
}

}  // namespace
}  // namespace tb
