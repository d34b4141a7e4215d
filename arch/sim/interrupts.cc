// Time, timers, interrupts and sleep of the simulated CPUs.
#include <algorithm>

#include "arch/clock.h"
#include "arch/cpu.h"
#include "arch/interrupts.h"
#include "arch/sim/machine.h"
#include "arch/smp.h"
#include "arch/upcalls.h"

namespace tb::arch::sim {
namespace {

constexpr std::int64_t kMicrosecond = 1000;
constexpr std::int64_t kMillisecond = 1000 * kMicrosecond;

// The interrupted thread may lose the CPU in here and come back much later, on another one even.
void interrupt() {
  CpuBlock* const block = this_block;
  const Interrupt kind = machine().take_due();
  block->interrupts = false;
  ++block->interrupt_depth;
  point();
  if (kind == Interrupt::kTimer) {
    on_timer();
  } else {
    on_reschedule();
  }
  --block->interrupt_depth;
  while (preemption_enabled() && reschedule_requested()) {
    disable_preemption();
    allow_interrupts();
    point();
    on_preempt(nullptr);
    static_cast<void>(disable_interrupts());
    // A request that came meanwhile is seen by the loop.
    static_cast<void>(enable_preemption());
  }
  allow_interrupts();
}

void take_interrupts() {
  while (this_block->interrupts && this_block->next_due <= progress.clock) {
    interrupt();
  }
}

}  // namespace

void reach_horizon() {
  machine().give_way();
  take_interrupts();
}

// Of those who are Quiet, nothing is drawn.
void take_long_step() {
  if (progress.horizon != INT64_MAX) {
    machine().take_long_step();
  }
}

void note_store(const void* word) { machine().note_store(word); }
void note_current(void* thread) { machine().note_current(thread); }
bool watches() { return machine().config().watches_stores; }
void stop() { machine().stop_self(); }

void sleep(const void* watched) {
  point();
  this_block->interrupts = true;
  const bool is_set =
      watched != nullptr && *static_cast<const volatile std::uintptr_t*>(watched) != 0;
  if (!is_set && this_block->next_due > progress.clock) {
    machine().fall_asleep(watched);
  }
  take_interrupts();
}

void Machine::fall_asleep(const void* watched) {
  VirtualCpu& self = running();
  self.status = CpuStatus::kAsleep;
  self.watched = watched;
  if (watched != nullptr) {
    ++watchers;
    // For no reason, now and then.
    constexpr std::uint32_t kForNoReason = 20;
    if (chance_.one_of_thousand(kForNoReason)) {
      self.watched_due = progress.clock + chance_.between(0, kMillisecond);
    }
  }
  ++counts_.sleeps;
  record(EventKind::kSleep, watched != nullptr ? 1 : 0);
  give_way();
}

void Machine::note_store(const void* word) {
  for (std::uint32_t number = 0; number < count_; ++number) {
    VirtualCpu& sleeper = cpu(number);
    if (sleeper.watched == word && sleeper.status == CpuStatus::kAsleep) {
      const std::int64_t seen = progress.clock + chance_.between(20, 300);
      sleeper.watched_due = std::min(sleeper.watched_due, seen);
      order_.set(number, sleeper.wakes_at());
      record(EventKind::kStore, number);
      update_horizon();
    }
  }
}

void Machine::take_long_step() {
  // Mostly a word that another CPU has, sometimes something that takes really long.
  const std::uint64_t kind = chance_.below(64);
  const std::int64_t longest = kind < 48   ? texture_.long_step
                               : kind < 63 ? 5 * texture_.long_step
                                           : 10 * kMicrosecond;
  progress.clock += chance_.between(20, longest);
  if (chance_.one_of_thousand(config_.faults.stalls)) {
    const std::int64_t stall = chance_.between(10 * kMicrosecond, 2 * kMillisecond);
    progress.clock += stall;
    ++counts_.stalls;
    record(EventKind::kStall, static_cast<std::uint64_t>(stall));
  }
}

std::int64_t Machine::ipi_latency() {
  std::int64_t latency = chance_.between(200, 2 * kMicrosecond);
  if (chance_.one_of_thousand(config_.faults.late_ipis)) {
    latency += chance_.between(kMicrosecond, kMillisecond);
  }
  return latency;
}

void Machine::post_ipi(std::uint32_t to, std::int64_t arrival) {
  VirtualCpu& target = cpu(to);
  target.ipis.insert(std::upper_bound(target.ipis.begin(), target.ipis.end(), arrival,
                                      std::greater<std::int64_t>()),
                     arrival);
  target.update_due();
  if (target.status == CpuStatus::kAsleep) {
    order_.set(to, target.wakes_at());
  }
  update_horizon();
}

void Machine::send(std::uint32_t to) {
  const Faults& faults = config_.faults;
  ++counts_.ipis_sent;
  if (chance_.one_of_thousand(faults.lost_ipis)) {
    ++counts_.ipis_lost;
    record(EventKind::kIpiLost, to);
    return;
  }
  record(EventKind::kIpiSent, to);
  post_ipi(to, progress.clock + ipi_latency());
  if (chance_.one_of_thousand(faults.doubled_ipis)) {
    post_ipi(to, progress.clock + ipi_latency());
  }
  if (chance_.one_of_thousand(faults.spurious_ipis)) {
    post_ipi(static_cast<std::uint32_t>(chance_.below(count_)), progress.clock + ipi_latency());
  }
}

void Machine::arm_timer(std::int64_t deadline) {
  // No run takes as long, and how late it may be has room above it.
  constexpr std::int64_t kLatest = VirtualCpu::kNone / 2;
  VirtualCpu& self = running();
  record(EventKind::kTimerArmed, static_cast<std::uint64_t>(deadline));
  self.timer_due = VirtualCpu::kNone;
  if (deadline != VirtualCpu::kNone) {
    self.timer_due = std::max(std::min(deadline, kLatest) - self.skew, progress.clock) +
                     chance_.between(10, 100);
    if (chance_.one_of_thousand(config_.faults.late_timers)) {
      self.timer_due += chance_.between(kMicrosecond, kMillisecond);
    }
  }
  self.update_due();
  update_horizon();
}

// Several that have arrived at once are one interrupt, as in a local APIC.
Interrupt Machine::take_due() {
  VirtualCpu& self = running();
  Interrupt kind = Interrupt::kIpi;
  if (self.timer_due == self.block.next_due) {
    kind = Interrupt::kTimer;
    self.timer_due = VirtualCpu::kNone;
    ++counts_.timer_interrupts;
    record(EventKind::kTimer);
  } else {
    while (!self.ipis.empty() && self.ipis.back() <= progress.clock) {
      self.ipis.pop_back();
    }
    ++counts_.ipi_interrupts;
    record(EventKind::kIpi);
  }
  self.update_due();
  return kind;
}

void Machine::start_others(std::uint32_t most) {
  const std::uint32_t wanted = std::min(config_.cpus, most);
  std::uint32_t missing = 0;
  for (std::uint32_t number = 1; number < wanted; ++number) {
    if (chance_.one_of_thousand(config_.faults.missing_cpus)) {
      ++missing;
    }
  }
  count_ = wanted - missing;
  for (std::uint32_t number = 1; number < count_; ++number) {
    cpu(number).status = CpuStatus::kHeld;
  }
  if (missing > 0) {
    record(EventKind::kMissing, missing);
    on_notice("some CPUs did not start");
  }
}

void Machine::release_others() {
  for (std::uint32_t number = 1; number < count_; ++number) {
    VirtualCpu& other = cpu(number);
    other.status = CpuStatus::kReady;
    other.clock = progress.clock + chance_.between(100, 20 * kMicrosecond);
    order_.set(number, other.clock);
    record(EventKind::kStarted, number);
  }
  update_horizon();
}

void Machine::stop_others() {
  for (std::uint32_t number = 0; number < config_.cpus; ++number) {
    if (number != running_) {
      cpu(number).status = CpuStatus::kStopped;
      order_.set(number, TurnOrder::kNotNow);
    }
  }
  update_horizon();
}

void Machine::stop_self() {
  running().status = CpuStatus::kStopped;
  record(EventKind::kStopped);
  for (;;) {
    give_way();
  }
}

void compute(Duration duration) {
  std::int64_t left = duration.count();
  while (left > 0) {
    const std::int64_t step = std::min(left, machine().chance().between(500, 4000));
    left -= step;
    progress.clock += step;
    point();
  }
}

}  // namespace tb::arch::sim

namespace tb::arch {

Time now() {
  sim::point();
  return Time(Duration(sim::progress.clock + sim::machine().running().skew));
}

// A day in 2001, whenever it runs.
Duration wall_clock() { return std::chrono::seconds(1'000'000'000) + now().time_since_epoch(); }

std::uint64_t ticks() {
  sim::point();
  return static_cast<std::uint64_t>(sim::progress.clock);
}

std::uint64_t ticks_at_entry() { return 0; }

void set_timer(Time deadline) {
  sim::point();
  sim::machine().arm_timer(deadline.time_since_epoch().count());
}

std::uint32_t cpu_count() { return sim::machine().cpu_count(); }
void start_other_cpus(std::uint32_t most) { sim::machine().start_others(most); }
void release_other_cpus() { sim::machine().release_others(); }

void send_reschedule(CpuId cpu) {
  sim::point();
  sim::machine().send(index_of(cpu));
}

void stop_other_cpus() { sim::machine().stop_others(); }

}  // namespace tb::arch
