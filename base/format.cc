// The one formatter behind all calls of format_to(): integers only, texts of at most a few bytes on
// the stack.
#include "base/format.h"

#include <algorithm>
#include <cstddef>

namespace tb {
namespace {

// Holds the digits of one number; 64 bits have at most 20 of them.
struct Digits {
  char text[24];
  std::size_t begin = sizeof(text);

  void put(char character) { text[--begin] = character; }
  std::string_view view() const { return {text + begin, sizeof(text) - begin}; }
};

Digits digits_of(std::uint64_t value, unsigned base) {
  Digits digits;
  do {
    digits.put("0123456789abcdef"[value % base]);
    value /= base;
  } while (value != 0);
  return digits;
}

void append_repeated(TextSink sink, char character, std::size_t count) {
  for (; count > 0; --count) {
    sink({&character, 1});
  }
}

// Writes the text padded with spaces; texts lean to the left by themselves, numbers to the right.
void append_padded(TextSink sink, const FormatSpec& spec, std::string_view sign,
                   std::string_view text, bool to_the_left) {
  const std::size_t length = sign.size() + text.size();
  const std::size_t padding = spec.width > length ? spec.width - length : 0;
  if (spec.alignment != FormatAlignment::kByKind) {
    to_the_left = spec.alignment == FormatAlignment::kLeft;
  }
  append_repeated(sink, ' ', to_the_left || spec.zero_filled ? 0 : padding);
  sink(sign);
  append_repeated(sink, '0', spec.zero_filled ? padding : 0);
  sink(text);
  append_repeated(sink, ' ', to_the_left ? padding : 0);
}

void append_integer(TextSink sink, const FormatSpec& spec, std::uint64_t magnitude, bool negative) {
  static constexpr std::string_view kSigns[] = {"", "0x", "-", "-0x"};
  const std::string_view sign = kSigns[(negative ? 2 : 0) + (spec.prefixed ? 1 : 0)];
  append_padded(sink, spec, sign, digits_of(magnitude, spec.hexadecimal ? 16 : 10).view(), false);
}

// The magnitude of the smallest number does not fit in a signed one, hence the unsigned negation.
std::uint64_t magnitude_of(std::uint64_t bits, bool negative) {
  return negative ? std::uint64_t{0} - bits : bits;
}

// Writes at most three decimals and drops the rest, so that a duration never looks longer than it
// is.
void append_duration(TextSink sink, const FormatSpec& spec, std::uint64_t nanoseconds,
                     bool negative) {
  struct Unit {
    std::uint64_t nanoseconds;
    std::string_view name;
  };
  static constexpr Unit kUnits[] = {
      {1'000'000'000, " s"}, {1'000'000, " ms"}, {1'000, " us"}, {1, " ns"}};
  const Unit* unit = kUnits;
  while (unit->nanoseconds > nanoseconds && unit->nanoseconds > 1) {
    ++unit;
  }
  char buffer[40];
  BufferText text(buffer);
  text.sink()(digits_of(nanoseconds / unit->nanoseconds, 10).view());
  if (unit->nanoseconds > 1) {
    const std::uint64_t thousandths = nanoseconds % unit->nanoseconds / (unit->nanoseconds / 1000);
    // A leading 1 keeps the zeros between the point and the first other digit.
    Digits decimals = digits_of(1000 + thousandths, 10);
    decimals.text[decimals.begin] = '.';
    std::string_view shown = decimals.view();
    while (shown.back() == '0') {
      shown.remove_suffix(1);
    }
    text.sink()(shown == "." ? std::string_view() : shown);
  }
  text.sink()(unit->name);
  append_padded(sink, spec, negative ? "-" : "", text.text(), false);
}

}  // namespace

void FormatArgument::append_to(TextSink sink, const FormatSpec& spec) const {
  const bool negative = (kind_ == FormatKind::kSigned || kind_ == FormatKind::kDuration) &&
                        static_cast<std::int64_t>(value_.bits) < 0;
  switch (kind_) {
    case FormatKind::kSigned:
    case FormatKind::kUnsigned:
      return append_integer(sink, spec, magnitude_of(value_.bits, negative), negative);
    case FormatKind::kDuration:
      return append_duration(sink, spec, magnitude_of(value_.bits, negative), negative);
    case FormatKind::kBool:
      return append_padded(sink, spec, "", value_.bits != 0 ? "true" : "false", true);
    case FormatKind::kChar: {
      const char character = static_cast<char>(value_.bits);
      return append_padded(sink, spec, "", {&character, 1}, true);
    }
    case FormatKind::kText:
      return append_padded(sink, spec, "", value_.text, true);
    case FormatKind::kPointer:
      return append_padded(sink, spec, "0x", digits_of(value_.bits, 16).view(), false);
    case FormatKind::kUserType:
      return value_.user.append(sink, value_.user.object);
  }
}

void format_arguments_to(TextSink sink, std::string_view checked_format,
                         std::span<const FormatArgument> arguments) {
  while (!checked_format.empty()) {
    const FormatPiece piece = take_format_piece(checked_format);
    if (piece.kind == FormatPiece::Kind::kText) {
      sink(piece.text);
      continue;
    }
    arguments.front().append_to(sink, *parse_format_spec(piece.text));
    arguments = arguments.last(arguments.size() - 1);
  }
}

void BufferText::write(void* context, std::string_view text) {
  BufferText& self = *static_cast<BufferText*>(context);
  const std::size_t count = std::min(text.size(), self.buffer_.size() - self.used_);
  std::copy_n(text.data(), count, self.buffer_.data() + self.used_);
  self.used_ += count;
}

}  // namespace tb
