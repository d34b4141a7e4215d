// The rules. They see the runtime's own data; whoever changes that changes this file.
#include "tests/simulator/checker.h"

#include <algorithm>
#include <cstdio>
#include <string>

#include "arch/smp.h"
#include "runtime/memory/frame_allocator.h"
#include "runtime/preemption.h"
#include "runtime/spare_threads.h"
#include "runtime/thread.h"
#include "runtime/thread_table.h"

namespace tb::simulator {
namespace {

using sched::ThreadState;

Checker the_checker;

std::string named(const ThreadRecord& thread) {
  return "thread " + std::to_string(thread.index) + " \"" + std::string(thread.name_text()) + "\"";
}

std::string cpu_name(CpuId cpu) {
  return cpu == kNoCpu ? "no CPU" : "CPU " + std::to_string(index_of(cpu));
}

[[noreturn]] void violated(const std::string& what) { arch::sim::fail("violated: " + what); }

// All records there are, whoever has them.
template <class Visit>
void for_each_record(Visit visit) {
  for (std::uint32_t index = 0; ThreadRecord* record = thread_table().find(index); ++index) {
    visit(*record);
  }
}

std::uint32_t records_made() {
  std::uint32_t count = 0;
  for_each_record([&count](ThreadRecord&) { ++count; });
  return count;
}

// Of one that is parked: somebody has woken it, and its home has not looked yet.
bool has_pending_wake(const ThreadRecord& thread) {
  return thread.wakes.any() || thread.posts.has_wakes();
}

bool is_idle_thread(const ThreadRecord& thread) {
  // They are the first ones to get records.
  return thread.index < arch::sim::cpus();
}

}  // namespace

Duration longest_idle() { return std::chrono::microseconds(50) * arch::sim::slowness(); }

Checker& Checker::instance() { return the_checker; }

arch::sim::Observer Checker::observer(const Rules& rules, std::uint32_t cpus,
                                      IdleTimes::Keep keep) {
  the_checker.rules_ = rules;
  the_checker.idle_times_.emplace(cpus, keep);
  the_checker.idle_since_.fill(kNever);
  return {
      .thread_changes = [](CpuId cpu, void* from, void* to) { the_checker.change(cpu, from, to); },
      .look = [] { the_checker.look(); },
      .turn_ends = [](CpuId cpu, Time began) { the_checker.note_turn(cpu, began); },
      .number_of = [](void* thread) -> std::uint64_t {
        return static_cast<ThreadRecord*>(thread)->index;
      }};
}

Checker::Place& Checker::place_of(const ThreadRecord& thread) {
  if (thread.index >= places_.size()) {
    places_.resize(thread.index + 1);
  }
  return places_[thread.index];
}

Checker::Seen& Checker::seen_of(const ThreadRecord& thread) {
  if (thread.index >= seen_.size()) {
    seen_.resize(thread.index + 1);
  }
  return seen_[thread.index];
}

void Checker::change(CpuId cpu, void* from, void* to) {
  const arch::sim::Quiet quiet;
  if (from != nullptr) {
    auto& left = *static_cast<ThreadRecord*>(from);
    Place& place = place_of(left);
    place.running_on = kNoCpu;
    place.parks = left.state.get() == ThreadState::kParked;
    figures_.parks += place.parks ? 1 : 0;
  }
  auto& next = *static_cast<ThreadRecord*>(to);
  Place& place = place_of(next);
  if (place.running_on != kNoCpu) {
    violated(named(next) + " is to run on " + cpu_name(cpu) + " and runs on " +
             cpu_name(place.running_on));
  }
  for (std::uint32_t other = 0; other < arch::sim::cpus(); ++other) {
    if (CpuId{other} != cpu && arch::sim::is_leaving(CpuId{other}, to)) {
      violated(named(next) + " is to run on " + cpu_name(cpu) + " while " + cpu_name(CpuId{other}) +
               " stands on its stack");
    }
  }
  place.running_on = cpu;
  const bool is_idle = is_idle_thread(next);
  idle_since_[index_of(cpu)] = is_idle ? arch::sim::time() : kNever;
  idle_times_->note_runs(cpu, is_idle ? IdleTimes::Runs::kIdleThread : IdleTimes::Runs::kThread,
                         arch::sim::time());
  if (from == nullptr) {
    return;  // the idle threads begin without the scheduler
  }
  if (next.home.load() != cpu) {
    violated(named(next) + " runs on " + cpu_name(cpu) + ", its home is " +
             cpu_name(next.home.load()));
  }
  if (next.state.get() != ThreadState::kRunning) {
    violated(named(next) + " is to run and is " + sched::name_of(next.state.get()));
  }
  if (is_idle) {
    return;
  }
  if (!cpu_at(cpu).scheduler.affinity_of(next).contains(cpu)) {
    violated(named(next) + " is to run on " + cpu_name(cpu) + ", where it may not");
  }
  figures_.migrations += place.ran_last_on != kNoCpu && place.ran_last_on != cpu ? 1 : 0;
  place.ran_last_on = cpu;
  figures_.wakes += place.parks ? 1 : 0;
  place.parks = false;
  figures_.ran.insert(cpu);
}

void Checker::note_turn(CpuId cpu, Time began) {
  if (arch::sim::view_of(cpu).current != nullptr) {
    idle_times_->note_turn(cpu, cpu_at(cpu).scheduler.movable_threads(), began, arch::sim::time());
  }
}

const IdleTimes& Checker::idle_times() {
  idle_times_->finish(arch::sim::time());
  return *idle_times_;
}

bool Checker::is_in_place(const ThreadRecord& thread, ThreadState state) {
  const CpuId running_on = place_of(thread).running_on;
  const bool is_deadline = thread.policy == sched::PolicyKind::kDeadline;
  const bool queued =
      thread.run_queue_hook.linked || (is_deadline && sched::server_of(thread).ready_hook.linked);
  switch (state) {
    case ThreadState::kNew:
    case ThreadState::kDead:
      return running_on == kNoCpu && !queued;
    case ThreadState::kRunning:
      // While the machine boots, an idle thread waits for its CPU.
      return !queued && (running_on == thread.home.load() ||
                         arch::sim::view_of(thread.home.load()).current == nullptr);
    case ThreadState::kReady:
      return running_on == kNoCpu && (queued || is_idle_thread(thread));
    case ThreadState::kParked:
      return running_on == kNoCpu && !queued && !has_pending_wake(thread);
    case ThreadState::kThrottled:
    case ThreadState::kSuspended:
      return running_on == kNoCpu && !queued;
    case ThreadState::kWaking:
    case ThreadState::kMoving:
    case ThreadState::kExiting:
      return false;  // in somebody's hands, or on its way
  }
  return false;
}

// A thread may be between two places, but not for long.
void Checker::look_at(ThreadRecord& thread) {
  const ThreadState state = thread.state.get();
  const Time now = arch::sim::time();
  Seen& seen = seen_of(thread);
  if (state == ThreadState::kNew) {
    // A record that nobody has, or that its spawner prepares; it keeps the last thread's figures.
    seen.in_place = true;
    seen.since = now;
    return;
  }
  if (state != seen.state || thread.switches_in != seen.switches_in ||
      thread.generation != seen.generation) {
    seen = {.state = state,
            .switches_in = thread.switches_in,
            .generation = thread.generation,
            .since = now,
            .migrations = thread.migrations};
  }
  // Who has got another home since was in its place there, though nobody has seen it.
  if (thread.migrations != seen.migrations) {
    seen.migrations = thread.migrations;
    seen.in_place = true;
  }
  const bool in_place = is_in_place(thread, state);
  if (!in_place && seen.in_place) {
    seen.out_since = now;
  }
  seen.in_place = in_place;
  if (!in_place && now - seen.out_since > rules_.longest_in_hands) {
    violated(named(thread) + " is " + sched::name_of(state) + " and has been in no place for " +
             std::to_string((now - seen.out_since).count()) + " ns; home " +
             cpu_name(thread.home.load()) + ", runs on " + cpu_name(place_of(thread).running_on) +
             (thread.run_queue_hook.linked ? ", queued" : ", not queued") +
             (has_pending_wake(thread) ? ", a wake waits" : ""));
  }
}

void Checker::look() {
  const arch::sim::Quiet quiet;
  ++figures_.looks;
  for_each_record([this](ThreadRecord& thread) { look_at(thread); });
  if (rules_.work_is_shared) {
    check_idle_cpus();
  }
  for (std::uint32_t number = 0; number < arch::sim::cpus(); ++number) {
    const arch::sim::CpuView view = arch::sim::view_of(CpuId{number});
    if (view.current == nullptr) {
      continue;
    }
    const Cpu& cpu = cpu_at(CpuId{number});
    if (Time(cpu.scheduler.busy_time() + cpu.idle->cpu_time) > view.clock) {
      violated(cpu_name(CpuId{number}) + " has charged more time than has passed");
    }
  }
}

// By the clock of the CPU that has the thread: who looks may be ahead of that, which has done
// nothing wrong so far.
bool Checker::has_had_time_since(const ThreadRecord& thread, Time since) {
  return arch::sim::view_of(thread.home.load()).clock - since > longest_idle();
}

// Ready threads that have waited long for a CPU, by their home, against CPUs that have long been
// idle and may run them.
void Checker::check_idle_cpus() {
  const std::uint32_t cpus = arch::sim::cpus();
  const Time now = arch::sim::time();
  std::vector<std::uint32_t> idle;
  for (std::uint32_t cpu = 0; cpu < cpus; ++cpu) {
    if (idle_since_[cpu] != kNever && now - idle_since_[cpu] > longest_idle()) {
      idle.push_back(cpu);
    }
  }
  if (idle.empty()) {
    return;
  }
  for (const std::uint32_t cpu : idle) {
    std::vector<std::uint32_t> ready(cpus);
    for_each_record([&](ThreadRecord& thread) {
      const Seen& seen = seen_of(thread);
      if (seen.state == ThreadState::kReady && !is_idle_thread(thread) &&
          thread.state.get() == ThreadState::kReady &&
          has_had_time_since(thread, std::max(seen.since, idle_since_[cpu])) &&
          cpu_at(CpuId{cpu}).scheduler.affinity_of(thread).contains(CpuId{cpu})) {
        ++ready[index_of(thread.home.load())];
      }
    });
    for (std::uint32_t home = 0; home < cpus; ++home) {
      if (home != cpu && ready[home] >= 2) {
        violated(cpu_name(CpuId{cpu}) + " has been idle for " +
                 std::to_string((now - idle_since_[cpu]).count()) + " ns while " +
                 cpu_name(CpuId{home}) + " keeps " + std::to_string(ready[home]) +
                 " ready threads that it could run; movable in its queue: " +
                 std::to_string(cpu_at(CpuId{home}).scheduler.movable_threads()) +
                 (cpu_at(CpuId{home}).scheduler.is_loaded() ? ", loaded" : ", not loaded"));
      }
    }
  }
}

std::size_t Checker::frames_in_use() {
  const arch::sim::Quiet quiet;
  constexpr std::size_t kSlabPages = align_up(sizeof(ThreadTable::Slab), kPageSize) / kPageSize;
  // Of a stack, the highest page has a frame here; the host gives the others.
  const std::size_t stacks = unused_stacks();
  const std::size_t slabs = records_made() / ThreadTable::kSlabRecords;
  return frames().total_frames() - frames().free_frames() - stacks - slabs * kSlabPages -
         thread_table().details_pages();
}

void Checker::check_accounts() {
  for (std::uint32_t number = 0; number < arch::sim::cpus(); ++number) {
    auto thread = spawn(
        [number] {
          const PreemptionGuard guard;
          static_cast<void>(this_thread::statistics());
          const arch::sim::Quiet quiet;
          const Cpu& cpu = cpu_at(CpuId{number});
          const Duration charged = cpu.scheduler.busy_time() + cpu.idle->cpu_time;
          if (charged != cpu.now.time_since_epoch()) {
            violated(cpu_name(CpuId{number}) + " has charged " + std::to_string(charged.count()) +
                     " ns of " + std::to_string(cpu.now.time_since_epoch().count()));
          }
        },
        SpawnOptions{.name = "accounts", .affinity = CpuSet::only(CpuId{number})});
    if (!thread || !thread->join()) {
      violated("no thread for the accounts");
    }
  }
}

}  // namespace tb::simulator
