// Whom a CPU tells again, and when.
#include "sched/backstop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "tests/sched/world.h"

namespace tb::sched {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Duration kPatience = Backstop::kPatience;

struct Backstops : testing::Test {
  std::vector<CpuId> told_again(Duration now) {
    std::vector<CpuId> cpus;
    while (const auto cpu = backstop.next(at(now), [this](CpuId c) { return full.contains(c); })) {
      cpus.push_back(*cpu);
    }
    return cpus;
  }

  // And the first look.
  void note(std::uint32_t cpu, Duration now) {
    full.insert(CpuId{cpu});
    backstop.note(CpuId{cpu});
    EXPECT_THAT(told_again(now), IsEmpty());
  }

  Backstop backstop;
  CpuSet full;
};

TEST_F(Backstops, HaveNothingToDoAtFirst) {
  EXPECT_EQ(backstop.due(), kNever);
  EXPECT_THAT(told_again(1h), IsEmpty());
  EXPECT_EQ(backstop.due(), kNever);
}

TEST_F(Backstops, TellACpuAgainWhoseInboxIsStillFull) {
  note(3, 1ms);
  EXPECT_EQ(backstop.due(), at(1ms + kPatience));
  EXPECT_THAT(told_again(1ms + kPatience), ElementsAre(CpuId{3}));
}

TEST_F(Backstops, TellNobodyBeforeItsTime) {
  note(3, 1ms);
  EXPECT_THAT(told_again(1ms + kPatience - 1ns), IsEmpty());
  EXPECT_EQ(backstop.due(), at(1ms + kPatience)) << "nor forget it";
  EXPECT_THAT(told_again(1ms + kPatience), ElementsAre(CpuId{3}));
}

TEST_F(Backstops, GoOnTellingUntilTheInboxIsTaken) {
  note(3, 0ms);
  for (int round = 1; round <= 5; ++round) {
    EXPECT_EQ(backstop.due(), at(round * kPatience));
    EXPECT_THAT(told_again(round * kPatience), ElementsAre(CpuId{3}));
  }
  full.erase(CpuId{3});
  EXPECT_THAT(told_again(1h), IsEmpty());
  EXPECT_EQ(backstop.due(), kNever);
}

TEST_F(Backstops, ForgetThoseWhoHaveHeard) {
  note(3, 0ms);
  full.erase(CpuId{3});
  EXPECT_THAT(told_again(kPatience), IsEmpty());
  EXPECT_EQ(backstop.due(), kNever);
  full.insert(CpuId{3});
  EXPECT_THAT(told_again(1h), IsEmpty()) << "whoever has filled it since tells it himself";
}

TEST_F(Backstops, BeginToWaitWithTheFirstLook) {
  full.insert(CpuId{3});
  backstop.note(CpuId{3});
  EXPECT_LE(backstop.due(), at(0ms)) << "a look is wanted at once";
  EXPECT_THAT(told_again(5ms), IsEmpty());
  EXPECT_EQ(backstop.due(), at(5ms + kPatience));
  EXPECT_THAT(told_again(5ms + kPatience), ElementsAre(CpuId{3}));
}

TEST_F(Backstops, ForgetThoseWhoHaveHeardBeforeTheFirstLook) {
  backstop.note(CpuId{3});
  EXPECT_THAT(told_again(5ms), IsEmpty());
  EXPECT_EQ(backstop.due(), kNever);
}

TEST_F(Backstops, LookAtEachCpuOnceARound) {
  for (const std::uint32_t cpu : {0u, 5u, 64u, 1023u}) {
    note(cpu, 0ms);
  }
  full.erase(CpuId{64});
  EXPECT_THAT(told_again(kPatience), ElementsAre(CpuId{0}, CpuId{5}, CpuId{1023}));
  EXPECT_THAT(told_again(2 * kPatience), ElementsAre(CpuId{0}, CpuId{5}, CpuId{1023}));
}

TEST_F(Backstops, TheFirstOfSeveralSaysWhen) {
  note(1, 0us);
  note(2, 60us);
  EXPECT_EQ(backstop.due(), at(kPatience));
  full.erase(CpuId{1});
  EXPECT_THAT(told_again(kPatience), ElementsAre(CpuId{2}));
}

TEST_F(Backstops, WaitAnewAfterAllHaveHeard) {
  note(1, 0us);
  full.erase(CpuId{1});
  told_again(kPatience);
  note(1, 10ms);
  EXPECT_EQ(backstop.due(), at(10ms + kPatience));
}

}  // namespace
}  // namespace tb::sched
