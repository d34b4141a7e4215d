// The idle set in every order of its operations, and with every old value that its memory orders
// allow: an idle CPU and the one that has work never miss each other, and nobody is claimed twice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <vector>

#include "sched/inbox.h"
#include "sched/shared_cpu_set.h"
#include "tests/explorer/explore.h"
#include "tests/explorer/passes.h"
#include "tests/explorer/weaken.h"

namespace tb::sched {
namespace {

using explorer::Coverage;
using explorer::ensure;
using explorer::ExploredAtomic;
using explorer::passes;

constexpr CpuId kCpu0{0};
constexpr CpuId kCpu1{1};

using Threads = std::vector<std::function<void()>>;

CpuSet first_cpus(std::uint32_t count) { return CpuSet::first(count); }

// CPU 0 becomes idle and looks for loaded ones; another one becomes loaded and looks for idle ones.
struct AnnounceAgainstLoad {
  Threads threads() {
    return {[this] {
              set.announce(kCpu0);
              asks = loaded.load();
            },
            [this] {
              loaded.store(true);
              gives = set.any() && set.claim_any(first_cpus(1), kCpu0).has_value();
            }};
  }

  void check() const {
    ensure(asks || gives, "one of the two sees the other");
    ensure(gives != set.contains(kCpu0), "who is claimed is off the set");
    ensure(set.any() == set.contains(kCpu0), "the count is right in the end");
  }

  SharedCpuSet<ExploredAtomic> set;
  ExploredAtomic<bool> loaded{false};
  bool asks = false;
  bool gives = false;
};

// The same, when the CPU changes its mind and comes back.
struct ComingBackAgainstLoad : AnnounceAgainstLoad {
  Threads threads() {
    Threads threads = AnnounceAgainstLoad::threads();
    threads[0] = [this] {
      set.announce(kCpu0);
      set.withdraw(kCpu0);
      set.announce(kCpu0);
      asks = loaded.load();
    };
    return threads;
  }

  void check() const {
    ensure(asks || gives, "one of the two sees the other");
    ensure(set.any() == set.contains(kCpu0), "the count is right in the end");
  }
};

// CPU 1 sleeps already. CPU 0 becomes idle and is claimed, maybe before it is counted; whoever
// becomes loaded then must find CPU 1, or be seen by CPU 0.
struct ClaimAgainstCount {
  ClaimAgainstCount() { set.announce(kCpu1); }

  Threads threads() {
    return {[this] {
              set.announce(kCpu0);
              asks = loaded.load();
            },
            [this] { set.claim(kCpu0); },
            [this] {
              loaded.store(true);
              finds = set.any();
            }};
  }

  void check() const {
    ensure(asks || finds, "a claim does not hide the one that sleeps");
    ensure(set.contains(kCpu1), "nobody has claimed it");
    ensure(set.any(), "the count is right in the end");
  }

  SharedCpuSet<ExploredAtomic> set;
  ExploredAtomic<bool> loaded{false};
  bool asks = false;
  bool finds = false;
};

// The same, and the claim is followed by its push: then CPU 0 need not look for loaded ones.
struct ClaimAndPushAgainstCount {
  ClaimAndPushAgainstCount() { set.announce(kCpu1); }

  Threads threads() {
    return {[this] {
              set.announce(kCpu0);
              goes_on = pushed.load();
              asks = !goes_on && loaded.load();
            },
            [this] {
              if (set.claim(kCpu0)) {
                pushed.store(true);
              }
            },
            [this] {
              loaded.store(true);
              finds = set.any();
            }};
  }

  void check() const { ensure(asks || finds, "a claim does not hide the other that sleeps"); }

  SharedCpuSet<ExploredAtomic> set;
  ExploredAtomic<bool> loaded{false};
  ExploredAtomic<bool> pushed{false};
  bool goes_on = false;
  bool asks = false;
  bool finds = false;
};

// `kIdle` CPUs are idle; two others want one each.
template <std::uint32_t kIdle>
struct TwoClaimants {
  TwoClaimants() {
    for (std::uint32_t i = 0; i < kIdle; ++i) {
      set.announce(CpuId{i});
    }
  }

  Threads threads() {
    return {[this] { got[0] = set.claim_any(first_cpus(kIdle), kCpu0); },
            [this] { got[1] = set.claim_any(first_cpus(kIdle), kCpu0); }};
  }

  void check() const {
    ensure(!got[0] || got[0] != got[1], "nobody is claimed twice");
    const std::uint32_t claimed = (got[0] ? 1 : 0) + (got[1] ? 1 : 0);
    ensure(claimed == std::min(kIdle, 2U), "nobody is left while somebody is there");
    ensure(set.any() == (kIdle > claimed), "the count is right in the end");
  }

  SharedCpuSet<ExploredAtomic> set;
  std::array<std::optional<CpuId>, 2> got;
};

// Two CPUs that come and go, and one that claims.
struct ComingAndGoing {
  Threads threads() {
    const auto come_and_go = [this](CpuId cpu) {
      return [this, cpu] {
        set.announce(cpu);
        set.withdraw(cpu);
      };
    };
    return {come_and_go(kCpu0), come_and_go(kCpu1),
            [this] { set.claim_any(first_cpus(2), kCpu0); }};
  }

  void check() const {
    ensure(!set.contains(kCpu0) && !set.contains(kCpu1), "all have gone");
    ensure(!set.any(), "the count is right in the end");
  }

  SharedCpuSet<ExploredAtomic> set;
};

struct Thread {
  std::uintptr_t link = 0;
};

// All of it: CPU 0 offers itself, looks for loaded ones, polls, stops that, looks at its inbox and
// sleeps. CPU 1 has a thread to spare.
struct Sleeping {
  Threads threads() {
    return {[this] {
              inbox.watch();
              set.announce(kCpu0);
              asks = loaded.load();
              inbox.stop_watching();
              sleeps = inbox.empty();
            },
            [this] {
              loaded.store(true);
              if (set.any() && set.claim_any(first_cpus(1), kCpu0)) {
                gives = true;
                told = inbox.push(thread) == Tell::kOwner;
              }
            }};
  }

  void check() const {
    ensure(gives || asks, "the thread is given, or asked for");
    ensure(!gives || !sleeps || told, "nobody sleeps on a thread that it was given");
  }

  SharedCpuSet<ExploredAtomic> set;
  Inbox<Thread, &Thread::link, ExploredAtomic> inbox;
  ExploredAtomic<bool> loaded{false};
  Thread thread;
  bool asks = false;
  bool sleeps = false;
  bool gives = false;
  bool told = false;
};

template <class Scenario>
void expect_nothing_missed(std::size_t at_least, const explorer::Options& options = {}) {
  const explorer::Report report = explorer::explore<Scenario>(options);
  EXPECT_TRUE(passes(report));
  EXPECT_EQ(report.coverage, Coverage::kEverything);
  EXPECT_GT(report.runs, at_least);
}

TEST(SharedCpuSetInterleaving, AnIdleCpuAndALoadedOneSeeEachOther) {
  expect_nothing_missed<AnnounceAgainstLoad>(2);
  expect_nothing_missed<ComingBackAgainstLoad>(5);
}

TEST(SharedCpuSetInterleaving, AClaimDoesNotHideAnotherIdleCpu) {
  expect_nothing_missed<ClaimAgainstCount>(5);
  expect_nothing_missed<ClaimAndPushAgainstCount>(5);
}

TEST(SharedCpuSetInterleaving, TwoClaimantsGetDifferentCpus) {
  expect_nothing_missed<TwoClaimants<1>>(5);
  expect_nothing_missed<TwoClaimants<2>>(5);
  expect_nothing_missed<TwoClaimants<3>>(5);
}

TEST(SharedCpuSetInterleaving, NobodySleepsOnAThreadThatItCouldHave) {
  expect_nothing_missed<Sleeping>(5);
}

TEST(SharedCpuSetInterleaving, TheCountIsRightHoweverTheyComeAndGo) {
  for (const auto search : {explorer::Search::kRandom, explorer::Search::kPriorities}) {
    const explorer::Report report =
        explorer::explore<ComingAndGoing>({.search = search, .runs = 20'000});
    EXPECT_TRUE(passes(report));
  }
}

TEST(SharedCpuSetInterleaving, NeedsItsMemoryOrders) {
  const auto weakenings =
      explorer::try_weakenings<AnnounceAgainstLoad, ClaimAgainstCount, TwoClaimants<2>, Sleeping>(
          "sched/shared_cpu_set.h");
  // The others could be weaker, but a locked instruction costs the same, and a load nothing.
  EXPECT_THAT(weakenings.noticed,
              testing::ElementsAre("announce: seq_cst to acq_rel", "announce: seq_cst to acq_rel",
                                   "any: seq_cst to acquire", "claim_in: seq_cst to acquire"));
  EXPECT_THAT(weakenings.unnoticed,
              testing::ElementsAre("contains: seq_cst to acquire", "claim: seq_cst to acq_rel",
                                   "claim: seq_cst to acq_rel"));
}

}  // namespace
}  // namespace tb::sched
