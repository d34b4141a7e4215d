// Splitting the boot command line into words, as QEMU passes it on and as GRUB quotes it anew.
#include "runtime/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tb {
namespace {

using testing::ElementsAre;
using Words = std::vector<std::string>;

// The words after the program's name; {"?"} if the line cannot be split.
Words split(std::string_view line) {
  const auto arguments = std::make_unique<Arguments>();
  if (!arguments->split("app", line)) {
    return {"?"};
  }
  EXPECT_STREQ(arguments->values()[0], "app");
  EXPECT_EQ(arguments->values()[arguments->count()], nullptr);
  return {arguments->values() + 1, arguments->values() + arguments->count()};
}

struct Case {
  std::string_view line;
  Words words;
};

void expect_all(const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    EXPECT_EQ(split(each.line), each.words) << '<' << each.line << '>';
  }
}

TEST(Arguments, OfAnEmptyLineAreTheProgramAlone) {
  expect_all({{"", {}}, {" ", {}}, {"    ", {}}});
}

TEST(Arguments, StandBetweenAnyNumberOfBlanks) {
  expect_all({
      {"a", {"a"}},
      {"a b", {"a", "b"}},
      {"  a   bc  ", {"a", "bc"}},
      {"--n=5 -x /path", {"--n=5", "-x", "/path"}},
  });
}

TEST(Arguments, KeepOtherWhiteSpaceInside) { expect_all({{"a\tb\nc d", {"a\tb\nc", "d"}}}); }

TEST(Arguments, InDoubleQuotesKeepBlanks) {
  expect_all({
      {"\"a b\"", {"a b"}},
      {"x\"a b\"y z", {"xa by", "z"}},
      {"\"\"", {""}},
      {"a \"\" b", {"a", "", "b"}},
      {"\"it's\"", {"it's"}},
      {"\"a\"\"b\"", {"ab"}},
  });
}

TEST(Arguments, InSingleQuotesKeepEverything) {
  expect_all({
      {"'a b'", {"a b"}},
      {"'\"'", {"\""}},
      {R"('\')", {"\\"}},
      {R"('\\')", {R"(\\)"}},
      {R"('\"x')", {R"(\"x)"}},
      {"''", {""}},
  });
}

TEST(Arguments, TakeABackslashForItselfExceptBeforeQuotesAndBackslashes) {
  expect_all({
      {R"(\")", {"\""}},
      {R"(\')", {"'"}},
      {R"(\\)", {"\\"}},
      {R"(\n)", {R"(\n)"}},
      {R"(\)", {"\\"}},
      {R"(a\ b)", {"a\\", "b"}},
      {R"("a\"b")", {"a\"b"}},
      {R"("a\\")", {"a\\"}},
      {R"("a\n")", {R"(a\n)"}},
      {R"(\\\")", {R"(\")"}},
  });
}

// GRUB puts a word with blanks in double quotes and a backslash before each \, ' and ".
TEST(Arguments, AsGrubQuotesThemAnewAreTheOnesItWasGiven) {
  expect_all({
      {R"("two words")", {"two words"}},
      {R"(it\'s)", {"it's"}},
      {R"(say\"hi\")", {"say\"hi\""}},
      {R"(C:\\path)", {R"(C:\path)"}},
      {R"("it\'s \"so\" \\")", {R"(it's "so" \)"}},
  });
}

TEST(Arguments, WithAnOpenQuotationMarkAreRefused) {
  for (const std::string_view line :
       {"\"", "'", "\"a", "a 'b", "'a\"", "\"a\\\"", "a\" b", "'\\''"}) {
    EXPECT_EQ(split(line), Words{"?"}) << line;
  }
}

std::string words(std::size_t count) {
  std::string line;
  for (std::size_t i = 0; i < count; ++i) {
    line += "w ";
  }
  return line;
}

TEST(Arguments, AreAtMost1023WithTheProgram) {
  EXPECT_EQ(split(words(1022)).size(), 1022U);
  EXPECT_EQ(split(words(1022) + "    ").size(), 1022U);
  EXPECT_EQ(split(words(1023)), Words{"?"});
  EXPECT_EQ(split(words(4000)), Words{"?"});
}

TEST(Arguments, MayFillTheWholeLine) {
  const std::string longest(Arguments::kMaxText, 'x');
  EXPECT_EQ(split(longest), Words{longest});
  const std::string most = words(1021) + std::string(Arguments::kMaxText - 2 * 1021, 'y');
  EXPECT_EQ(split(most).size(), 1022U);
  EXPECT_EQ(split(std::string(Arguments::kMaxText + Arguments::kMaxCount, 'x')), Words{"?"});
}

TEST(Arguments, MayBeWrittenToByMain) {
  const auto arguments = std::make_unique<Arguments>();
  const std::string line = "first second";
  ASSERT_TRUE(arguments->split("app", line));
  std::memset(arguments->values()[1], 'X', 5);
  EXPECT_STREQ(arguments->values()[1], "XXXXX");
  EXPECT_STREQ(arguments->values()[2], "second");
  EXPECT_EQ(line, "first second");
}

}  // namespace
}  // namespace tb
