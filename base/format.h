// Prints values as text without allocation and without floating point. The compiler checks every
// format string: fields, arguments and specs must fit. Grammar: format_spec.h.
#pragma once

#include <array>
#include <concepts>
#include <span>
#include <string_view>
#include <type_traits>

#include "base/format_argument.h"
#include "base/format_spec.h"
#include "base/text_sink.h"

namespace tb {

// Has no definition on purpose: a wrong format string calls it, which stops the compiler.
void format_string_is_wrong();

// Stops the compiler when there is a problem; its call is where the error message shows which one.
consteval void refuse_format_string(const char* problem) {
  if (problem != nullptr) {
    format_string_is_wrong();
  }
}

// A format string that was checked against the types of its arguments.
template <class... Args>
class FormatString {
 public:
  // Checks the string; only the compiler calls it.
  template <class Text>
    requires std::convertible_to<const Text&, std::string_view>
  consteval FormatString(const Text& text) : text_(text) {  // NOLINT: it stands for a literal.
    constexpr std::array<FormatKind, sizeof...(Args)> kKinds{format_kind_of<Args>()...};
    refuse_format_string(format_problem(text_, kKinds));
  }

  // Returns the string as it was written.
  constexpr std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

// The one formatter behind all calls; use format_to(), which checks the string.
void format_arguments_to(TextSink sink, std::string_view checked_format,
                         std::span<const FormatArgument> arguments);

// Writes to the rest of a buffer and drops what does not fit.
class BufferText {
 public:
  explicit constexpr BufferText(std::span<char> buffer) : buffer_(buffer) {}

  // Returns a sink that refers to this object.
  TextSink sink() { return {&BufferText::write, this}; }

  // Returns what was written so far.
  std::string_view text() const { return {buffer_.data(), used_}; }

 private:
  static void write(void* context, std::string_view text);

  std::span<char> buffer_;
  std::size_t used_ = 0;
};

// Writes the text to the sink, piece by piece.
template <class... Args>
void format_to(TextSink sink, FormatString<std::type_identity_t<Args>...> format,
               const Args&... arguments) {
  const std::array<FormatArgument, sizeof...(Args)> erased{FormatArgument(arguments)...};
  format_arguments_to(sink, format.text(), erased);
}

// Writes the text into the buffer and returns it, cut off where the buffer ends; adds no zero byte.
template <class... Args>
std::string_view format_into(std::span<char> buffer,
                             FormatString<std::type_identity_t<Args>...> format,
                             const Args&... arguments) {
  BufferText buffered(buffer);
  format_to(buffered.sink(), format, arguments...);
  return buffered.text();
}

}  // namespace tb
