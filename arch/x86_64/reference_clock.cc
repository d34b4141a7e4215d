// HPET (IA-PC HPET Specification 1.0a, section 2.3) and PM timer (ACPI 6.5, section 4.8.2.1).
#include "arch/x86_64/reference_clock.h"

#include "arch/x86_64/registers.h"

namespace tb::arch::x86 {
namespace {

constexpr std::uint64_t kPmTimerHz = 3'579'545;
constexpr std::uint64_t kPmTimerMask = 0xffffff;
constexpr std::uintptr_t kCapabilities = 0x000;
constexpr std::uintptr_t kConfiguration = 0x010;
constexpr std::uintptr_t kMainCounter = 0x0f0;
constexpr std::uint64_t kEnable = 1;
constexpr std::uint64_t kWideCounter = 1 << 13;
constexpr std::uint64_t kLongestPeriod = 100'000'000;  // femtoseconds; more is no HPET
constexpr std::uint64_t kFemtosecondsPerSecond = 1'000'000'000'000'000;

// Constant after start.
constinit ReferenceKind kind = ReferenceKind::kNone;
constinit std::uintptr_t hpet = 0;
constinit std::uint16_t port = 0;
constinit std::uint64_t mask = 0;
constinit std::uint64_t hz = 0;

volatile std::uint64_t& hpet_register(std::uintptr_t offset) {
  return *reinterpret_cast<volatile std::uint64_t*>(hpet + offset);
}

}  // namespace

void choose_reference_clock(std::uint64_t hpet_address, std::uint16_t pm_timer_port) {
  hpet = hpet_address;
  const std::uint64_t capabilities = hpet != 0 ? hpet_register(kCapabilities) : 0;
  if (const std::uint64_t period = capabilities >> 32; period > 0 && period <= kLongestPeriod) {
    kind = ReferenceKind::kHpet;
    hz = kFemtosecondsPerSecond / (capabilities >> 32);
    mask = (capabilities & kWideCounter) != 0 ? ~std::uint64_t{0} : 0xffffffff;
    hpet_register(kConfiguration) = hpet_register(kConfiguration) | kEnable;
  } else if (pm_timer_port != 0) {
    kind = ReferenceKind::kPmTimer;
    port = pm_timer_port;
    hz = kPmTimerHz;
    mask = kPmTimerMask;
  }
}

ReferenceKind reference_kind() { return kind; }

std::uint64_t read_reference() {
  return (kind == ReferenceKind::kHpet ? hpet_register(kMainCounter) : in32(port)) & mask;
}

std::uint64_t reference_ticks(std::uint64_t begin, std::uint64_t end) {
  return (end - begin) & mask;
}

std::uint64_t reference_hz() { return hz; }

}  // namespace tb::arch::x86
