// What must hold at every moment of a run, looked at from outside of the machine.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "arch/sim/simulator.h"
#include "base/cpu_set.h"
#include "runtime/cpu.h"
#include "runtime/thread_record.h"
#include "tests/simulator/idle_times.h"

namespace tb::simulator {

// Which rules a run is held to: faults of the machine make some of them impossible to keep.
struct Rules {
  // Between two places. A busy CPU looks at its inbox each millisecond.
  Duration longest_in_hands = std::chrono::milliseconds(2);
  bool work_is_shared = true;  // no CPU idles beside ready threads
};

// What the checker has counted on the way.
struct Figures {
  std::uint64_t parks = 0;
  std::uint64_t wakes = 0;  // that ended a park
  std::uint64_t migrations = 0;
  std::uint64_t looks = 0;
  CpuSet ran;  // CPUs that have run a thread besides their idle one
};

// How long a CPU of this run may be idle beside work that it could do.
Duration longest_idle();

class Checker {
 public:
  // Watches the one machine of this process.
  static arch::sim::Observer observer(const Rules& rules, std::uint32_t cpus, IdleTimes::Keep keep);
  static Checker& instance();

  const Figures& figures() const { return figures_; }

  // After the run.
  const IdleTimes& idle_times();

  // For a thread with nobody else alive but main: frames that threads and their stacks have cost,
  // and that stay with their pools, are left out.
  static std::size_t frames_in_use();

  // By a thread on each CPU: all of its time has been charged to somebody.
  static void check_accounts();

 private:
  struct Seen {
    sched::ThreadState state = sched::ThreadState::kNew;
    std::uint64_t switches_in = 0;
    std::uint32_t generation = 0;
    Time since{};  // of the three above together
    std::uint64_t migrations = 0;
    bool in_place = true;
    Time out_since{};  // when it was first seen out of place
  };
  struct Place {
    CpuId running_on = kNoCpu;
    CpuId ran_last_on = kNoCpu;
    bool parks = false;  // as it was last left
  };

  void change(CpuId cpu, void* from, void* to);
  void note_turn(CpuId cpu, Time began);
  void look();
  void look_at(ThreadRecord& thread);
  bool is_in_place(const ThreadRecord& thread, sched::ThreadState state);
  static bool has_had_time_since(const ThreadRecord& thread, Time since);
  void check_idle_cpus();
  Place& place_of(const ThreadRecord& thread);
  Seen& seen_of(const ThreadRecord& thread);

  Rules rules_;
  Figures figures_;
  std::optional<IdleTimes> idle_times_;
  std::vector<Place> places_;
  std::vector<Seen> seen_;
  std::array<Time, CpuSet::kMaxCpus> idle_since_{};  // kNever while it is not idle
};

}  // namespace tb::simulator
