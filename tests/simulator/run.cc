// From a plan to a report: a child process runs the machine and hands its figures over.
#include "tests/simulator/run.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>

#include "arch/machine.h"
#include "runtime/memory/heap.h"
#include "runtime/program.h"
#include "runtime/thread.h"
#include "tests/simulator/backtrace.h"
#include "tests/simulator/checker.h"
#include "tests/simulator/faults.h"
#include "tests/simulator/idle_figure.h"
#include "tests/simulator/scenario_list.h"

extern "C" const char tb_application_name[] = "simulated";

namespace tb {
namespace {

simulator::Plan the_plan;

void run_scenario(test::Suite& suite) {
  auto all = simulator::all_scenarios();
  const auto planted = simulator::planted_scenarios();
  all.insert(all.end(), planted.begin(), planted.end());
  const auto found = std::ranges::find(all, the_plan.scenario, &test::Scenario::name);
  trim();
  const std::size_t before = simulator::Checker::frames_in_use();
  do {
    suite.test(found->sentence, found->run);
  } while (arch::sim::points() < the_plan.events);
  suite.test("memory comes back", [before, &found](test::Suite& checks) {
    trim();
    const std::size_t after = simulator::Checker::frames_in_use();
    if (found->heap_use == test::HeapUse::kByAll) {
      checks.check(after <= before + std::size_t{400} * cpu_count(), "the heap gives back");
    } else {
      checks.equal(after, before, "frames in use after all has ended");
    }
  });
  simulator::Checker::check_accounts();
}

}  // namespace

// The body of main's thread.
void run_program(int, char**) {
  test::Suite suite;
  run_scenario(suite);
  arch::shutdown(suite.status());
}

ThreadBlock thread_block() { return {0, 1}; }
std::uintptr_t make_thread_block(void*, std::uint32_t, std::span<std::byte>) { return 0; }
void run_in_thread(void (*run)(void* closure), void* closure) { run(closure); }
void leave_thread() {}

namespace simulator {
namespace {

std::int64_t real_time() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

Rules rules_for(const Plan& plan) {
  Rules rules;
  if (delays(plan.faults)) {
    // A thread on its way to a CPU that stands still, again and again.
    rules.longest_in_hands = std::chrono::milliseconds(50);
    rules.work_is_shared = false;
  }
  return rules;
}

arch::sim::Config config_for(const Plan& plan) {
  return {.seed = plan.seed,
          .cpus = plan.cpus,
          .watches_stores = plan.watches_stores,
          .faults = plan.faults,
          .command_line = {},
          .most_points = 2 * plan.events + plan.most_events,
          .trace = plan.trace ? stdout : nullptr,
          .console = plan.console ? stdout : nullptr};
}

// In the child, which ends here if it cannot.
void draw_idle_rule(const Plan& plan, const Report& report, const IdleTimes& idle_times) {
  const std::string figure = idle_figure({.scenario = plan.scenario,
                                          .seed = plan.seed,
                                          .threads = plan.threads,
                                          .cpus = report.cpus,
                                          .limit = Duration(report.idle_limit_ns),
                                          .end = Time(Duration(report.simulated_ns)),
                                          .times = idle_times});
  std::ofstream file(plan.idle_rule);
  file << figure;
  file.close();
  if (!file) {
    std::fprintf(stderr, "cannot write %s\n", plan.idle_rule.c_str());
    std::_Exit(1);
  }
}

// In the child.
[[noreturn]] void run_here(const Plan& plan, Report& report) {
  report_faults();
  the_plan = plan;
  set_wishes({.seed = plan.seed, .threads = plan.threads, .has_delays = delays(plan.faults)});
  const std::int64_t begin = real_time();
  const arch::sim::Outcome outcome = arch::sim::run(
      config_for(plan), Checker::observer(rules_for(plan), plan.cpus,
                                          plan.idle_rule.empty() ? IdleTimes::Keep::kLengths
                                                                 : IdleTimes::Keep::kMomentsToo));
  const Figures& figures = Checker::instance().figures();
  if (outcome.status != 0) {
    arch::sim::fail("the machine ended with status " + std::to_string(outcome.status));
  }
  const IdleTimes& idle_times = Checker::instance().idle_times();
  report = {.passed = false,
            .digest = outcome.digest,
            .simulated_ns = outcome.end.time_since_epoch().count(),
            .real_ns = real_time() - begin,
            .parks = figures.parks,
            .wakes = figures.wakes,
            .migrations = figures.migrations,
            .looks = figures.looks,
            .cpus = arch::sim::cpus(),
            .cpus_ran = figures.ran.size(),
            .idle_limit_ns = delays(plan.faults) ? 0 : longest_idle().count(),
            .idle_lengths = idle_times.lengths(),
            .counts = outcome.counts};
  if (!plan.idle_rule.empty()) {
    draw_idle_rule(plan, report, idle_times);
  }
  report.passed = true;
  std::fflush(nullptr);
  std::_Exit(0);
}

std::string read_all(int from) {
  std::string text;
  std::array<char, 4096> part;
  for (ssize_t got = 0; (got = read(from, part.data(), part.size())) > 0;) {
    text.append(part.data(), static_cast<std::size_t>(got));
  }
  return text;
}

}  // namespace

Result run(const Plan& plan) {
  void* const shared =
      mmap(nullptr, sizeof(Report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  std::array<int, 2> errors{};
  if (shared == MAP_FAILED || pipe(errors.data()) != 0) {
    return {.report = {}, .text = "the host is out of memory or files\n"};
  }
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    dup2(errors[1], STDERR_FILENO);
    close(errors[0]);
    run_here(plan, *new (shared) Report);
  }
  close(errors[1]);
  Result result{.report = {}, .text = with_names(read_all(errors[0]))};
  close(errors[0]);
  int status = 0;
  waitpid(child, &status, 0);
  result.report = *static_cast<Report*>(shared);
  munmap(shared, sizeof(Report));
  if (WIFSIGNALED(status)) {
    result.report.passed = false;
    result.text += std::string("ended by signal: ") + strsignal(WTERMSIG(status)) + "\n";
  }
  return result;
}

std::vector<std::string_view> scenario_names() {
  std::vector<std::string_view> names;
  for (const test::Scenario& scenario : all_scenarios()) {
    names.push_back(scenario.name);
  }
  return names;
}

std::string replay_command(const Plan& plan) {
  return "./tb sim --scenario " + plan.scenario + " --seed " + std::to_string(plan.seed) +
         " --events " + std::to_string(plan.events) + " --cpus " + std::to_string(plan.cpus) +
         " --threads " + std::to_string(plan.threads) + " --faults " + words_of(plan.faults) +
         (plan.watches_stores ? " --mwait" : "");
}

}  // namespace simulator

}  // namespace tb
