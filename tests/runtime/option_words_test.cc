// What the words of the boot command line mean, and which say nothing possible.
#include "runtime/option_words.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>

namespace tb {
namespace {

using namespace std::chrono_literals;

struct Read {
  Options options;
  std::string_view rest;
};

Read read(std::string_view line) {
  Read result{{}, line};
  const auto taken = take_option_words(result.rest, result.options);
  EXPECT_TRUE(taken.has_value()) << taken.error().word;
  return result;
}

std::string_view refused(std::string_view line) {
  Options options;
  const auto taken = take_option_words(line, options);
  return taken ? "" : taken.error().word;
}

TEST(OptionWords, WithoutAnyEverythingIsAsUsual) {
  const Read usual = read("an argument");
  EXPECT_EQ(usual.rest, "an argument");
  EXPECT_EQ(usual.options.scheduler.fair.algorithm, sched::FairAlgorithm::kThreeQueues);
  EXPECT_EQ(usual.options.scheduler.real_time_share, sched::Share{950'000});
  EXPECT_EQ(usual.options.scheduler.balancing, sched::Balancing::kOn);
  EXPECT_EQ(usual.options.scheduler.balance_interval, 0ms);
  EXPECT_EQ(usual.options.affinity, AffinityOption::kOn);
  EXPECT_EQ(usual.options.cpus, 1024U);
  EXPECT_TRUE(check(usual.options.scheduler));
}

TEST(OptionWords, AreTakenOffTheFrontUntilTheApplicationsOwn) {
  const Read some = read("sched.algorithm=mlfq  runtime.cpus=3 its own sched.algorithm=aging");
  EXPECT_EQ(some.options.scheduler.fair.algorithm, sched::FairAlgorithm::kMlfq);
  EXPECT_EQ(some.options.cpus, 3U);
  EXPECT_EQ(some.rest, "its own sched.algorithm=aging");
}

TEST(OptionWords, SetWhatTheyName) {
  const Read all = read(
      "runtime.thread_limit=100 sched.quantum_us=2500 sched.real_time_share=80 "
      "sched.affinity=off sched.balancing=off sched.balance_us=20000");
  EXPECT_EQ(all.options.thread_limit, 100U);
  EXPECT_EQ(all.options.scheduler.fair.quantum, 2500us);
  EXPECT_EQ(all.options.scheduler.real_time_share, sched::Share{800'000});
  EXPECT_EQ(all.options.affinity, AffinityOption::kOff);
  EXPECT_EQ(all.options.scheduler.balancing, sched::Balancing::kOff);
  EXPECT_EQ(all.options.scheduler.balance_interval, 20ms);
  EXPECT_EQ(all.rest, "");
}

TEST(OptionWords, AtTheEndsOfTheirRangesArePossibleAndBeyondAreNot) {
  for (const std::string_view word :
       {"runtime.thread_limit=1", "runtime.thread_limit=2097152", "runtime.cpus=1",
        "runtime.cpus=1024", "sched.quantum_us=100", "sched.quantum_us=1000000",
        "sched.real_time_share=1", "sched.real_time_share=100", "sched.balance_us=1000",
        "sched.balance_us=10000000"}) {
    EXPECT_EQ(refused(word), "");
  }
  for (const std::string_view word :
       {"runtime.thread_limit=0", "runtime.thread_limit=2097153", "runtime.cpus=0",
        "runtime.cpus=1025", "sched.quantum_us=99", "sched.quantum_us=1000001",
        "sched.quantum_us=0", "sched.real_time_share=0", "sched.real_time_share=101",
        "sched.balance_us=999", "sched.balance_us=10000001", "sched.quantum_us=-1",
        "sched.quantum_us=4294967396", "sched.quantum_us=18446744073709551717"}) {
    EXPECT_EQ(refused(word), word);
  }
}

TEST(OptionWords, ThatSayNothingPossibleAreNamed) {
  EXPECT_EQ(refused("sched.algorithm=fair and more"), "sched.algorithm=fair");
  for (const std::string_view word :
       {"sched.", "sched.algorithm", "sched.algorithm=", "sched.algorithms=mlfq", "runtime.=1",
        "sched.quantum_us=fast", "sched.quantum_us=100x", "sched.balancing=yes",
        "sched.affinity=", "sched.=on"}) {
    EXPECT_EQ(refused(word), word);
  }
}

TEST(OptionWords, ThatArePossibleCanBeToldInOneSentence) {
  std::array<char, 500> room;
  BufferText text(room);
  append_possible_words(text.sink());
  EXPECT_TRUE(text.text().starts_with("runtime.thread_limit=1 to 2097152, runtime.cpus="));
  EXPECT_TRUE(text.text().ends_with("three_queues, mlfq, aging or round_robin"));
  EXPECT_LT(text.text().size(), 380U) << "the sentence before it needs some room, too";
}

TEST(SchedulerConfig, SaysWhichFieldIsOutOfItsRange) {
  const auto error_of = [](const sched::Config& config) { return check(config).error(); };
  EXPECT_EQ(error_of({.fair = {.quantum = 99us}}), sched::ConfigError::kQuantum);
  EXPECT_EQ(error_of({.fair = {.quantum = 1001ms}}), sched::ConfigError::kQuantum);
  EXPECT_EQ(error_of({.real_time_share = sched::Share{0}}), sched::ConfigError::kRealTimeShare);
  EXPECT_EQ(error_of({.real_time_share = sched::Share{1'000'001}}),
            sched::ConfigError::kRealTimeShare);
  EXPECT_EQ(error_of({.balance_interval = 999us}), sched::ConfigError::kBalanceInterval);
  EXPECT_EQ(error_of({.balance_interval = 11s}), sched::ConfigError::kBalanceInterval);
  EXPECT_TRUE(check(sched::Config{}));
}

}  // namespace
}  // namespace tb
