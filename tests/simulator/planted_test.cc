// What goes wrong is noticed, and said with the reason.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/simulator/run.h"

namespace tb::simulator {
namespace {

using testing::HasSubstr;

Result run_planted(std::string_view name) {
  return run({.events = 1000, .cpus = 3, .most_events = 100'000, .scenario = std::string(name)});
}

void expect_failure(std::string_view name, const char* reason) {
  const Result result = run_planted(name);
  EXPECT_FALSE(result.report.passed);
  EXPECT_THAT(result.text, HasSubstr(reason));
}

TEST(TheSimulator, NoticesADeadlock) {
  expect_failure("planted-deadlock", "deadlock: all CPUs sleep");
}

TEST(TheSimulator, NoticesARunWithoutAnEnd) {
  expect_failure("planted-endless", "main() has not ended after the largest number of points");
}

TEST(TheSimulator, ReportsABrokenPromise) {
  expect_failure("planted-assertion", "does not hold: this is planted");
}

TEST(TheSimulator, ReportsACrash) {
  expect_failure("planted-crash", "Segmentation fault at address 0x1000");
}

TEST(TheSimulator, ReportsAFailedCheck) {
  expect_failure("planted-check", "does not hold: this is planted");
}

TEST(TheRules, MissALostFrame) {
  expect_failure("planted-lost-frame", "frames in use after all has ended is");
}

TEST(TheRules, MissAThreadThatIsInNoPlace) {
  expect_failure("planted-lost-thread", "has been in no place for");
}

TEST(AFailure, NamesTheFunctions) {
  expect_failure("planted-crash", "read_nowhere");
  expect_failure("planted-assertion", "tb::run_program");
}

TEST(AFailure, ShowsTheLastEvents) {
  EXPECT_THAT(run_planted("planted-deadlock").text, HasSubstr("runs thread"));
}

}  // namespace
}  // namespace tb::simulator
