// now() and the timer of a CPU.
#include "arch/clock.h"

#include <algorithm>
#include <atomic>

#include "arch/cpu.h"
#include "arch/interrupts.h"
#include "arch/upcalls.h"
#include "arch/x86_64/boot_options.h"
#include "arch/x86_64/cpu_features.h"
#include "arch/x86_64/local_apic.h"
#include "arch/x86_64/machine_clock.h"
#include "arch/x86_64/reference_clock.h"
#include "arch/x86_64/registers.h"
#include "arch_impl/tick_scale.h"

extern "C" const std::uint64_t boot_entry_ticks;  // written by boot.S

namespace tb::arch {
namespace x86 {
namespace {

constexpr std::uint64_t kCalibrationUs = 2000;

// Constant after start.
constinit bool uses_tsc = true;
constinit std::uint64_t first_tick = 0;
constinit std::uint64_t hz = 0;
constinit std::uint64_t apic_hz = 0;
constinit TickScale to_ns{};         // the clock's ticks to nanoseconds
constinit TickScale from_ns{};       // and back
constinit TickScale apic_from_ns{};  // nanoseconds to ticks of the APIC's timer

// Shared: the reference counter carried on beyond its width.
constinit std::atomic<std::uint64_t> last_reference{0};

std::uint64_t read_wide_reference() {
  // Whoever reads moves the last reading on; it is a value, nothing is published by it.
  std::uint64_t last = last_reference.load();
  for (;;) {
    const std::uint64_t ahead = reference_ticks(last, read_reference());
    // Another CPU may have moved it past our reading: a jump by nearly the whole width is that.
    if (ahead > reference_ticks(1, 0) / 2) {
      last = last_reference.load();
      continue;
    }
    if (last_reference.compare_exchange_weak(last, last + ahead)) {
      return last + ahead;
    }
  }
}

std::uint64_t read_clock() { return uses_tsc ? read_ordered_tsc() : read_wide_reference(); }

struct Reading {
  std::uint64_t tsc;
  std::uint64_t reference;
  std::uint32_t apic;
};

// The closest of a few pairs: an interruption by the host between two reads shows as a longer one.
Reading read_together() {
  Reading best{};
  std::uint64_t best_width = ~std::uint64_t{0};
  for (int i = 0; i < 8; ++i) {
    const std::uint64_t before = read_tsc();
    const std::uint64_t reference = read_reference();
    const std::uint32_t apic = local_apic().countdown();
    const std::uint64_t width = read_tsc() - before;
    if (width < best_width) {
      best_width = width;
      best = {before + width / 2, reference, apic};
    }
  }
  return best;
}

std::uint64_t per_second(std::uint64_t ticks, std::uint64_t reference) {
  return multiply_divide(ticks, reference_hz(), reference);
}

void measure() {
  constexpr std::uint32_t kStart = 0xffffffff;
  local_apic().arm_countdown(kStart);
  const std::uint64_t window = reference_hz() * kCalibrationUs / 1'000'000;
  const Reading begin = read_together();
  while (reference_ticks(begin.reference, read_reference()) < window) {
    relax();
  }
  const Reading end = read_together();
  const std::uint64_t passed = reference_ticks(begin.reference, end.reference);
  if (cpu_features().tsc_hz == 0) {
    hz = per_second(end.tsc - begin.tsc, passed);
  }
  apic_hz = per_second(begin.apic - end.apic, passed);
}

}  // namespace

bool clock_is_tsc() {
  if (boot_options().clock != ClockChoice::kAutomatic) {
    return boot_options().clock == ClockChoice::kTsc;
  }
  return cpu_features().invariant_tsc || cpu_features().emulated ||
         reference_kind() == ReferenceKind::kNone;
}

[[gnu::cold]] void calibrate_clock() {
  uses_tsc = clock_is_tsc();
  hz = cpu_features().tsc_hz;
  apic_hz = cpu_features().apic_timer_hz;
  const bool needs_apic = local_apic().timer() == ApicTimer::kCountDown;
  if (hz == 0 || (needs_apic && apic_hz == 0)) {
    if (reference_kind() == ReferenceKind::kNone) {
      on_panic("neither CPUID nor HPET nor PM timer tells how fast the clocks go");
    }
    measure();
  }
  if (!uses_tsc) {
    hz = reference_hz();
    last_reference = read_reference();
  }
  to_ns = TickScale::between(hz, kNsPerSecond);
  from_ns = TickScale::between(kNsPerSecond, hz);
  apic_from_ns = TickScale::between(kNsPerSecond, apic_hz);
  first_tick = read_clock();
  keep_clock_running();
}

void keep_clock_running() {
  if (!uses_tsc) {
    set_timer(now() + std::chrono::seconds(1));
  }
}

const char* clock_name() {
  if (uses_tsc) {
    return "TSC";
  }
  return reference_kind() == ReferenceKind::kHpet ? "HPET" : "PM timer";
}

std::uint64_t clock_hz() { return hz; }

void delay_us(std::uint64_t microseconds) {
  const Time end = now() + std::chrono::microseconds(microseconds);
  while (now() < end) {
    relax();
  }
}

}  // namespace x86

Time now() { return Time(Duration(x86::to_ns.apply(x86::read_clock() - x86::first_tick))); }

std::uint64_t ticks() { return x86::read_tsc(); }

std::uint64_t ticks_at_entry() { return boot_entry_ticks; }

void set_timer(Time deadline) {
  using namespace x86;
  if (local_apic().timer() == ApicTimer::kTscDeadline) {
    const Time soon = std::min(deadline, now() + std::chrono::hours(1));
    const auto ns =
        static_cast<std::uint64_t>(std::max<Duration::rep>(soon.time_since_epoch().count(), 1));
    local_apic().arm_deadline(first_tick + from_ns.apply(ns) + 1);
    return;
  }
  // An interrupt between reading the clock and arming would only make the timer late.
  const InterruptGuard guard;
  constexpr std::uint64_t kLongest = 0xffffffff;
  const Duration wait = std::max(deadline - now(), Duration::zero());
  // A wait beyond the counter's width fires early, and the runtime asks again. A narrow reference
  // clock has to be read before it wraps twice.
  const Duration longest_wait = uses_tsc ? std::chrono::hours(1) : std::chrono::seconds(1);
  const std::uint64_t ticks =
      apic_from_ns.apply(static_cast<std::uint64_t>(std::min(wait, longest_wait).count())) + 1;
  local_apic().arm_countdown(static_cast<std::uint32_t>(std::min(ticks, kLongest)));
}

}  // namespace tb::arch
