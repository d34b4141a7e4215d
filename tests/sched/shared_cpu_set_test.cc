// The set of idle CPUs: announcing, claiming near a CPU, and that each is claimed once.
#include "sched/shared_cpu_set.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "tests/sched/world.h"

namespace tb::sched {
namespace {

constexpr CpuSet kAll = CpuSet::everywhere();

TEST(SharedCpuSet, IsEmptyUntilSomebodyAnnouncesItself) {
  SharedCpuSet<> set;
  EXPECT_FALSE(set.any());
  EXPECT_EQ(set.claim_any(kAll, CpuId{5}), std::nullopt);
  set.announce(CpuId{700});
  EXPECT_TRUE(set.any());
  EXPECT_TRUE(set.contains(CpuId{700}));
  EXPECT_FALSE(set.contains(CpuId{699}));
}

TEST(SharedCpuSet, GivesACpuToOneClaimantOnly) {
  SharedCpuSet<> set;
  set.announce(CpuId{3});
  EXPECT_TRUE(set.claim(CpuId{3}));
  EXPECT_FALSE(set.claim(CpuId{3}));
  EXPECT_FALSE(set.any());
}

TEST(SharedCpuSet, CountsACpuOnceHoweverOftenItAnnouncesItself) {
  SharedCpuSet<> set;
  set.announce(CpuId{3});
  set.announce(CpuId{3});
  EXPECT_TRUE(set.claim(CpuId{3}));
  EXPECT_FALSE(set.any());
}

TEST(SharedCpuSet, ForgetsACpuThatWithdraws) {
  SharedCpuSet<> set;
  set.announce(CpuId{3});
  set.withdraw(CpuId{3});
  EXPECT_FALSE(set.claim(CpuId{3}));
  set.withdraw(CpuId{3});
  EXPECT_FALSE(set.any());
  set.announce(CpuId{3});
  EXPECT_TRUE(set.any()) << "nothing is left of the second withdrawal";
}

TEST(SharedCpuSet, ClaimsTheNextOneFromACpuOnAndThenAroundTheEnd) {
  SharedCpuSet<> set;
  for (const std::uint32_t cpu : {2u, 70u, 71u, 1000u}) {
    set.announce(CpuId{cpu});
  }
  EXPECT_EQ(set.claim_any(kAll, CpuId{71}), CpuId{71});
  EXPECT_EQ(set.claim_any(kAll, CpuId{71}), CpuId{1000});
  EXPECT_EQ(set.claim_any(kAll, CpuId{71}), CpuId{2});
  EXPECT_EQ(set.claim_any(kAll, CpuId{71}), CpuId{70});
  EXPECT_EQ(set.claim_any(kAll, CpuId{71}), std::nullopt);
}

TEST(SharedCpuSet, ClaimsFromTheFirstAndTheLastCpuOn) {
  for (const std::uint32_t near : {0u, 63u, 64u, 1023u}) {
    SharedCpuSet<> set;
    for (const std::uint32_t cpu : {0u, 63u, 64u, 1023u}) {
      set.announce(CpuId{cpu});
    }
    EXPECT_EQ(set.claim_any(kAll, CpuId{near}), CpuId{near});
  }
}

TEST(SharedCpuSet, ClaimsOnlyWhatIsAllowed) {
  SharedCpuSet<> set;
  set.announce(CpuId{1});
  set.announce(CpuId{9});
  EXPECT_EQ(set.claim_any(cpu_set({9}), CpuId{0}), CpuId{9});
  EXPECT_EQ(set.claim_any(cpu_set({9}), CpuId{0}), std::nullopt);
  EXPECT_EQ(set.claim_any(CpuSet(), CpuId{0}), std::nullopt);
  EXPECT_TRUE(set.contains(CpuId{1}));
  EXPECT_TRUE(set.any());
}

// The first from `near` on, around the end, that is both idle and allowed.
std::optional<CpuId> expected_claim(const CpuSet& idle, const CpuSet& allowed, CpuId near) {
  const CpuId found = (idle & allowed).first_from(near);
  return found == kNoCpu ? std::nullopt : std::optional(found);
}

TEST(SharedCpuSet, BehavesLikeAPlainSetUnderRandomUse) {
  std::mt19937 random(3);
  SharedCpuSet<> set;
  CpuSet model;
  const auto any_cpu = [&] { return CpuId{static_cast<std::uint32_t>(random() % 200)}; };
  for (int step = 0; step < 20'000; ++step) {
    const CpuId cpu = any_cpu();
    switch (random() % 4) {
      case 0:
      case 1:
        set.announce(cpu);
        model.insert(cpu);
        break;
      case 2:
        ASSERT_EQ(set.claim(cpu), model.contains(cpu));
        model.erase(cpu);
        break;
      default: {
        CpuSet allowed;
        for (int count = 0; count < 20; ++count) {
          allowed.insert(any_cpu());
        }
        const auto claimed = set.claim_any(allowed, cpu);
        ASSERT_EQ(claimed, expected_claim(model, allowed, cpu));
        if (claimed) {
          model.erase(*claimed);
        }
      }
    }
    ASSERT_EQ(set.any(), !model.empty());
    ASSERT_EQ(set.contains(cpu), model.contains(cpu));
  }
}

TEST(SharedCpuSet, IsClaimedAsOftenAsAnnouncedByManyThreads) {
  constexpr std::uint32_t kRounds = 2'000;
  SharedCpuSet<> set;
  std::atomic<std::uint32_t> claimed = 0;
  std::atomic<bool> stop = false;
  std::vector<std::jthread> claimants;
  for (std::uint32_t i = 0; i < 3; ++i) {
    claimants.emplace_back([&, i] {
      while (!stop) {
        claimed += set.claim_any(kAll, CpuId{i * 40}) ? 1 : 0;
        std::this_thread::yield();
      }
    });
  }
  for (std::uint32_t round = 0; round < kRounds; ++round) {
    set.announce(CpuId{round % 128});
    while (set.contains(CpuId{round % 128})) {
      std::this_thread::yield();
    }
  }
  stop = true;
  claimants.clear();
  EXPECT_EQ(claimed, kRounds);
  EXPECT_FALSE(set.any());
}

}  // namespace
}  // namespace tb::sched
