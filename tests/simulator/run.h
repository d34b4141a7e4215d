// One run of a scenario, in a process of its own: its data are global, and it may crash.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "arch/sim/simulator.h"
#include "tests/simulator/idle_times.h"

namespace tb::simulator {

struct Plan {
  std::uint64_t seed = 1;
  std::uint64_t events = 1'000'000;  // a scenario is begun again until there were so many
  std::uint32_t cpus = 8;
  std::uint32_t threads = 100;  // of scenarios that have a choice
  // More than these say that a scenario comes to no end.
  std::uint64_t most_events = 1'000'000'000;
  std::string scenario;
  arch::sim::Faults faults{};
  bool watches_stores = false;
  bool trace = false;       // on the standard output
  bool console = false;     // likewise, what the machine prints
  std::string idle_rule{};  // the file that gets a figure of it; empty is none
};

// Plain data, for it comes from another process.
struct Report {
  bool passed = false;
  std::uint64_t digest = 0;
  std::int64_t simulated_ns = 0;
  std::int64_t real_ns = 0;
  std::uint64_t parks = 0;
  std::uint64_t wakes = 0;
  std::uint64_t migrations = 0;
  std::uint64_t looks = 0;
  std::uint32_t cpus = 0;          // that have started
  std::uint32_t cpus_ran = 0;      // that have run a thread
  std::int64_t idle_limit_ns = 0;  // beside two ready threads; 0 if there is none
  Lengths idle_lengths;            // of the times that a CPU was
  arch::sim::Counts counts;
};

struct Result {
  Report report;
  std::string text;  // what it said, when it failed
};

Result run(const Plan& plan);

// The names of all scenarios.
std::vector<std::string_view> scenario_names();

// The command that repeats the run.
std::string replay_command(const Plan& plan);

}  // namespace tb::simulator
