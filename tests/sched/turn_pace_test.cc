// When turns are brief by habit, and how many go by without the clock.
#include "sched/turn_pace.h"

#include <gtest/gtest.h>

#include "tests/sched/world.h"

namespace tb::sched {
namespace {

using End = TurnPace::TurnEnd;

struct Pace : testing::Test {
  Pace() { turn(0ns, End::kIdle); }

  void turn(Duration length, End end = End::kWaits) {
    now += length;
    pace.note_reading(now, end, TurnPace::Clock::kAsNeeded);
  }

  void turns(std::uint32_t count, Duration length, End end = End::kWaits) {
    for (std::uint32_t i = 0; i < count; ++i) {
      turn(length, end);
    }
  }

  // Takes as many without the clock; it is read with the next.
  void quick_turns(std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      EXPECT_TRUE(pace.take_quick_turn());
    }
  }

  TurnPace pace;
  Time now = at(1s);
};

TEST_F(Pace, IsBriefByHabitOnly) {
  EXPECT_FALSE(pace.is_brief());
  turns(TurnPace::kHabit - 1, TurnPace::kBriefTurn - 1ns);
  EXPECT_FALSE(pace.is_brief());
  turn(TurnPace::kBriefTurn - 1ns);
  EXPECT_TRUE(pace.is_brief());
}

TEST_F(Pace, IsNotBriefWhereTurnsTakeTheirTime) {
  turns(1'000, TurnPace::kBriefTurn);
  EXPECT_FALSE(pace.is_brief());
}

TEST_F(Pace, IsNotBriefRightAfterALongTurn) {
  turns(100, 100ns);
  turn(10us);
  EXPECT_FALSE(pace.is_brief());
  turn(100ns);
  EXPECT_TRUE(pace.is_brief()) << "an interrupt does not end a habit";
}

TEST_F(Pace, LosesItsHabitWithTheTimeThatLongTurnsTake) {
  turns(1'000, 100ns);
  turns(3, 20us);
  turn(100ns);
  EXPECT_FALSE(pace.is_brief());
}

TEST_F(Pace, OwesNoMoreThanAMillisecond) {
  turn(1s);
  turns(TurnPace::kMostOwed + TurnPace::kHabit - 1, 100ns);
  EXPECT_FALSE(pace.is_brief());
  turn(100ns);
  EXPECT_TRUE(pace.is_brief());
}

TEST_F(Pace, HasNoHabitWhereThreadsComputeAfterManyBriefTurns) {
  for (int i = 0; i < 100; ++i) {
    turns(64, 100ns);
    turn(100us, End::kOther);
    turn(100ns);
    EXPECT_FALSE(pace.is_brief());
  }
}

TEST_F(Pace, HasNoHabitWhereLongTurnsAndBriefOnesTakeTurns) {
  for (int i = 0; i < 100; ++i) {
    turns(4, 100ns);
    turn(10us);
    EXPECT_FALSE(pace.is_brief());
  }
}

TEST_F(Pace, TakesNoHabitFromTurnsThatAreCutShort) {
  turns(100, 100ns, End::kOther);
  EXPECT_FALSE(pace.is_brief());
}

TEST_F(Pace, IsNotBriefWhileATurnGoesOnForLong) {
  turns(100, 100ns);
  turn(10us, End::kOther);
  EXPECT_FALSE(pace.is_brief());
  turn(100ns, End::kOther);
  EXPECT_FALSE(pace.is_brief()) << "an interrupt does not end it";
}

TEST_F(Pace, TakesNoNoteOfIdleTimes) {
  turns(100, 100ns);
  turn(1s, End::kIdle);
  EXPECT_TRUE(pace.is_brief());
  turn(10us);
  turn(0ns, End::kIdle);
  EXPECT_FALSE(pace.is_brief());
}

TEST_F(Pace, CountsTheTurnsWithoutTheClock) {
  turns(100, 100ns);
  turn(10us);
  EXPECT_FALSE(pace.is_brief());
  quick_turns(TurnPace::kQuickTurns - 1);
  EXPECT_FALSE(pace.take_quick_turn()) << "the clock is to be read";
  turn(TurnPace::kQuickTurnsTime - 1ns);
  EXPECT_TRUE(pace.is_brief());
  quick_turns(TurnPace::kQuickTurns - 1);
  turn(TurnPace::kQuickTurnsTime);
  EXPECT_FALSE(pace.is_brief());
}

TEST_F(Pace, CountsThemWhereTheClockIsReadSooner) {
  turns(100, 100ns);
  quick_turns(9);
  pace.read_clock_soon();
  pace.read_clock_soon();
  EXPECT_FALSE(pace.take_quick_turn());
  turn(10 * TurnPace::kBriefTurn);
  EXPECT_FALSE(pace.is_brief()) << "10 turns";
  turn(100ns);
  quick_turns(9);
  turn(10 * TurnPace::kBriefTurn - 1ns);
  EXPECT_TRUE(pace.is_brief());
}

TEST_F(Pace, CountsStartsAnewOnceThereAreMany) {
  for (int round = 0; round < 3; ++round) {
    for (std::int32_t i = 1; i < TurnPace::kQuickStarts; ++i) {
      EXPECT_TRUE(pace.take_quick_start());
      EXPECT_FALSE(pace.take_many_starts());
    }
    EXPECT_FALSE(pace.take_quick_start());
    EXPECT_FALSE(pace.take_quick_start()) << "nobody has looked yet";
    EXPECT_TRUE(pace.take_many_starts());
  }
}

TEST_F(Pace, TakesAWaitOnTheSpotForTheEndOfATurn) {
  for (std::uint32_t i = 0; i < TurnPace::kHabit; ++i) {
    EXPECT_FALSE(pace.is_brief());
    pace.note_wait(now + 100ns, now + 1ms);
    now += 1ms;
  }
  EXPECT_TRUE(pace.is_brief());
  EXPECT_FALSE(pace.take_quick_turn()) << "nobody has read the clock for the scheduler";
  pace.note_wait(now + 10us, now + 11us);
  EXPECT_FALSE(pace.is_brief());
}

TEST_F(Pace, TakesNoNoteOfAWaitThatBeganBeforeTheLastReading) {
  const Time begin = now;
  turn(10us, End::kOther);
  for (std::uint32_t i = 0; i < 2 * TurnPace::kHabit; ++i) {
    pace.note_wait(begin, now);
  }
  EXPECT_FALSE(pace.is_brief()) << "what the turns took is not known";
}

}  // namespace
}  // namespace tb::sched
