// Runs a few short threads again and again, each time with other choices: who takes the next step,
// and which of the writes that C++ allows a load sees.
//
//   struct Handover {
//     std::vector<std::function<void()>> threads() {
//       return {[this] { letter.write(7); ready.store(true, std::memory_order_release); },
//               [this] { if (ready.load(std::memory_order_acquire)) got = letter.read(); }};
//     }
//     void check() { ensure(got == 0 || got == 7, "the letter has come whole"); }
//
//     ExploredAtomic<bool> ready{false};
//     ExploredData<int> letter{0};
//     int got = 0;
//   };
//   EXPECT_TRUE(passes(explore<Handover>()));
//
// A scenario is made anew for every run. Its threads take a step at each operation on an
// ExploredAtomic and run undisturbed in between. Classes whose atomic type is a template parameter
// are explored as they are. A thread must not wait for another but by wait_for_change().
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <iosfwd>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include "tests/explorer/atomic.h"
#include "tests/explorer/data.h"
#include "tests/explorer/machine.h"
#include "tests/explorer/options.h"

namespace tb::explorer {

template <class S>
concept Scenario = std::default_initializable<S> && requires(S scenario) {
  { scenario.threads() } -> std::same_as<std::vector<std::function<void()>>>;
  scenario.check();
};

enum class Coverage { kEverything, kPart };

struct Failure {
  std::string what;
  std::string trace;  // the run step by step
  std::string path;   // for Options::replay
};

struct Report {
  std::size_t runs = 0;
  std::size_t redundant = 0;  // further runs, broken off for being like others
  Coverage coverage = Coverage::kPart;
  std::optional<Failure> failure;
};

std::ostream& operator<<(std::ostream& stream, const Report& report);

// For scenarios, in threads() and check(): the run fails unless the condition holds.
void ensure(bool condition, std::string_view what,
            std::source_location where = std::source_location::current());

// For scenarios, in a loop that waits: goes on when some atomic has another value than the thread
// knows, and sees the newest of all.
inline void wait_for_change() { Machine::current().wait_for_change(); }

// For scenarios, in their constructors: names the atomics and data inside the object in traces.
template <class T>
void name(const T& object, std::string text) {
  Machine::current().name(&object, sizeof object, std::move(text));
}

// One run of a scenario on the machine, without the beginning.
using RunOnce = std::function<RunEnd(Machine&)>;

// Explores until the first failure.
Report explore_runs(const RunOnce& run_once, const Options& options);

template <Scenario S>
RunEnd run_once(Machine& machine) {
  S scenario;
  const RunEnd end = machine.run_threads(scenario.threads());
  if (end == RunEnd::kCompleted) {
    scenario.check();
  }
  return end;
}

template <Scenario S>
Report explore(const Options& options = {}) {
  return explore_runs(run_once<S>, options);
}

}  // namespace tb::explorer
