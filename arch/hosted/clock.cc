// now() by the time-stamp counter, and a timer of the host for each CPU.
#include <signal.h>
#include <time.h>

#include <algorithm>
#include <chrono>

#include "arch/clock.h"
#include "arch/hosted/clocks.h"
#include "arch/hosted/cpu_area.h"
#include "arch/hosted/host_calls.h"
#include "arch/hosted/processor_facts.h"
#include "arch/hosted/signals.h"
#include "arch/upcalls.h"
#include "arch_impl/processor.h"
#include "arch_impl/tick_scale.h"

extern "C" const std::uint64_t boot_entry_ticks;  // written by start.S

namespace tb::arch {
namespace hosted {
namespace {

using x86::read_ordered_tsc;
using x86::TickScale;

// Constant after start.
constinit bool uses_tsc = true;
constinit std::uint64_t hz = 0;
constinit std::uint64_t first_tick = 0;
constinit TickScale to_ns{};
constinit std::uint64_t wall_clock_at_zero = 0;  // nanoseconds

struct Reading {
  std::uint64_t tsc;
  std::uint64_t ns;
};

// The closest of a few pairs: an interruption between two reads shows as a longer one.
Reading read_together() {
  Reading best{};
  std::uint64_t best_width = ~std::uint64_t{0};
  for (int i = 0; i < 8; ++i) {
    const std::uint64_t before = read_ordered_tsc();
    const std::uint64_t ns = host_clock_ns(CLOCK_MONOTONIC);
    const std::uint64_t width = read_ordered_tsc() - before;
    if (width < best_width) {
      best_width = width;
      best = {before + width / 2, ns};
    }
  }
  return best;
}

std::uint64_t measure_tsc() {
  constexpr std::uint64_t kWindowNs = 5'000'000;
  const Reading begin = read_together();
  while (host_clock_ns(CLOCK_MONOTONIC) < begin.ns + kWindowNs) {
    asm volatile("pause");
  }
  const Reading end = read_together();
  return x86::multiply_divide(end.tsc - begin.tsc, kNanosecondsPerSecond, end.ns - begin.ns);
}

std::uint64_t read_clock() {
  return uses_tsc ? read_ordered_tsc() : host_clock_ns(CLOCK_MONOTONIC);
}

}  // namespace

void start_clock() {
  uses_tsc = processor_facts().invariant_tsc;
  if (uses_tsc) {
    hz = processor_facts().tsc_hz != 0 ? processor_facts().tsc_hz : measure_tsc();
  } else {
    hz = kNanosecondsPerSecond;
  }
  to_ns = TickScale::between(hz, kNanosecondsPerSecond);
  first_tick = read_clock();
  wall_clock_at_zero = host_clock_ns(CLOCK_REALTIME);
}

const char* clock_name() { return uses_tsc ? "TSC" : "the host's clock"; }

std::uint64_t clock_hz() { return hz; }

void make_timer() {
  CpuState& state = this_cpu_state();
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = kTimerSignal;
  event._sigev_un._tid = state.host_thread;
  if (host_call(SYS_timer_create, CLOCK_MONOTONIC, word(&event), word(&state.timer)) != 0) {
    on_panic("the host has no timer for every CPU");
  }
}

}  // namespace hosted

Time now() {
  using namespace hosted;
  return Time(Duration(to_ns.apply(read_clock() - first_tick)));
}

Duration wall_clock() { return Duration(hosted::wall_clock_at_zero) + now().time_since_epoch(); }

std::uint64_t ticks() { return x86::read_tsc(); }

std::uint64_t ticks_at_entry() { return boot_entry_ticks; }

// By how long it takes from now, for the host's clock may go a little faster or slower than ours.
void set_timer(Time deadline) {
  using namespace hosted;
  constexpr Duration kLongest = std::chrono::hours(1);  // the runtime bears to be asked again
  constexpr Duration kShortest{1};                      // zero would disarm
  const Duration wait = std::clamp(deadline - now(), kShortest, kLongest);
  const auto ns = static_cast<std::int64_t>(wait.count());
  constexpr auto kSecond = static_cast<std::int64_t>(kNanosecondsPerSecond);
  const TimerSetting setting = {.interval = {},
                                .value = {.seconds = ns / kSecond, .nanoseconds = ns % kSecond}};
  const auto timer = static_cast<std::uint64_t>(this_cpu_state().timer);
  host_call(SYS_timer_settime, timer, 0, word(&setting), 0);
}

}  // namespace tb::arch
