// Scaling ticks, against exact 128-bit arithmetic.
#include "arch_impl/tick_scale.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace tb::arch::x86 {
namespace {

using Wide = unsigned __int128;

constexpr std::uint64_t kRates[] = {1'193'182,     3'579'545,     14'318'180,    100'000'000,
                                    999'999'937,   1'000'000'000, 2'100'000'000, 2'893'437'111,
                                    3'000'000'000, 4'294'967'291, 5'700'000'000};

// The largest number of ticks whose result still fits.
std::uint64_t most_ticks(std::uint64_t from_hz, std::uint64_t to_hz) {
  return to_hz <= from_hz ? ~std::uint64_t{0}
                          : static_cast<std::uint64_t>(Wide{~std::uint64_t{0}} * from_hz / to_hz);
}

void expect_close(std::uint64_t from_hz, std::uint64_t to_hz, std::uint64_t ticks) {
  const auto exact = static_cast<std::uint64_t>(Wide{ticks} * to_hz / from_hz);
  const std::uint64_t scaled = TickScale::between(from_hz, to_hz).apply(ticks);
  // Never ahead, and behind by less than one in 2^32 of the ticks.
  ASSERT_LE(scaled, exact) << ticks << " ticks of " << from_hz << " Hz to " << to_hz << " Hz";
  ASSERT_LE(exact - scaled, (ticks >> 32) + 1)
      << ticks << " ticks of " << from_hz << " Hz to " << to_hz << " Hz";
}

TEST(TickScale, IsOffByLessThanOneInFourThousandMillionTicks) {
  std::mt19937_64 random(1);
  for (const std::uint64_t from_hz : kRates) {
    for (const std::uint64_t to_hz : kRates) {
      const std::uint64_t most = most_ticks(from_hz, to_hz);
      for (const std::uint64_t ticks : {std::uint64_t{0}, std::uint64_t{1}, from_hz, most}) {
        expect_close(from_hz, to_hz, ticks);
      }
      for (int count = 0; count < 1000; ++count) {
        expect_close(from_hz, to_hz, (random() >> random() % 64) % most);
      }
    }
  }
}

TEST(TickScale, IsExactForOneRate) {
  for (const std::uint64_t ticks : {std::uint64_t{1}, std::uint64_t{12345}, ~std::uint64_t{0}}) {
    EXPECT_EQ(TickScale::between(kNsPerSecond, kNsPerSecond).apply(ticks), ticks);
  }
}

TEST(TickScale, IsExactForPowersOfTwo) {
  EXPECT_EQ(TickScale::between(1 << 20, 1 << 30).apply(3), std::uint64_t{3} << 10);
  EXPECT_EQ(TickScale::between(1 << 30, 1 << 20).apply(5 << 10), 5U);
}

TEST(TickScale, NeverRunsBackwards) {
  const TickScale scale = TickScale::between(2'893'437'111, kNsPerSecond);
  std::uint64_t last = 0;
  for (std::uint64_t ticks = 1'000'000'000'000; ticks < 1'000'000'010'000; ++ticks) {
    const std::uint64_t time = scale.apply(ticks);
    ASSERT_GE(time, last);
    last = time;
  }
}

TEST(TickScale, OfAnUnknownRateIsNothing) {
  EXPECT_EQ(TickScale::between(0, kNsPerSecond).factor, 0U);
  EXPECT_EQ(TickScale().apply(1000), 0U);
}

TEST(MultiplyDivide, KeepsTheUpperHalfOfTheProduct) {
  std::mt19937_64 random(2);
  for (int count = 0; count < 100'000; ++count) {
    const std::uint64_t a = random() >> random() % 64;
    const std::uint64_t divisor = (random() >> random() % 64) | 1;
    const auto most = static_cast<std::uint64_t>(
        std::min(Wide{~std::uint64_t{0}}, Wide{~std::uint64_t{0}} * divisor / (a | 1)));
    const std::uint64_t b = random() % (most | 1);
    ASSERT_EQ(multiply_divide(a, b, divisor), static_cast<std::uint64_t>(Wide{a} * b / divisor))
        << a << " * " << b << " / " << divisor;
  }
}

}  // namespace
}  // namespace tb::arch::x86
