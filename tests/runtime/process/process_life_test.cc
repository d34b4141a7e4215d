// A process's phases, each event in each of them; and in every order: the record is freed once.
#include "runtime/process/process_life.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "tests/explorer/explore.h"
#include "tests/explorer/passes.h"

namespace tb {
namespace {

using enum ProcessEvent;
using enum ProcessPhase;
using explorer::ensure;
using explorer::ExploredAtomic;
using explorer::passes;

TEST(APhase, IsFollowedByTheOneOfTheTable) {
  EXPECT_EQ(phase_after(kRunning, kStop), kStopped);
  EXPECT_EQ(phase_after(kStopped, kStop), kStopped);
  EXPECT_EQ(phase_after(kStopped, kContinue), kRunning);
  EXPECT_EQ(phase_after(kStopped, kToldToEnd), kEnding);
  EXPECT_EQ(phase_after(kEnding, kToldToEnd), kEnding);
  EXPECT_EQ(phase_after(kEnding, kStop), std::nullopt);
  EXPECT_EQ(phase_after(kEnding, kContinue), std::nullopt);
  EXPECT_EQ(phase_after(kEnding, kLastThreadLeft), kTerminated);
  EXPECT_EQ(phase_after(kTerminated, kWaitedFor), kFree);
  EXPECT_EQ(phase_after(kRunning, kWaitedFor), std::nullopt);
}

TEST(APhase, OfNoProcessChangesByNothing) {
  for (const ProcessEvent event : {kStop, kContinue, kToldToEnd, kLastThreadLeft, kWaitedFor}) {
    EXPECT_EQ(phase_after(kFree, event), std::nullopt);
  }
}

struct ALife : testing::Test {
  ProcessLife<> life;
  std::uint32_t me = life.begin();
};

TEST_F(ALife, EndsWithItsLastThreadAndIsKeptForWhoeverWaits) {
  EXPECT_FALSE(life.happen(me, kLastThreadLeft).is_free);
  EXPECT_EQ(life.phase(), kTerminated);
  EXPECT_FALSE(life.happen(me, kStop).has_happened);
  EXPECT_TRUE(life.happen(me, kWaitedFor).is_free);
  EXPECT_FALSE(life.is(me));
}

TEST_F(ALife, OfADetachedProcessIsOverAtOnce) {
  EXPECT_FALSE(life.detach(me).is_free);
  EXPECT_TRUE(life.happen(me, kLastThreadLeft).is_free);
}

TEST_F(ALife, ThatIsOverIsFreedByWhoeverDetaches) {
  life.happen(me, kLastThreadLeft);
  EXPECT_TRUE(life.detach(me).is_free);
  EXPECT_FALSE(life.detach(me).is_found);
}

TEST_F(ALife, KnowsNoOldId) {
  life.happen(me, kLastThreadLeft);
  life.happen(me, kWaitedFor);
  const std::uint32_t next = life.begin();
  EXPECT_EQ(next, me + 1);
  for (const ProcessEvent event : {kStop, kContinue, kToldToEnd, kLastThreadLeft, kWaitedFor}) {
    EXPECT_FALSE(life.happen(me, event).is_found);
  }
  EXPECT_FALSE(life.detach(me).is_found);
  EXPECT_TRUE(life.is(next));
  EXPECT_FALSE(life.is_detached());
}

// The last thread leaves, somebody waits, and somebody else lets go of it.
struct AnEnd {
  std::vector<std::function<void()>> threads() {
    const auto note = [this](const auto& outcome) { frees += outcome.is_free ? 1 : 0; };
    return {[this, note] { note(life.happen(generation, kLastThreadLeft)); },
            [this, note] { note(life.happen(generation, kWaitedFor)); },
            [this, note] { note(life.detach(generation)); }};
  }
  void check() {
    ensure(frees == 1, "exactly one frees");
    ensure(!life.is(generation), "it is gone");
  }

  ProcessLife<ExploredAtomic> life;
  std::uint32_t generation = life.begin();
  int frees = 0;
};

TEST(ALifeInEveryOrder, IsFreedOnce) { EXPECT_TRUE(passes(explorer::explore<AnEnd>())); }

// It is stopped, goes on and is told to end, all at the same time.
struct AStop {
  std::vector<std::function<void()>> threads() {
    return {[this] { life.happen(generation, kStop); },
            [this] { life.happen(generation, kContinue); },
            [this] { is_told = life.happen(generation, kToldToEnd).has_happened; }};
  }
  void check() { ensure(is_told && life.phase() == kEnding, "who is told to end stays so"); }

  ProcessLife<ExploredAtomic> life;
  std::uint32_t generation = life.begin();
  bool is_told = false;
};

TEST(ALifeInEveryOrder, IsNotStoppedWhereItEnds) {
  EXPECT_TRUE(passes(explorer::explore<AStop>()));
}

}  // namespace
}  // namespace tb
