// Reading whole numbers, and refusing all else.
#include "base/parse_number.h"

#include <cstdint>
#include <optional>

#include <gtest/gtest.h>

namespace tb {
namespace {

TEST(ParseNumber, TakesDecimalDigits) {
  EXPECT_EQ(parse_number<std::uint32_t>("0"), 0U);
  EXPECT_EQ(parse_number<std::uint32_t>("4294967295"), 4'294'967'295U);
  EXPECT_EQ(parse_number<std::uint64_t>("18446744073709551615"), UINT64_MAX);
}

TEST(ParseNumber, RefusesWhatTheTypeDoesNotHold) {
  EXPECT_EQ(parse_number<std::uint8_t>("256"), std::nullopt);
  EXPECT_EQ(parse_number<std::uint32_t>("4294967296"), std::nullopt);
}

TEST(ParseNumber, RefusesWhatIsNoNumberAsAWhole) {
  for (const char* const text : {"", " 1", "1 ", "+1", "-1", "0x10", "1.5", "12a", "a"}) {
    EXPECT_EQ(parse_number<std::uint32_t>(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace tb
