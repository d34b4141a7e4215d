// For GoogleTest: EXPECT_TRUE(passes(explore<Scenario>())) prints the report if the scenario
// failed.
#pragma once

#include <gtest/gtest.h>

#include "tests/explorer/explore.h"

namespace tb::explorer {

inline testing::AssertionResult passes(const Report& report) {
  return (report.failure ? testing::AssertionFailure() : testing::AssertionSuccess()) << report;
}

}  // namespace tb::explorer
