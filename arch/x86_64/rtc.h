// The PC's real-time clock (Motorola MC146818): what its registers say, and reading them while it
// goes on.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"

namespace tb::arch::x86 {

// As they stand in the CMOS memory; status_b says how the others are to be read.
struct RtcRegisters {
  std::uint8_t second;
  std::uint8_t minute;
  std::uint8_t hour;
  std::uint8_t day;
  std::uint8_t month;
  std::uint8_t year;
  std::uint8_t century;
  std::uint8_t status_b;

  bool operator==(const RtcRegisters&) const = default;
};

// The time since 1970-01-01 that the registers show, taken as UTC; nothing if it is none.
std::optional<Duration> since_epoch(const RtcRegisters& registers);

// Reads one byte of the CMOS memory.
using CmosReader = std::uint8_t (*)(std::uint8_t index);

// Registers of one and the same second; nothing if the clock never holds still, as one that is not
// there. May take 10 ms.
std::optional<RtcRegisters> read_rtc(CmosReader read);

}  // namespace tb::arch::x86
