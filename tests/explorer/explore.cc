// The loop over runs, and the report of one that failed.
#include "tests/explorer/explore.h"

#include <charconv>
#include <csignal>
#include <cstdio>
#include <ostream>

#include "base/assert.h"

namespace tb::explorer {
namespace {

std::string path_text(const std::vector<std::size_t>& path) {
  std::string text;
  for (const std::size_t choice : path) {
    text += (text.empty() ? "" : ".") + std::to_string(choice);
  }
  return text.empty() ? "." : text;
}

std::vector<std::size_t> path_of(const std::string& text) {
  std::vector<std::size_t> path;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    std::size_t choice = 0;
    const auto [behind, error] = std::from_chars(at, end, choice);
    expects(error == std::errc{} || text == ".", "a path is numbers with dots between them");
    path.push_back(choice);
    at = behind + 1;
  }
  return path;
}

// Says which run it was when the explored code ends the test, as a broken expects() does. Replayed,
// that run has a trace.
class AbortReport {
 public:
  AbortReport() : before_(std::signal(SIGABRT, &print)) {}
  ~AbortReport() { std::signal(SIGABRT, before_); }

  AbortReport(const AbortReport&) = delete;
  AbortReport& operator=(const AbortReport&) = delete;

 private:
  static void print(int /*signal*/) {
    const Machine& machine = Machine::current();
    std::fprintf(stderr, "aborted while exploring\n%sreplay: %s\n", machine.trace().c_str(),
                 path_text(machine.path()).c_str());
  }

  void (*before_)(int);
};

// The same run once more, and this time step by step.
Failure describe(const RunOnce& run_once, Machine& machine) {
  Failure failure{.what = *machine.failure(), .trace = "", .path = path_text(machine.path())};
  const auto replay = make_replay(machine.path());
  machine.begin_run(*replay, Tracing::kOn);
  run_once(machine);
  failure.trace = machine.trace();
  if (machine.failure() != failure.what) {
    failure.what += " (not so in the replay: the scenario does not depend on its path alone)";
  }
  return failure;
}

}  // namespace

Report explore_runs(const RunOnce& run_once, const Options& options) {
  Machine machine(options);
  const auto strategy =
      options.replay.empty() ? make_strategy(options) : make_replay(path_of(options.replay));
  const Tracing tracing = options.replay.empty() ? Tracing::kOff : Tracing::kOn;
  const AbortReport abort_report;
  Report report;
  while (report.runs < options.runs) {
    if (!strategy->begin_run()) {
      report.coverage = Coverage::kEverything;
      break;
    }
    machine.begin_run(*strategy, tracing);
    const RunEnd end = run_once(machine);
    ++(end == RunEnd::kRedundant ? report.redundant : report.runs);
    if (machine.failure()) {
      report.failure = describe(run_once, machine);
      break;
    }
  }
  return report;
}

void ensure(bool condition, std::string_view what, std::source_location where) {
  if (!condition) {
    Machine::current().fail(std::string(what) + " (" + place_text(where) + ")");
  }
}

std::ostream& operator<<(std::ostream& stream, const Report& report) {
  stream << report.runs << " runs, " << report.redundant << " redundant, "
         << (report.coverage == Coverage::kEverything ? "all there are" : "not all");
  if (report.failure) {
    stream << "\nfailed: " << report.failure->what << "\n"
           << report.failure->trace << "replay: " << report.failure->path;
  }
  return stream;
}

}  // namespace tb::explorer
