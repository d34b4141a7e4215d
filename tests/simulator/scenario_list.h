// The scenarios of the simulator: those of tests/scenarios, which images run as well, and its own.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/scenarios/scenarios.h"

namespace tb::simulator {

// What the simulator's own scenarios are told.
struct Wishes {
  std::uint64_t seed = 1;
  std::uint32_t threads = 100;
  bool has_delays = false;  // so nothing need be soon
};
const Wishes& wishes();
void set_wishes(const Wishes& wishes);

std::vector<test::Scenario> all_scenarios();

// Those that have to fail; no command line names them.
std::vector<test::Scenario> planted_scenarios();

// bursts.cc
void bursts(test::Suite& suite);
void timeouts(test::Suite& suite);
void heap_traffic(test::Suite& suite);
void short_memory(test::Suite& suite);
void visitors(test::Suite& suite);

// sharing.cc
void pauses(test::Suite& suite);
void hidden(test::Suite& suite);
void equal_shares(test::Suite& suite);

// inversion.cc
void inversion_times(test::Suite& suite);

// urgency.cc
void urgent_wakes(test::Suite& suite);
void mixed_classes(test::Suite& suite);

}  // namespace tb::simulator
