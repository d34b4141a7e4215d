// Reading the real-time clock's registers, and the calendar behind them.
#include "arch/x86_64/rtc.h"

namespace tb::arch::x86 {
namespace {

// Where the registers are; the century's place is a convention of PCs, not the chip's.
constexpr std::uint8_t kSecond = 0x00;
constexpr std::uint8_t kMinute = 0x02;
constexpr std::uint8_t kHour = 0x04;
constexpr std::uint8_t kDay = 0x07;
constexpr std::uint8_t kMonth = 0x08;
constexpr std::uint8_t kYear = 0x09;
constexpr std::uint8_t kStatusA = 0x0a;
constexpr std::uint8_t kStatusB = 0x0b;
constexpr std::uint8_t kCentury = 0x32;

constexpr std::uint8_t kUpdateInProgress = 0x80;  // of status A
constexpr std::uint8_t k24Hours = 0x02;           // of status B
constexpr std::uint8_t kBinary = 0x04;            // likewise
constexpr std::uint8_t kAfternoon = 0x80;         // of the hour, on a clock of twelve hours

constexpr unsigned kImpossible = 255;

// An update takes 2 ms, a read of a port about 1 us.
constexpr int kMostAttempts = 10'000;

constexpr int kFirstYear = 1970;

unsigned decode(std::uint8_t value, std::uint8_t status_b) {
  if ((status_b & kBinary) != 0) {
    return value;
  }
  const unsigned ones = value & 0xf;
  const unsigned tens = value >> 4;
  return ones <= 9 && tens <= 9 ? 10 * tens + ones : kImpossible;
}

unsigned hour_of(const RtcRegisters& registers) {
  if ((registers.status_b & k24Hours) != 0) {
    return decode(registers.hour, registers.status_b);
  }
  const unsigned noon = (registers.hour & kAfternoon) != 0 ? 12 : 0;
  const auto low_bits = static_cast<std::uint8_t>(registers.hour & ~kAfternoon);
  const unsigned shown = decode(low_bits, registers.status_b);
  return shown >= 1 && shown <= 12 ? shown % 12 + noon : kImpossible;
}

// Not every machine has a century there, and some never move it on from 19.
int year_of(const RtcRegisters& registers) {
  const auto year = static_cast<int>(decode(registers.year, registers.status_b));
  const auto century = static_cast<int>(decode(registers.century, registers.status_b));
  if (century >= 19 && century <= 21 && 100 * century + year >= kFirstYear) {
    return 100 * century + year;
  }
  return year < kFirstYear % 100 ? 2000 + year : 1900 + year;
}

RtcRegisters read_registers(CmosReader read) {
  return {.second = read(kSecond),
          .minute = read(kMinute),
          .hour = read(kHour),
          .day = read(kDay),
          .month = read(kMonth),
          .year = read(kYear),
          .century = read(kCentury),
          .status_b = read(kStatusB)};
}

}  // namespace

std::optional<Duration> since_epoch(const RtcRegisters& registers) {
  const unsigned second = decode(registers.second, registers.status_b);
  const unsigned minute = decode(registers.minute, registers.status_b);
  const unsigned hour = hour_of(registers);
  const std::chrono::year_month_day date(
      std::chrono::year(year_of(registers)),
      std::chrono::month(decode(registers.month, registers.status_b)),
      std::chrono::day(decode(registers.day, registers.status_b)));
  const bool two_digits = decode(registers.year, registers.status_b) <= 99;
  if (!two_digits || !date.ok() || hour > 23 || minute > 59 || second > 59) {
    return std::nullopt;
  }
  return std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second);
}

std::optional<RtcRegisters> read_rtc(CmosReader read) {
  std::optional<RtcRegisters> before;
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    if ((read(kStatusA) & kUpdateInProgress) != 0) {
      continue;
    }
    const RtcRegisters registers = read_registers(read);
    if (before == registers) {
      return registers;
    }
    before = registers;
  }
  return std::nullopt;
}

}  // namespace tb::arch::x86
