// Death tests of every outcome. Those that are called DoesNotDie fail, and are there to do so.
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/assert.h"
#include "base/units.h"

namespace tb {
namespace {

// Deep enough to lie under everything that a death test keeps of the stack.
[[gnu::noinline]] int dig(int depth) {
  volatile char room[1000];
  room[depth] = 1;
  if (depth == 0) {
    expects(room[0] == 0, "the ground is not reached");
    return 0;
  }
  return dig(depth - 1) + room[depth];
}

TEST(DiesDeathTest, OfABrokenPromise) { EXPECT_DEATH(expects(false, "two is one"), "two is one"); }

TEST(DiesDeathTest, OfAbort) {
  EXPECT_DEATH(
      {
        std::fputs("the last words", stderr);
        std::abort();
      },
      "^the last words$");
}

TEST(DiesDeathTest, OfAnExceptionThatNobodyCatches) {
  EXPECT_DEATH([]() noexcept { return std::string().at(1); }(), "out_of_range");
}

TEST(DiesDeathTest, OfExit) {
  EXPECT_EXIT(std::exit(3), testing::ExitedWithCode(3), "");
  EXPECT_DEATH(std::exit(1), "");
}

TEST(DiesDeathTest, FarDownItsStack) { EXPECT_DEATH(dig(20), "the ground is not reached"); }

TEST(DiesDeathTest, AgainAndAgain) {
  for (unsigned alignment = 3; alignment < 300; alignment += 2) {
    EXPECT_DEATH(align_up(alignment, alignment), "the alignment is a power of two");
  }
}

TEST(DiesDeathTest, WithoutATraceInTheVariablesOfTheTest) {
  int number = 1;
  std::string text = "before";
  EXPECT_DEATH(
      {
        number = 2;
        text[0] = 'B';
        expects(number == 1, text.c_str());
      },
      "Before");
  EXPECT_EQ(number, 1);
  EXPECT_EQ(text, "before");
}

TEST(DiesDeathTest, InAThreadThatItselfHasDeathTests) {
  std::thread([] { EXPECT_DEATH(expects(false, "two is one"), "two is one"); }).join();
}

TEST(DoesNotDieDeathTest, WhenItLives) { EXPECT_DEATH(expects(true, "one is one"), "one is one"); }

TEST(DoesNotDieDeathTest, ForTheWrongReason) {
  EXPECT_DEATH(expects(false, "two is one"), "three");
}

TEST(DoesNotDieDeathTest, WhenItThrows) { EXPECT_DEATH(throw std::runtime_error("a reason"), ""); }

TEST(DoesNotDieDeathTest, WhenItReturns) { EXPECT_DEATH(return, ""); }

TEST(DoesNotDieDeathTest, WithTheWrongStatus) {
  EXPECT_EXIT(std::exit(3), testing::ExitedWithCode(4), "");
  EXPECT_EXIT(std::abort(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace tb
