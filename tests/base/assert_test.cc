// A broken promise names its place and ends the test; a kept one costs nothing.
#include "base/assert.h"

#include <gtest/gtest.h>

namespace tb {
namespace {

TEST(AssertDeathTest, ABrokenPromiseNamesThePlaceOfTheCall) {
  EXPECT_DEATH(expects(false, "two is one"),
               "tests/base/assert_test.cc:[0-9]+: assertion failed: two is one");
}

TEST(Assert, AKeptPromiseIsSilent) { expects(true, "one is one"); }

TEST(Assert, AKeptPromiseCanBeCheckedByTheCompiler) {
  constexpr int kAnswer = [] {
    expects(true, "one is one");
    return 42;
  }();
  static_assert(kAnswer == 42);
}

}  // namespace
}  // namespace tb
