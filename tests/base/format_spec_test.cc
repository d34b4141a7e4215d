// Which format strings the compiler refuses: the checker as a table, then the compiler itself.
#include "base/format_spec.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/format.h"

namespace tb {
namespace {

using enum FormatKind;

struct Case {
  std::string_view format;
  std::vector<FormatKind> kinds;
};

TEST(FormatSpec, AcceptsTheGrammar) {
  const Case kCases[] = {
      {"", {}},
      {"plain {{}}", {}},
      {"{}", {kUserType}},
      {"{:}{}", {kSigned, kText}},
      {"{:5}{:5}{:5}", {kBool, kPointer, kDuration}},
      {"{:<5}{:>255}", {kText, kChar}},
      {"{:05}{:x}{:#x}", {kSigned, kUnsigned, kSigned}},
      {"{:#018x}{:>#9x}", {kUnsigned, kUnsigned}},
  };
  for (const Case& each : kCases) {
    EXPECT_STREQ(format_problem(each.format, each.kinds), nullptr) << each.format;
  }
}

struct BadCase {
  std::string_view format;
  std::vector<FormatKind> kinds;
  const char* why;
};

TEST(FormatSpec, RefusesEverythingElse) {
  constexpr const char* kBrace = "a brace stands alone, or a field does not begin with a colon";
  constexpr const char* kGrammar = "a field has a spec that is not in the grammar";
  const BadCase kCases[] = {
      {"{", {kSigned}, kBrace},
      {"}", {}, kBrace},
      {"{}}", {kSigned}, kBrace},
      {"{{}", {kSigned}, kBrace},
      {"{:5", {kSigned}, kBrace},
      {"{0}", {kSigned}, kBrace},
      {"{5}", {kSigned}, kBrace},
      {"{:y}", {kSigned}, kGrammar},
      {"{:xx}", {kSigned}, kGrammar},
      {"{: 5}", {kSigned}, kGrammar},
      {"{:^5}", {kSigned}, kGrammar},
      {"{:.3}", {kSigned}, kGrammar},
      {"{:{}}", {kSigned, kSigned}, kGrammar},
      {"{:256}", {kSigned}, kGrammar},
      {"{:99999999999999999999}", {kSigned}, kGrammar},
      {"{}{}", {kSigned}, "there are more fields than arguments"},
      {"{}", {kSigned, kSigned}, "there are more arguments than fields"},
      {"{:x}", {kText}, "x is for integers only"},
      {"{:x}", {kPointer}, "x is for integers only"},
      {"{:#}", {kSigned}, "# needs x"},
      {"{:05}", {kText}, "zeros fill integers only"},
      {"{:0}", {kSigned}, "zeros need a width"},
      {"{:<05}", {kSigned}, "zeros and an alignment exclude each other"},
      {"{:<}", {kSigned}, "an alignment needs a width"},
      {"{:5}", {kUserType}, "a user type takes no width"},
  };
  for (const BadCase& each : kCases) {
    EXPECT_STREQ(format_problem(each.format, each.kinds), each.why) << each.format;
  }
}

// A string that can be the argument of a template.
template <std::size_t size>
struct Literal {
  char characters[size];

  consteval Literal(const char (&text)[size]) {
    for (std::size_t index = 0; index < size; ++index) {
      characters[index] = text[index];
    }
  }
};

template <Literal text, class... Args>
concept Compiles =
    requires { std::bool_constant<(FormatString<Args...>(text.characters), true)>(); };

TEST(FormatString, IsCheckedByTheCompiler) {
  static_assert(Compiles<"{} {:x}", const char*, int>);
  static_assert(!Compiles<"{} {:x}", int, const char*>);
  static_assert(!Compiles<"{}", int, int>);
  static_assert(!Compiles<"{} {}", int>);
  static_assert(!Compiles<"{", int>);
}

}  // namespace
}  // namespace tb
