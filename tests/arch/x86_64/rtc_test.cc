// The real-time clock: known dates in all forms of its registers, what is no date, and reading it
// while it moves.
#include "arch/x86_64/rtc.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>

namespace tb::arch::x86 {
namespace {

using namespace std::chrono_literals;

constexpr std::uint8_t kBcd24 = 0x02;
constexpr std::uint8_t kBinary24 = 0x06;
constexpr std::uint8_t kBcd12 = 0x00;
constexpr std::uint8_t kBinary12 = 0x04;

// 2031-02-03 04:05:06, which is 1,927,857,906 s after the epoch (date -u +%s).
constexpr RtcRegisters kExample = {0x06, 0x05, 0x04, 0x03, 0x02, 0x31, 0x20, kBcd24};
constexpr auto kExampleTime = 1'927'857'906s;

TEST(RealTimeClock, ShowsKnownDates) {
  EXPECT_EQ(since_epoch(kExample), kExampleTime);
  // Each as `date -u +%s` has it.
  EXPECT_EQ(since_epoch({0x00, 0x00, 0x00, 0x01, 0x01, 0x70, 0x19, kBcd24}), 0s);
  EXPECT_EQ(since_epoch({0x59, 0x59, 0x23, 0x31, 0x12, 0x99, 0x19, kBcd24}), 946'684'799s);
  EXPECT_EQ(since_epoch({0x00, 0x00, 0x00, 0x29, 0x02, 0x00, 0x20, kBcd24}), 951'782'400s);
  EXPECT_EQ(since_epoch({0x07, 0x14, 0x03, 0x19, 0x01, 0x38, 0x20, kBcd24}), 2'147'483'647s);
  EXPECT_EQ(since_epoch({0x00, 0x00, 0x12, 0x01, 0x03, 0x24, 0x20, kBcd24}), 1'709'294'400s);
  EXPECT_EQ(since_epoch({0x00, 0x00, 0x00, 0x01, 0x03, 0x00, 0x21, kBcd24}), 4'107'542'400s);
}

TEST(RealTimeClock, MayBeInBinary) {
  EXPECT_EQ(since_epoch({6, 5, 4, 3, 2, 31, 20, kBinary24}), kExampleTime);
  EXPECT_EQ(since_epoch({59, 59, 23, 31, 12, 99, 19, kBinary24}), 946'684'799s);
}

TEST(RealTimeClock, MayHaveTwelveHours) {
  struct Hour {
    std::uint8_t bcd;
    std::uint8_t binary;
    int hour;
  };
  for (const Hour& each :
       {Hour{0x12, 12, 0}, Hour{0x01, 1, 1}, Hour{0x04, 4, 4}, Hour{0x11, 11, 11},
        Hour{0x92, 0x8c, 12}, Hour{0x81, 0x81, 13}, Hour{0x91, 0x8b, 23}}) {
    RtcRegisters registers = kExample;
    registers.status_b = kBcd12;
    registers.hour = each.bcd;
    EXPECT_EQ(since_epoch(registers), kExampleTime - 4h + std::chrono::hours(each.hour));
    EXPECT_EQ(since_epoch({6, 5, each.binary, 3, 2, 31, 20, kBinary12}),
              kExampleTime - 4h + std::chrono::hours(each.hour));
  }
}

TEST(RealTimeClock, WithoutACenturyIsFrom1970To2069) {
  for (const std::uint8_t century : {0x00, 0xff, 0x99, 0x01, 0x22, 0x1a}) {
    RtcRegisters registers = kExample;
    registers.century = century;
    EXPECT_EQ(since_epoch(registers), kExampleTime) << int{century};
    registers = {0x00, 0x00, 0x00, 0x01, 0x01, 0x70, century, kBcd24};
    EXPECT_EQ(since_epoch(registers), 0s) << int{century};
    registers.year = 0x69;
    EXPECT_EQ(since_epoch(registers), 3'124'224'000s) << int{century};
  }
}

TEST(RealTimeClock, WhoseCenturyStoodStillIsReadAllTheSame) {
  RtcRegisters registers = kExample;
  registers.century = 0x19;
  EXPECT_EQ(since_epoch(registers), kExampleTime);
}

TEST(RealTimeClock, MayShowNoDate) {
  const auto changed = [](auto member, std::uint8_t value, std::uint8_t status_b = kBcd24) {
    RtcRegisters registers = kExample;
    registers.status_b = status_b;
    registers.*member = value;
    return since_epoch(registers);
  };
  EXPECT_EQ(changed(&RtcRegisters::second, 0x60), std::nullopt);
  EXPECT_EQ(changed(&RtcRegisters::second, 0x0a), std::nullopt);
  EXPECT_EQ(changed(&RtcRegisters::minute, 0x60), std::nullopt);
  EXPECT_EQ(changed(&RtcRegisters::hour, 0x24), std::nullopt);
  EXPECT_EQ(changed(&RtcRegisters::hour, 0x00, kBcd12), std::nullopt);
  EXPECT_EQ(changed(&RtcRegisters::hour, 0x13, kBcd12), std::nullopt);
  EXPECT_EQ(changed(&RtcRegisters::day, 0x00), std::nullopt);
  EXPECT_EQ(changed(&RtcRegisters::day, 0x29), std::nullopt) << "2031 is no leap year";
  EXPECT_EQ(changed(&RtcRegisters::month, 0x00), std::nullopt);
  EXPECT_EQ(changed(&RtcRegisters::month, 0x13), std::nullopt);
  EXPECT_EQ(changed(&RtcRegisters::year, 0xaa), std::nullopt);
  EXPECT_EQ(changed(&RtcRegisters::year, 100, kBinary24), std::nullopt);
  EXPECT_EQ(since_epoch({0x00, 0x00, 0x00, 0x29, 0x02, 0x00, 0x21, kBcd24}), std::nullopt);
  EXPECT_EQ(since_epoch({0, 0, 0, 0, 0, 0, 0, 0}), std::nullopt);
  EXPECT_EQ(since_epoch({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}), std::nullopt);
}

// A clock that moves on after a number of reads, and shows 0xff while it does.
struct Cmos {
  std::array<std::uint8_t, 128> bytes{};
  int reads = 0;
  int busy_until = 0;
  int moves_at = -1;
};
Cmos cmos;

std::uint8_t read_cmos(std::uint8_t index) {
  ++cmos.reads;
  if (cmos.reads <= cmos.busy_until) {
    return 0xff;
  }
  if (cmos.reads == cmos.moves_at) {
    cmos.bytes[0x00] = 0x00;
    cmos.bytes[0x02] = 0x06;
  }
  return cmos.bytes.at(index);
}

void set_cmos(const RtcRegisters& registers) {
  cmos = {};
  cmos.bytes[0x00] = registers.second;
  cmos.bytes[0x02] = registers.minute;
  cmos.bytes[0x04] = registers.hour;
  cmos.bytes[0x07] = registers.day;
  cmos.bytes[0x08] = registers.month;
  cmos.bytes[0x09] = registers.year;
  cmos.bytes[0x0a] = 0x26;
  cmos.bytes[0x0b] = registers.status_b;
  cmos.bytes[0x32] = registers.century;
}

TEST(RealTimeClock, IsReadFromItsRegisters) {
  set_cmos(kExample);
  EXPECT_EQ(read_rtc(read_cmos), kExample);
}

TEST(RealTimeClock, IsWaitedForWhileItMoves) {
  set_cmos(kExample);
  cmos.busy_until = 500;
  EXPECT_EQ(read_rtc(read_cmos), kExample);
}

TEST(RealTimeClock, IsNeverReadHalfBeforeAndHalfAfterAMinute) {
  RtcRegisters before = kExample;
  before.second = 0x59;
  RtcRegisters after = kExample;
  after.second = 0x00;
  after.minute = 0x06;
  for (int at = 1; at < 40; ++at) {
    set_cmos(before);
    cmos.moves_at = at;
    const auto shown = read_rtc(read_cmos);
    EXPECT_TRUE(shown == before || shown == after) << at;
  }
}

TEST(RealTimeClock, ThatIsNotThereIsGivenUp) {
  set_cmos(kExample);
  cmos.bytes.fill(0xff);
  EXPECT_EQ(read_rtc(read_cmos), std::nullopt);
}

}  // namespace
}  // namespace tb::arch::x86
