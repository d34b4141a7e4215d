// The grammar of format strings, used twice: the compiler checks every string with it, and the
// formatter walks the string with the same code. `{}` `{:5}` `{:<5}` `{:>5}` `{:05}` `{:#x}` `{{`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace tb {

enum class FormatKind : std::uint8_t {
  kSigned,
  kUnsigned,
  kBool,
  kChar,
  kText,
  kPointer,
  kDuration,
  kUserType,
};

enum class FormatAlignment : std::uint8_t { kByKind, kLeft, kRight };

struct FormatSpec {
  FormatAlignment alignment = FormatAlignment::kByKind;
  bool zero_filled = false;
  bool prefixed = false;
  bool hexadecimal = false;
  std::uint8_t width = 0;
};

// Reads what stands after the colon of a field; nothing when it is not in the grammar.
constexpr std::optional<FormatSpec> parse_format_spec(std::string_view text) {
  FormatSpec spec;
  const auto skip = [&text](char expected) {
    const bool found = !text.empty() && text.front() == expected;
    text.remove_prefix(found ? 1 : 0);
    return found;
  };
  if (skip('<')) {
    spec.alignment = FormatAlignment::kLeft;
  } else if (skip('>')) {
    spec.alignment = FormatAlignment::kRight;
  }
  spec.prefixed = skip('#');
  spec.zero_filled = skip('0');
  unsigned width = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9' && width <= UINT8_MAX) {
    width = 10 * width + static_cast<unsigned>(text.front() - '0');
    text.remove_prefix(1);
  }
  spec.width = static_cast<std::uint8_t>(width);
  spec.hexadecimal = skip('x');
  if (!text.empty() || width > UINT8_MAX) {
    return std::nullopt;
  }
  return spec;
}

// Returns why the spec cannot be used with this kind of argument, or nullptr when it can.
constexpr const char* misfit(const FormatSpec& spec, FormatKind kind) {
  const bool is_integer = kind == FormatKind::kSigned || kind == FormatKind::kUnsigned;
  if (spec.hexadecimal && !is_integer) {
    return "x is for integers only";
  }
  if (spec.prefixed && !spec.hexadecimal) {
    return "# needs x";
  }
  if (spec.zero_filled && !is_integer) {
    return "zeros fill integers only";
  }
  if (spec.zero_filled && spec.width == 0) {
    return "zeros need a width";
  }
  if (spec.zero_filled && spec.alignment != FormatAlignment::kByKind) {
    return "zeros and an alignment exclude each other";
  }
  if (spec.alignment != FormatAlignment::kByKind && spec.width == 0) {
    return "an alignment needs a width";
  }
  if (spec.width != 0 && kind == FormatKind::kUserType) {
    return "a user type takes no width";
  }
  return nullptr;
}

// A stretch of plain text or one field of a format string.
struct FormatPiece {
  enum class Kind : std::uint8_t { kText, kField, kBroken };
  Kind kind;
  std::string_view text;  // The plain text, or the spec of the field.
};

// Cuts the first piece off a format string that is not empty.
constexpr FormatPiece take_format_piece(std::string_view& format) {
  const auto cut = [&format](std::size_t length) {
    const std::string_view front(format.data(), length);
    format.remove_prefix(length);
    return front;
  };
  const auto find = [&format](std::size_t from, auto... characters) {
    while (from < format.size() && ((format[from] != characters) && ...)) {
      ++from;
    }
    return from;
  };
  const std::size_t plain = find(0, '{', '}');
  if (plain > 0) {
    return {FormatPiece::Kind::kText, cut(plain)};
  }
  if (format.size() >= 2 && format[1] == format[0]) {
    cut(1);
    return {FormatPiece::Kind::kText, cut(1)};
  }
  const std::size_t end = find(1, '}');
  if (format[0] == '}' || end == format.size()) {
    return {FormatPiece::Kind::kBroken, cut(format.size())};
  }
  std::string_view spec = cut(end + 1);
  spec.remove_prefix(1);
  spec.remove_suffix(1);
  if (!spec.empty() && spec.front() != ':') {
    return {FormatPiece::Kind::kBroken, spec};
  }
  spec.remove_prefix(spec.empty() ? 0 : 1);
  return {FormatPiece::Kind::kField, spec};
}

// Returns what is wrong with a format string for arguments of these kinds, or nullptr.
constexpr const char* format_problem(std::string_view format, std::span<const FormatKind> kinds) {
  std::size_t fields = 0;
  while (!format.empty()) {
    const FormatPiece piece = take_format_piece(format);
    if (piece.kind == FormatPiece::Kind::kBroken) {
      return "a brace stands alone, or a field does not begin with a colon";
    }
    if (piece.kind == FormatPiece::Kind::kText) {
      continue;
    }
    if (fields == kinds.size()) {
      return "there are more fields than arguments";
    }
    const std::optional<FormatSpec> spec = parse_format_spec(piece.text);
    if (!spec) {
      return "a field has a spec that is not in the grammar";
    }
    if (const char* const why = misfit(*spec, kinds[fields]); why != nullptr) {
      return why;
    }
    ++fields;
  }
  return fields == kinds.size() ? nullptr : "there are more arguments than fields";
}

}  // namespace tb
