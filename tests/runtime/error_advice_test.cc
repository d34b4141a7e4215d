// What is said about errors, and what to do about each.
#include "runtime/error_advice.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/format.h"

namespace tb {
namespace {

// One of each kind.
template <std::size_t... I>
std::array<Error, sizeof...(I)> all_kinds(std::index_sequence<I...>) {
  return {Error(std::in_place_index<I>)...};
}
const auto kAll = all_kinds(std::make_index_sequence<std::variant_size_v<Error>>());

std::string text_of(const Error& error) {
  std::array<char, 300> text;
  return std::string(format_into(text, "{}", error));
}

TEST(Advice, EveryKindHasASentenceAndAHintOfItsOwn) {
  std::set<std::string> sentences;
  std::set<std::string_view> hints;
  for (const Error& error : kAll) {
    EXPECT_GT(text_of(error).size(), 10U) << error.index();
    EXPECT_TRUE(sentences.insert(text_of(error)).second) << text_of(error);
    EXPECT_GT(recovery_hint(error).size(), 10U) << text_of(error);
    hints.insert(recovery_hint(error));
    EXPECT_LE(severity(error), Severity::kCritical);
  }
  EXPECT_GT(hints.size(), kAll.size() / 2);
}

TEST(Advice, WhatIsExpectedIsNotLogged) {
  EXPECT_FALSE(should_log(TimedOut()));
  EXPECT_EQ(severity(TimedOut()), Severity::kNotice);
  EXPECT_TRUE(is_recoverable(TimedOut()));
}

TEST(Advice, MistakesAreLoggedAndNotTriedAgain) {
  EXPECT_TRUE(should_log(JoinsItself()));
  EXPECT_FALSE(is_recoverable(JoinsItself()));
  EXPECT_EQ(severity(JoinsItself()), Severity::kError);
}

TEST(Advice, WhatTheMachineLacksIsCritical) {
  EXPECT_EQ(severity(OutOfMemory()), Severity::kCritical);
  EXPECT_EQ(severity(ThreadLimitReached()), Severity::kCritical);
  EXPECT_TRUE(is_recoverable(OutOfMemory()));
}

TEST(Deadlocks, AreToldWithTheFirstThreads) {
  const DeadlockDetected two{.length = 2, .first = {ThreadId{7, 1}, ThreadId{9, 2}}};
  EXPECT_EQ(text_of(two), "2 threads wait for each other's mutexes: 7.1, 9.2");
  const DeadlockDetected many{.length = 40, .first = {}};
  EXPECT_TRUE(text_of(many).ends_with(" and others"));
  EXPECT_FALSE(text_of(two).ends_with(" and others"));
}

}  // namespace
}  // namespace tb
