// What format_to() prints, as tables, and against printf for random numbers.
#include "base/format.h"

#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdio>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace tb {
namespace {

using namespace std::chrono_literals;

template <class... Args>
std::string text(FormatString<std::type_identity_t<Args>...> format, const Args&... arguments) {
  std::string result;
  const TextSink sink{[](void* context, std::string_view piece) {
                        static_cast<std::string*>(context)->append(piece);
                      },
                      &result};
  format_to(sink, format, arguments...);
  return result;
}

struct Case {
  std::string printed;
  std::string_view expected;
};

void check(const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    EXPECT_EQ(each.printed, each.expected);
  }
}

TEST(Format, PrintsIntegers) {
  check({
      {text("{}", 0), "0"},
      {text("{}", -1), "-1"},
      {text("{}", std::int8_t{-128}), "-128"},
      {text("{}", std::uint8_t{65}), "65"},
      {text("{}", std::numeric_limits<std::int64_t>::min()), "-9223372036854775808"},
      {text("{}", std::numeric_limits<std::uint64_t>::max()), "18446744073709551615"},
      {text("{:x}", 255), "ff"},
      {text("{:x}", -255), "-ff"},
      {text("{:#x}", 0), "0x0"},
      {text("{:x}", std::numeric_limits<std::uint64_t>::max()), "ffffffffffffffff"},
      {text("{:016x}", 0xdeadbeefU), "00000000deadbeef"},
  });
}

TEST(Format, PrintsOtherTypes) {
  const char* const missing = nullptr;
  const std::string name = "idle";
  char buffer[8] = "abc";
  check({
      {text("{} {}", true, false), "true false"},
      {text("{}", 'x'), "x"},
      {text("{}", "literal"), "literal"},
      {text("{}", buffer), "abc"},
      {text("{}{}", name, std::string_view("!")), "idle!"},
      {text("{}", missing), "(null)"},
      {text("{}", nullptr), "0x0"},
      {text("{}", reinterpret_cast<void*>(0xffff8000UL)), "0xffff8000"},
      {text("{}", reinterpret_cast<const volatile int*>(0x10UL)), "0x10"},
      {text("{}", reinterpret_cast<void (*)()>(0x20UL)), "0x20"},
  });
}

TEST(Format, PadsToTheWidth) {
  check({
      {text("[{:5}]", 42), "[   42]"},
      {text("[{:<5}]", 42), "[42   ]"},
      {text("[{:>5}]", -42), "[  -42]"},
      {text("[{:05}]", 42), "[00042]"},
      {text("[{:05}]", -42), "[-0042]"},
      {text("[{:#06x}]", 0xab), "[0x00ab]"},
      {text("[{:#6x}]", 0xab), "[  0xab]"},
      {text("[{:2}]", 12345), "[12345]"},
      {text("[{:5}]", "ab"), "[ab   ]"},
      {text("[{:>5}]", "ab"), "[   ab]"},
      {text("[{:<3}]", 'c'), "[c  ]"},
      {text("[{:6}]", true), "[true  ]"},
      {text("[{:>8}]", 250us), "[  250 us]"},
      {text("[{:8}]", nullptr), "[     0x0]"},
  });
}

TEST(Format, CopiesPlainTextAndDoubledBraces) {
  check({
      {text(""), ""},
      {text("plain"), "plain"},
      {text("{{}}"), "{}"},
      {text("{{{}}}", 1), "{1}"},
      {text("a{}b{}c", 1, 2), "a1b2c"},
  });
}

TEST(Format, PrintsDurationsInAFittingUnit) {
  check({
      {text("{}", 0ns), "0 ns"},
      {text("{}", 340ns), "340 ns"},
      {text("{}", 999ns), "999 ns"},
      {text("{}", 1000ns), "1 us"},
      {text("{}", 1005ns), "1.005 us"},
      {text("{}", 1'250'000ns), "1.25 ms"},
      {text("{}", 999'999'999ns), "999.999 ms"},
      {text("{}", 2500ms), "2.5 s"},
      {text("{}", -1500us), "-1.5 ms"},
      {text("{}", 2h), "7200 s"},
      {text("{}", std::chrono::duration<int, std::pico>(2500)), "2 ns"},
      {text("{}", std::chrono::nanoseconds::min()), "-9223372036.854 s"},
      {text("{}", std::chrono::hours::max()), "9223372036.854 s"},
      {text("{}", std::chrono::hours::min()), "-9223372036.854 s"},
  });
}

enum class Color { kRed, kGreen };

void append_text(TextSink sink, const Color& color) {
  sink(color == Color::kRed ? "red" : "green");
}

struct Point {
  int x;
  int y;
  Color color;
};

void append_text(TextSink sink, const Point& point) {
  format_to(sink, "({}, {}) in {}", point.x, point.y, point.color);
}

TEST(Format, AsksUserTypesForTheirText) {
  EXPECT_EQ(text("{}: {}", "at", Point(1, -2, Color::kGreen)), "at: (1, -2) in green");
}

TEST(Format, CutsOffWhereTheBufferEnds) {
  char buffer[8] = "#######";
  EXPECT_EQ(format_into(std::span(buffer, 5), "{}-{}", 123, 456), "123-4");
  EXPECT_EQ(buffer[5], '#');
  EXPECT_EQ(format_into(std::span(buffer, 5), "{:>9}", 1), "     ");
  EXPECT_EQ(format_into(std::span(buffer, 5), "abcde"), "abcde");
  EXPECT_EQ(format_into(std::span<char>(), "abc"), "");
}

TEST(Format, AgreesWithPrintf) {
  std::mt19937_64 random(20240607);
  for (int step = 0; step < 20'000; ++step) {
    const std::uint64_t bits = random() >> random() % 64;
    const auto number = static_cast<std::int64_t>(random() % 2 == 0 ? bits : -bits);
    char expected[128];
    std::snprintf(expected, sizeof(expected),
                  "%" PRId64 " %12" PRId64 " %-12" PRId64 "| %012" PRId64 " %" PRIx64
                  " %016" PRIx64,
                  number, number, number, number, bits, bits);
    ASSERT_EQ(
        text("{} {:12} {:<12}| {:012} {:x} {:016x}", number, number, number, number, bits, bits),
        expected);
  }
}

}  // namespace
}  // namespace tb
