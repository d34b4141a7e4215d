// What a hosted program accepts before "--", and how it writes what stands behind it.
#include "arch/hosted/options.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/arguments.h"

namespace tb::arch::hosted {
namespace {

using Words = std::vector<const char*>;

struct Reading {
  OptionError error;
  Options options;
};

Reading read(const Words& words) {
  Reading reading;
  reading.error = read_options(words, reading.options);
  return reading;
}

TEST(HostedOptions, NothingLeavesEverythingToTheHost) {
  const Reading reading = read({});
  EXPECT_EQ(reading.error.what, "");
  EXPECT_EQ(reading.options.cpus, 0u);
  EXPECT_EQ(reading.options.memory, 0u);
  EXPECT_TRUE(reading.options.arguments.empty());
}

TEST(HostedOptions, ValuesStandBehindTheirNamesOrAfterAnEqualsSign) {
  const Words words = {"--cpus",   "3", "--memory=2G", "--module", "a",
                       "--module", "b", "--",          "--cpus",   ""};
  const Reading reading = read(words);
  EXPECT_EQ(reading.error.what, "");
  EXPECT_EQ(reading.options.cpus, 3u);
  EXPECT_EQ(reading.options.memory, std::size_t{2} << 30);
  ASSERT_EQ(reading.options.module_count, 2u);
  EXPECT_STREQ(reading.options.modules[1], "b");
  ASSERT_EQ(reading.options.arguments.size(), 2u);
  EXPECT_STREQ(reading.options.arguments[0], "--cpus");
}

TEST(HostedOptions, MemoryIsMebibytesWithoutALetter) {
  EXPECT_EQ(read({"--memory", "64"}).options.memory, std::size_t{64} << 20);
  EXPECT_EQ(read({"--memory", "64m"}).options.memory, std::size_t{64} << 20);
}

TEST(HostedOptions, EveryMistakeIsNamed) {
  for (const Words& words :
       {Words{"--cpus", "0"}, Words{"--cpus", "1025"}, Words{"--cpus", "3x"}, Words{"--cpus"},
        Words{"--cpus", ""}, Words{"--memory", "31M"}, Words{"--memory", "much"},
        Words{"--memory", "99999999999999999999G"}, Words{"--memory", "17000G"}, Words{"hello"},
        Words{"--frobnicate"}, Words{"--module"}}) {
    const Reading reading = read(words);
    EXPECT_FALSE(reading.error.what.empty()) << words[0];
    EXPECT_EQ(reading.error.word, words.back());
  }
}

TEST(HostedOptions, ModulesAreCounted) {
  Words words;
  for (std::size_t i = 0; i < kMostModules; ++i) {
    words.insert(words.end(), {"--module", "file"});
  }
  EXPECT_EQ(read(words).error.what, "");
  words.insert(words.end(), {"--module", "one too many"});
  EXPECT_EQ(read(words).error.word, "one too many");
}

TEST(HostedOptions, QuotedWordsAreReadAsTheyWere) {
  const Words words = {"a",    "b c", "it's", "say \"hi\"", "back\\slash", "\\", "two  blanks",
                       "x\ty", "\"",  "'",    "\\\"",       " ",           "",   "--"};
  std::array<char, 200> room;
  const std::string_view text = quote_words(words, room);
  Arguments arguments;
  ASSERT_TRUE(arguments.split("program", text)) << text;
  ASSERT_EQ(static_cast<std::size_t>(arguments.count()), words.size() + 1);
  for (std::size_t i = 0; i < words.size(); ++i) {
    EXPECT_STREQ(arguments.values()[i + 1], words[i]);
  }
}

TEST(HostedOptions, PlainWordsStayPlainForTheRuntimesOwnOptions) {
  const Words words = {"sched.quantum_us=100", "x"};
  std::array<char, 40> room;
  EXPECT_EQ(quote_words(words, room), "sched.quantum_us=100 x");
}

TEST(HostedOptions, TextThatDoesNotFitIsNoText) {
  const Words words = {"12345", "6789"};
  std::array<char, 9> room;
  EXPECT_EQ(quote_words(words, room).data(), nullptr);
}

}  // namespace
}  // namespace tb::arch::hosted
