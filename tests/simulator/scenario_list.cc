// All scenarios by their names.
#include "tests/simulator/scenario_list.h"

#include "arch/sim/simulator.h"
#include "tests/scenarios/control.h"
#include "tests/scenarios/processes.h"
#include "tests/scenarios/synchronisation.h"

namespace tb {

namespace test {

void spend(Duration duration) { arch::sim::compute(duration); }

}  // namespace test

namespace simulator {
namespace {

Wishes the_wishes;

}  // namespace

const Wishes& wishes() { return the_wishes; }
void set_wishes(const Wishes& wishes) { the_wishes = wishes; }

std::vector<test::Scenario> all_scenarios() {
  std::vector<test::Scenario> all(test::scenarios().begin(), test::scenarios().end());
  const auto synchronisation = test::synchronisation_scenarios();
  all.insert(all.end(), synchronisation.begin(), synchronisation.end());
  const auto control = test::control_scenarios();
  all.insert(all.end(), control.begin(), control.end());
  const auto processes = test::process_scenarios();
  all.insert(all.end(), processes.begin(), processes.end());
  all.push_back({"bursts", "threads that do a little of everything all end", bursts});
  all.push_back({"timeouts", "of a wake and a deadline, one ends the park", timeouts});
  all.push_back({"heap", "blocks that go from CPU to CPU all come back", heap_traffic,
                 test::HeapUse::kByAll});
  all.push_back({"visitors", "a thread woken in the midst of a decision soon runs", visitors});
  all.push_back({"pauses", "CPUs are held wherever they are, and go on", pauses});
  all.push_back({"hidden", "threads that others hide from idle CPUs run all the same", hidden});
  all.push_back({"equal-shares", "threads that never pause get about the same", equal_shares});
  all.push_back({"urgent-wakes", "a real-time thread runs as soon as it is woken", urgent_wakes});
  all.push_back(
      {"inversion-times", "an inversion lasts as long as the lock is held", inversion_times});
  all.push_back({"mixed-classes", "threads of all policies change them and end", mixed_classes});
  all.push_back({"short-memory", "where a frame is missing, nothing is left behind", short_memory,
                 test::HeapUse::kByAll});
  return all;
}

}  // namespace simulator

}  // namespace tb
