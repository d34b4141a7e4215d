// Every scenario on few and many CPUs, on a machine that works and on one with faults.
#include <gtest/gtest.h>

#include <string>

#include "tests/simulator/faults.h"
#include "tests/simulator/run.h"

namespace tb::simulator {
namespace {

struct Setting {
  std::uint32_t cpus;
  std::string faults;
  bool watches_stores;
};

std::ostream& operator<<(std::ostream& out, const Setting& setting) {
  return out << setting.cpus << " CPUs, faults " << setting.faults
             << (setting.watches_stores ? ", mwait" : "");
}

class EveryScenario : public testing::TestWithParam<Setting> {};

TEST_P(EveryScenario, HoldsWithSeveralSeeds) {
  constexpr std::uint64_t kSeeds = 10;
  for (const std::string_view scenario : scenario_names()) {
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
      const Plan plan{.seed = seed,
                      .events = 200'000,
                      .cpus = GetParam().cpus,
                      .scenario = std::string(scenario),
                      .faults = *parse_faults(GetParam().faults),
                      .watches_stores = GetParam().watches_stores};
      const Result result = run(plan);
      ASSERT_TRUE(result.report.passed) << result.text << replay_command(plan);
      EXPECT_GE(result.report.counts.points, plan.events);
      // Some need two CPUs, "fair-selects" is one thread.
      if (result.report.cpus > 1 && scenario != "fair-selects") {
        EXPECT_GT(result.report.counts.thread_switches, 20) << replay_command(plan);
      }
      // "steal" keeps one CPU to itself and may end before another is needed.
      if (scenario != "steal") {
        EXPECT_EQ(result.report.cpus_ran, result.report.cpus) << replay_command(plan);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(OnTheSimulator, EveryScenario,
                         testing::Values(Setting{1, "none", false}, Setting{2, "none", false},
                                         Setting{2, "all", true}, Setting{3, "all", false},
                                         Setting{4, "none", true}, Setting{8, "none", false},
                                         Setting{8, "all", true}, Setting{16, "all", false}));

TEST(ManyCpus, RunABurst) {
  for (const std::string_view faults : {"none", "all"}) {
    for (const bool watches_stores : {false, true}) {
      const Plan plan{.events = 1'000'000,
                      .cpus = 64,
                      .threads = 300,
                      .scenario = "bursts",
                      .faults = *parse_faults(faults),
                      .watches_stores = watches_stores};
      const Result result = run(plan);
      ASSERT_TRUE(result.report.passed) << result.text << replay_command(plan);
      EXPECT_EQ(result.report.cpus_ran, result.report.cpus);
      EXPECT_GT(result.report.migrations, 100);
      // Else the idle rule would say nothing.
      EXPECT_GT(result.report.idle_lengths.count(), 1000);
    }
  }
}

TEST(LostIpis, AreSentAgain) {
  for (const std::string_view scenario : {"ping-pong", "one-wake", "bursts"}) {
    const Plan plan{.events = 300'000,
                    .cpus = 4,
                    .scenario = std::string(scenario),
                    .faults = *parse_faults("lost-ipis=200")};
    const Result result = run(plan);
    ASSERT_TRUE(result.report.passed) << result.text << replay_command(plan);
    EXPECT_GT(result.report.counts.ipis_lost, 10);
  }
}

TEST(TheSameSeed, IsTheSameRun) {
  const Plan plan{.seed = 5, .events = 200'000, .scenario = "bursts"};
  const Report first = run(plan).report;
  const Report second = run(plan).report;
  EXPECT_EQ(first.digest, second.digest);
  EXPECT_EQ(first.counts.points, second.counts.points);
  Plan other = plan;
  other.seed = 6;
  EXPECT_NE(run(other).report.digest, first.digest);
}

TEST(SwitchingATraceOn, ChangesNothing) {
  Plan plan{.events = 20'000, .cpus = 3, .scenario = "ping-pong"};
  const Report silent = run(plan).report;
  plan.trace = true;
  testing::internal::CaptureStdout();
  const Report traced = run(plan).report;
  const std::string trace = testing::internal::GetCapturedStdout();
  EXPECT_EQ(silent.digest, traced.digest);
  EXPECT_NE(trace.find("runs thread"), std::string::npos);
}

}  // namespace
}  // namespace tb::simulator
