// The runner's options: what is meant, and what is said to a wrong one.
#include "tests/simulator/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/simulator/faults.h"

namespace tb::simulator {
namespace {

using testing::HasSubstr;

std::expected<Command, std::string> parse(std::vector<const char*> words) {
  return parse_command(words);
}

TEST(CommandLine, WithoutWordsMeansAllScenariosOnce) {
  const auto command = parse({});
  ASSERT_TRUE(command);
  EXPECT_EQ(command->scenarios.size(), scenario_names().size());
  EXPECT_EQ(command->seeds, 1);
  EXPECT_EQ(words_of(command->plan.faults), "none");
}

TEST(CommandLine, TakesEveryOption) {
  const auto command = parse({"--seed", "7", "--events", "500", "--cpus", "64", "--threads", "9",
                              "--scenario", "bursts", "--faults", "stalls=7,skew", "--idle-rule",
                              "rule.svg", "--mwait", "--trace"});
  EXPECT_EQ(parse({"--seeds", "3"})->seeds, 3);
  ASSERT_TRUE(command);
  EXPECT_EQ(command->plan.seed, 7);
  EXPECT_EQ(command->seeds, 1);
  EXPECT_EQ(command->plan.events, 500);
  EXPECT_EQ(command->plan.cpus, 64);
  EXPECT_EQ(command->plan.threads, 9);
  EXPECT_EQ(command->scenarios, std::vector<std::string>{"bursts"});
  EXPECT_EQ(command->plan.faults.stalls, 7);
  EXPECT_GT(command->plan.faults.skew, 0);
  EXPECT_EQ(command->plan.faults.late_ipis, 0);
  EXPECT_EQ(command->plan.idle_rule, "rule.svg");
  EXPECT_TRUE(command->plan.watches_stores);
  EXPECT_TRUE(command->plan.trace);
}

TEST(CommandLine, AnswersAWrongWordWithOneSentence) {
  const std::vector<std::pair<std::vector<const char*>, const char*>> wrong{
      {{"--cpus", "0"}, "--cpus takes a whole number from 1 to 1024, not \"0\""},
      {{"--cpus", "1025"}, "from 1 to 1024"},
      {{"--seed", "-1"}, "--seed takes a whole number"},
      {{"--seed", "1x"}, "not \"1x\""},
      {{"--events", ""}, "not \"\""},
      {{"--events"}, "--events wants a value behind it"},
      {{"--scenario", "none"}, "wake-storm, "},
      {{"--faults", "late"}, "late-ipis, "},
      {{"--faults", "stalls=1001"}, "of a thousand"},
      {{"--faults", "stalls="}, "of a thousand"},
      {{"--faults", "stalls,"}, "of a thousand"},
      {{"--idle-rule", "rule.svg"}, "of one --scenario and one seed"},
      {{"--idle-rule", "rule.svg", "--scenario", "bursts", "--seeds", "2"}, "draws one run"},
      {{"--verbose"}, "no option \"--verbose\""},
      {{"bursts"}, "no option \"bursts\""},
  };
  for (const auto& [words, sentence] : wrong) {
    const auto command = parse(words);
    ASSERT_FALSE(command) << words.front();
    EXPECT_THAT(command.error(), HasSubstr(sentence));
    EXPECT_EQ(command.error().find('\n'), std::string::npos);
  }
}

TEST(ReplayCommand, IsUnderstood) {
  const Plan plan{.seed = 3,
                  .scenario = "bursts",
                  .faults = *parse_faults("late-ipis=3,stalls"),
                  .watches_stores = true};
  EXPECT_EQ(replay_command(plan),
            "./tb sim --scenario bursts --seed 3 --events 1000000 --cpus 8 --threads 100 "
            "--faults late-ipis=3,stalls --mwait");
}

TEST(Faults, AreNamedAsTheyAreParsed) {
  for (const char* words : {"none", "late-ipis", "lost-ipis=1,stalls=1000", "doubled-ipis,skew"}) {
    EXPECT_EQ(words_of(*parse_faults(words)), words);
  }
}

}  // namespace
}  // namespace tb::simulator
