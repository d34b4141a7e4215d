// The runner behind ./tb sim.
#include <cinttypes>
#include <cstdio>

#include "tests/simulator/command_line.h"
#include "tests/simulator/faults.h"
#include "tests/simulator/idle_figure.h"

namespace tb::simulator {
namespace {

// Of all runs together.
struct Sum {
  std::uint64_t runs = 0;
  std::uint64_t events = 0;
  std::uint64_t switches = 0;
  std::uint64_t parks = 0;
  std::uint64_t wakes = 0;
  std::uint64_t migrations = 0;
  std::uint64_t ipis = 0;
  std::uint64_t timers = 0;
  std::uint64_t cpu_switches = 0;
  std::uint64_t looks = 0;
  std::int64_t real_ns = 0;
  std::int64_t simulated_ns = 0;
  std::int64_t cpu_ns = 0;  // simulated, of all CPUs
  // Beside two ready threads: all of it, and the one that came nearest to its limit.
  Lengths idle;
  std::int64_t longest_idle_ns = 0;
  std::int64_t idle_limit_ns = 0;

  void add_idle(const Report& report) {
    cpu_ns += report.simulated_ns * report.cpus;
    idle.add(report.idle_lengths);
    const std::int64_t longest = report.idle_lengths.longest().count();
    if (longest * idle_limit_ns >= longest_idle_ns * report.idle_limit_ns) {
      longest_idle_ns = longest;
      idle_limit_ns = report.idle_limit_ns;
    }
  }

  void add(const Report& report) {
    ++runs;
    events += report.counts.points;
    switches += report.counts.thread_switches;
    parks += report.parks;
    wakes += report.wakes;
    migrations += report.migrations;
    ipis += report.counts.ipi_interrupts;
    timers += report.counts.timer_interrupts;
    cpu_switches += report.counts.cpu_switches;
    looks += report.looks;
    add_idle(report);
    real_ns += report.real_ns;
    simulated_ns += report.simulated_ns;
  }
};

void print_line(const Plan& plan, const Report& report) {
  std::printf("%-15s seed %-6" PRIu64 " %2u of %u CPUs ran  %9" PRIu64 " events  %8" PRId64
              " us simulated  digest %016" PRIx64 "\n",
              plan.scenario.c_str(), plan.seed, report.cpus_ran, report.cpus, report.counts.points,
              report.simulated_ns / 1000, report.digest);
}

void print_sum(const Sum& sum) {
  const std::uint64_t per_second =
      sum.real_ns > 0 ? static_cast<std::uint64_t>(static_cast<double>(sum.events) * 1e9 /
                                                   static_cast<double>(sum.real_ns))
                      : 0;
  std::printf("\n%" PRIu64 " runs, %" PRIu64 " events, %" PRIu64 " a second; %" PRId64
              " ms simulated in %" PRId64 " ms\n",
              sum.runs, sum.events, per_second, sum.simulated_ns / 1'000'000,
              sum.real_ns / 1'000'000);
  std::printf("%" PRIu64 " thread switches, %" PRIu64 " parks, %" PRIu64 " wakes, %" PRIu64
              " migrations, %" PRIu64 " IPIs, %" PRIu64 " timer interrupts, %" PRIu64
              " changes of the CPU\n",
              sum.switches, sum.parks, sum.wakes, sum.migrations, sum.ipis, sum.timers,
              sum.cpu_switches);
  std::printf("all invariants held at every switch and in %" PRIu64 " walks: 0 violations\n",
              sum.looks);
}

// One sentence, of the run that came nearest to its limit and of all together.
void print_idle(const Sum& sum) {
  const std::string limit = sum.idle_limit_ns > 0
                                ? "of " + in_words(Duration(sum.idle_limit_ns)) + " allowed"
                                : "on a machine with delays, which has no limit";
  const double share = sum.cpu_ns > 0 ? static_cast<double>(sum.idle.sum().count()) * 100 /
                                            static_cast<double>(sum.cpu_ns)
                                      : 0;
  std::printf("longest that a CPU was idle beside two ready threads: %s %s; %" PRIu64
              " times, half up to %s, 99%% up to %s, together %.2f%% of all CPU time\n",
              in_words(Duration(sum.longest_idle_ns)).c_str(), limit.c_str(), sum.idle.count(),
              in_words(sum.idle.quantile(50)).c_str(), in_words(sum.idle.quantile(99)).c_str(),
              share);
}

int run_all(const Command& command) {
  Sum sum;
  for (const std::string& scenario : command.scenarios) {
    for (std::uint64_t i = 0; i < command.seeds; ++i) {
      Plan plan = command.plan;
      plan.scenario = scenario;
      plan.seed += i;
      const Result result = run(plan);
      if (!result.report.passed) {
        std::printf("%s%s failed with seed %" PRIu64 "; to see it again:\n  %s\n",
                    result.text.c_str(), scenario.c_str(), plan.seed, replay_command(plan).c_str());
        return 1;
      }
      if (!plan.trace && (command.seeds <= 10 || (i + 1) % 100 == 0)) {
        print_line(plan, result.report);
        std::fflush(stdout);
      }
      sum.add(result.report);
    }
  }
  if (!command.plan.trace) {
    print_sum(sum);
    print_idle(sum);
  }
  return 0;
}

}  // namespace
}  // namespace tb::simulator

int main(int argc, char** argv) {
  const auto command =
      tb::simulator::parse_command({argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)});
  if (!command) {
    std::fprintf(stderr, "tb sim: %s\n", command.error().c_str());
    return 2;
  }
  if (command->help) {
    std::printf("%s", tb::simulator::help_text().c_str());
    return 0;
  }
  return tb::simulator::run_all(*command);
}
