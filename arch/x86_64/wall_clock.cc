// wall_clock(): what the real-time clock showed at boot, and now() since then.
#include <optional>

#include "arch/clock.h"
#include "arch/upcalls.h"
#include "arch/x86_64/machine_clock.h"
#include "arch/x86_64/registers.h"
#include "arch/x86_64/rtc.h"

namespace tb::arch {
namespace x86 {
namespace {

constexpr std::uint16_t kCmosIndex = 0x70;
constexpr std::uint16_t kCmosData = 0x71;

// The wall clock when now() was zero; constant after start.
constinit Duration wall_clock_at_zero{};

std::uint8_t read_cmos(std::uint8_t index) {
  out8(kCmosIndex, index);
  return in8(kCmosData);
}

}  // namespace

void start_wall_clock() {
  const std::optional<RtcRegisters> registers = read_rtc(read_cmos);
  const std::optional<Duration> shown = registers ? since_epoch(*registers) : std::nullopt;
  if (!shown) {
    on_notice("the real-time clock shows no possible date; the wall clock begins at 1970-01-01");
  }
  wall_clock_at_zero = shown.value_or(Duration::zero()) - now().time_since_epoch();
}

}  // namespace x86

Duration wall_clock() { return x86::wall_clock_at_zero + now().time_since_epoch(); }

}  // namespace tb::arch
