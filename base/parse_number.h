// Reading a whole number that somebody has typed.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>
#include <system_error>

namespace tb {

// The number that `text` is as a whole, in decimal digits; nullopt if it is not one of `T`. Never
// blocks; may be called from anywhere.
template <std::unsigned_integral T>
std::optional<T> parse_number(std::string_view text) {
  T number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

}  // namespace tb
