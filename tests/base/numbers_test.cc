// Time, CPU names and sizes: the small types that the whole system computes with.
#include <gtest/gtest.h>

#include <cstdint>
#include <type_traits>

#include "base/cache_line.h"
#include "base/cpu_id.h"
#include "base/time.h"
#include "base/units.h"

namespace tb {
namespace {

using namespace std::chrono_literals;

TEST(Time, MovesForwardAndBack) {
  EXPECT_EQ(after(Time(5ns), 7ns), Time(12ns));
  EXPECT_EQ(after(Time(5ns), -7ns), Time(-2ns));
}

TEST(Time, StopsAtNeverInsteadOfOverflowing) {
  EXPECT_EQ(after(kNever, 1ns), kNever);
  EXPECT_EQ(after(kNever - 1ns, 1ns), kNever);
  EXPECT_EQ(after(kNever - 1ns, 2ns), kNever);
  EXPECT_EQ(after(Time(1ns), Duration::max()), kNever);
  EXPECT_EQ(after(Time::min(), -1ns), Time::min());
}

TEST(Time, NeverStaysNever) { EXPECT_EQ(after(kNever, -1h), kNever); }

TEST(CpuId, IsNotMistakenForANumber) {
  static_assert(!std::is_convertible_v<CpuId, std::uint32_t>);
  static_assert(!std::is_convertible_v<std::uint32_t, CpuId>);
  EXPECT_EQ(index_of(CpuId{3}), 3U);
  EXPECT_NE(kNoCpu, CpuId{0});
}

TEST(Units, KnowsPowersOfTwo) {
  for (std::uint64_t power = 1; power != 0; power <<= 1) {
    EXPECT_TRUE(is_power_of_two(power)) << power;
    EXPECT_FALSE(is_power_of_two(power | (power == 64 ? 1 : 64))) << power;
  }
  EXPECT_FALSE(is_power_of_two(0U));
  static_assert(is_power_of_two(kCacheLineSize) && is_power_of_two(kPageSize));
}

TEST(Units, RoundsToMultiples) {
  for (std::uint32_t value = 0; value < 100; ++value) {
    for (const std::uint32_t alignment : {1U, 2U, 8U, 64U}) {
      EXPECT_EQ(align_down(value, alignment), value / alignment * alignment);
      EXPECT_EQ(align_up(value, alignment), (value + alignment - 1) / alignment * alignment);
      EXPECT_EQ(is_aligned(value, alignment), value % alignment == 0);
    }
  }
}

TEST(Units, RoundsAtTheEndOfTheType) {
  static_assert(align_down(UINT64_MAX, kPageSize) == UINT64_MAX - 4095);
  static_assert(align_up(UINT64_MAX - 4095, kPageSize) == UINT64_MAX - 4095);
  static_assert(align_up(kGiB - kMiB + kKiB, kGiB) == std::size_t{1} << 30);
}

TEST(UnitsDeathTest, RefusesWhatHasNoAnswer) {
  EXPECT_DEATH(align_up(UINT64_MAX, 4096), "the rounded value fits in its type");
  EXPECT_DEATH(align_down(100U, 24), "the alignment is a power of two");
}

}  // namespace
}  // namespace tb
