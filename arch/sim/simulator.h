// The simulated machine as its tests see it: how it is made, what happened in it, who watches.
//
// A run is a function of its Config alone: it sees no address, no clock and no other source of
// chance.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/cpu_id.h"
#include "base/time.h"

namespace tb::arch::sim {

// What goes wrong, and how often: in so many of a thousand cases.
struct Faults {
  std::uint32_t late_ipis = 0;      // arrive up to a millisecond late
  std::uint32_t doubled_ipis = 0;   // arrive twice
  std::uint32_t spurious_ipis = 0;  // beside one that was sent, to any CPU
  std::uint32_t lost_ipis = 0;      // never arrive
  std::uint32_t late_timers = 0;    // up to a millisecond
  std::uint32_t stalls = 0;         // of long steps, each 64th: the CPU stands still up to 2 ms
  std::uint32_t missing_cpus = 0;   // of CPUs: do not start
  std::uint32_t skew = 0;           // of CPUs: their clock is ahead, always by the same up to 20 us
};

struct Config {
  std::uint64_t seed = 1;
  std::uint32_t cpus = 4;
  std::uint64_t memory = std::uint64_t{1} << 30;  // bytes
  bool watches_stores = false;
  Faults faults;
  std::string command_line;
  std::uint64_t most_points = 0;     // more than these in a run are a failure; 0 is no limit
  std::uint64_t look_every = 10000;  // points between two calls of Observer::look
  std::FILE* trace = nullptr;        // gets a line for each event
  std::FILE* console = nullptr;      // gets what the machine prints
};

// Functions that watch the machine; none of them may call what makes a point, unless it is Quiet.
struct Observer {
  // On the CPU's own stack, before its running thread changes from one to the other.
  void (*thread_changes)(CpuId cpu, void* from, void* to) = nullptr;
  // Every so many points, and every 200 us, on the host's stack, no CPU inside of a step.
  void (*look)() = nullptr;
  // On the host's stack, after each turn of a CPU: when it began.
  void (*turn_ends)(CpuId cpu, Time began) = nullptr;
  // The number of a thread, for the trace.
  std::uint64_t (*number_of)(void* thread) = nullptr;
};

// Figures of one run.
struct Counts {
  std::uint64_t points = 0;
  std::uint64_t cpu_switches = 0;  // the host went on with another simulated CPU
  std::uint64_t thread_switches = 0;
  std::uint64_t timer_interrupts = 0;
  std::uint64_t ipi_interrupts = 0;
  std::uint64_t ipis_sent = 0;
  std::uint64_t ipis_lost = 0;
  std::uint64_t sleeps = 0;
  std::uint64_t stalls = 0;
  std::uint64_t maps = 0;  // calls that map, reserve or fill
};

struct Outcome {
  int status;            // what the machine was shut down with
  std::uint64_t digest;  // of all events; the same for the same run
  Time end;
  Counts counts;
};

// Runs a machine from on_boot() to shutdown(). Once in a process: the runtime's data are global.
Outcome run(const Config& config, const Observer& observer);

// Ends the run and the process with status kFailedStatus: prints the reason, the last events and
// what the machine has printed to stderr.
inline constexpr int kFailedStatus = 97;
[[noreturn]] void fail(std::string_view reason);

// One CPU, for observers.
struct CpuView {
  void* current;  // the running thread, or null before there is one
  Time clock;     // as the CPU reads it
};
CpuView view_of(CpuId cpu);

// Whether that CPU has left the thread, but not its stack yet.
bool is_leaving(CpuId cpu, const void* thread);
std::uint32_t cpus();

// How much longer things take in this run than on an even machine: 1 to 20, by the seed.
std::uint32_t slowness();

const Counts& counts();

// The clock of the CPU that runs, without skew; outside of a run, or on the host's stack, that of
// the CPU that ran last.
Time time();

// Points so far.
std::uint64_t points();

// Makes points do nothing for a scope, so that an observer may read the runtime's atomics.
class Quiet {
 public:
  Quiet();
  ~Quiet();
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;

 private:
  std::int64_t clock_;
  std::int64_t horizon_;
  std::uint64_t random_;
  std::uint64_t points_;
};

// The n-th call from now on that maps, reserves or fills pages finds no frame; 0 takes it back.
void fail_map(std::uint64_t n);

// For the simulated threads: spends that much of the CPU's time, in which it can be interrupted.
void compute(Duration duration);

}  // namespace tb::arch::sim
