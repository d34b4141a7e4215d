// Text: strings and their streams, manipulators, printf and scanf, characters to numbers and back,
// regular expressions, and the locale "C".
#include <algorithm>
#include <cctype>
#include <charconv>
#include <clocale>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <locale>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "tests/standard_library/check.h"

namespace {

using tb::test::check;
using tb::test::throws;

void use_strings() {
  std::string text = "plain threads";
  text.replace(0, 5, "C++").insert(3, " ").append(" on bare metal");
  text.erase(text.find("  "), 1);
  std::cout << text << ", " << text.size() << '\n';
  check(text.starts_with("C++") && text.rfind('a') == 23 && text.substr(4, 7) == "threads",
        "parts of a string");
  check(throws<std::out_of_range>([&] { static_cast<void>(text.substr(100)); }), "substr checks");
  check(throws<std::length_error>([&] { text.reserve(~std::size_t{0}); }), "too long a string");
  check(std::stoi("-42") == -42 && std::stod("2.5e3") == 2500.0 &&
            std::stoull("ff", nullptr, 16) == 255,
        "strings to numbers");
  check(throws<std::invalid_argument>([] { static_cast<void>(std::stoi("none")); }), "no number");
  check(throws<std::out_of_range>([] { static_cast<void>(std::stoi("99999999999")); }),
        "too large");
  std::cout << std::to_string(1.5) << ' ' << std::to_string(-7) << '\n';
  std::string_view view = text;
  view.remove_prefix(view.find_last_of(' ') + 1);
  check(view == "metal" && view < "metals", "a view of a string");
  const std::wstring wide = L"wide \u00e9";
  const std::u8string utf8 = u8"\u00e9";
  check(wide.size() == 6 && utf8.size() == 2 && std::u32string(U"\U0001f600").size() == 1,
        "wider characters");
  check(std::strtol("0x1f rest", nullptr, 0) == 31 && std::strstr("haystack", "st") != nullptr &&
            std::strcmp("a", "b") < 0 && std::toupper('x') == 'X',
        "strings of C");
}

void use_string_streams() {
  std::istringstream in("12 0x1f 3.25 word \"two words\" true");
  int decimal = 0;
  int hexadecimal = 0;
  double real = 0;
  std::string word;
  std::string quoted;
  bool truth = false;
  in >> decimal >> std::hex >> hexadecimal >> real >> word >> std::quoted(quoted) >>
      std::boolalpha >> truth;
  check(in && decimal == 12 && hexadecimal == 31 && real == 3.25 && truth, "reading");
  check(word == "word" && quoted == "two words", "reading words");
  std::ostringstream out;
  out << std::setw(8) << std::setfill('*') << 42 << '|' << std::left << std::setw(8) << "left"
      << '|' << std::internal << std::setw(8) << -7 << '|' << std::showbase << std::hex << 255
      << std::oct << ' ' << 8 << std::dec << '|' << std::fixed << std::setprecision(3) << 3.14159
      << '|' << std::scientific << 12345.678 << '|' << std::defaultfloat << 0.1 << '|'
      << std::boolalpha << true << '|' << std::showpos << 5 << '|' << std::uppercase << std::hex
      << 0xabc << '|' << std::quoted("a \"b\"");
  std::cout << out.str() << '\n';
  std::istringstream bad("abc");
  int none = 0;
  bad >> none;
  check(bad.fail() && !bad.bad(), "a word is no number");
  bad.exceptions(std::ios::goodbit);
  bad.clear();
  check(throws<std::ios_base::failure>([&] {
          bad.exceptions(std::ios::failbit);
          bad >> none;
        }),
        "a stream that throws");
  std::stringstream lines("one\ntwo\n\nfour");
  int count = 0;
  for (std::string line; std::getline(lines, line);) {
    ++count;
  }
  check(count == 4, "lines of a stream");
}

[[gnu::format(printf, 1, 2)]] std::string formatted(const char* format, ...) {
  char buffer[200];
  std::va_list arguments;
  va_start(arguments, format);
  const int length = std::vsnprintf(buffer, sizeof buffer, format, arguments);
  va_end(arguments);
  check(length == static_cast<int>(std::strlen(buffer)), "vsnprintf tells the length");
  return buffer;
}

void use_printf_and_scanf() {
  std::cout << std::flush;
  std::printf("%d|%5d|%-5d|%05d|%+d|%x|%#X|%o|%c|%s|%10.3s|%%\n", -1, 42, 42, 42, 42, 255u, 255u,
              8u, 'c', "text", "truncated");
  std::printf("%f|%.0f|%10.2e|%g|%g|%a|%Lg\n", 3.5, 2.5, 12345.678, 0.0001, 1e20, 1.0, 2.25L);
  std::printf("%hhd|%hd|%ld|%lld|%zu|%jd|%*d|%.*f\n", static_cast<signed char>(-1),
              static_cast<short>(-2), -3L, -4LL, std::size_t{5}, std::intmax_t{6}, 6, 7, 2, 8.125);
  std::fputs("fputs ", stdout);
  std::putchar('p');
  std::puts("uts");
  std::fflush(stdout);
  std::cout << formatted("%s has %d letters and %.3f", "word", 4, 1.0 / 3) << '\n';
  char small[8];
  check(std::snprintf(small, sizeof small, "%s", "too long for it") == 15,
        "snprintf says how long");
  check(std::strcmp(small, "too lon") == 0, "and cuts");
  int number = 0;
  unsigned hexadecimal = 0;
  double real = 0;
  char word[20];
  char set[20];
  const int read = std::sscanf("17 ff 2.5e-3 word abc123!", "%d %x %lf %19s %19[a-z0-9]", &number,
                               &hexadecimal, &real, word, set);
  check(read == 5 && number == 17 && hexadecimal == 255 && real == 0.0025, "sscanf reads numbers");
  check(std::strcmp(word, "word") == 0 && std::strcmp(set, "abc123") == 0, "and words");
  check(std::sscanf("x", "%d", &number) == 0 && std::sscanf("", "%d", &number) == EOF,
        "sscanf says what is missing");
}

void use_charconv() {
  char buffer[64];
  for (const double value : {0.1, 1e300, -2.5, 1.0 / 3, 123456789.0}) {
    const auto result = std::to_chars(buffer, buffer + sizeof buffer, value);
    std::cout << std::string_view(buffer, result.ptr) << ' ';
    double back = 0;
    std::from_chars(buffer, result.ptr, back);
    check(back == value, "shortest digits come back");
  }
  const auto binary = std::to_chars(buffer, buffer + sizeof buffer, 10, 2);
  std::cout << std::string_view(buffer, binary.ptr) << '\n';
  int number = 0;
  const std::string_view text = "300x";
  const auto end = std::from_chars(text.begin(), text.end(), number);
  check(number == 300 && *end.ptr == 'x', "from_chars stops");
  signed char tiny = 0;
  check(std::from_chars(text.begin(), text.end(), tiny).ec == std::errc::result_out_of_range,
        "from_chars knows the range");
}

void use_regex() {
  const std::regex date(R"((\d{4})-(\d{2})-(\d{2}))");
  const std::string text = "from 2031-02-03 to 2032-11-30";
  for (std::sregex_iterator match(text.begin(), text.end(), date), end; match != end; ++match) {
    std::cout << (*match)[3] << '.' << (*match)[2] << '.' << (*match)[1] << ' ';
  }
  std::cout << std::regex_replace(text, date, "$1") << '\n';
  check(std::regex_match("aaab", std::regex("a+b?")), "a whole match");
  check(!std::regex_search("xyz", std::regex("[a-c]")), "no match");
  check(std::regex_match("HeLLo", std::regex("hello", std::regex::icase)), "either case");
  check(throws<std::regex_error>([] { std::regex("(unclosed"); }), "no regular expression");
}

void use_locale() {
  const std::locale classic = std::locale::classic();
  check(classic.name() == "C" && std::locale().name() == "C", "the locale is C");
  check(std::strcmp(std::setlocale(LC_ALL, nullptr), "C") == 0, "for C as well");
  check(std::use_facet<std::numpunct<char>>(classic).decimal_point() == '.', "a decimal point");
  const auto& kinds = std::use_facet<std::ctype<char>>(classic);
  check(kinds.toupper('a') == 'A' && kinds.is(std::ctype_base::digit, '7'), "kinds of characters");
  check(std::isalpha('b', classic) && !std::isspace('b', classic), "and of one");
  check(classic(std::string("a"), std::string("b")), "the order of texts");
  check(throws<std::runtime_error>([] { std::locale("xx_NOWHERE"); }), "an unknown locale");
}

}  // namespace

int main() {
  use_strings();
  use_string_streams();
  use_printf_and_scanf();
  use_charconv();
  use_regex();
  use_locale();
  return tb::test::finish();
}
