// Runs code that was compiled with the flags of the core.
#include "tests/base/core_flags.h"

#include <gtest/gtest.h>

namespace {

TEST(CoreFlags, EverythingInBaseCompilesAndRunsWithThem) {
  char buffer[64];
  EXPECT_EQ(use_everything(buffer), "<10 ns> 1000    7 true");
}

}  // namespace
