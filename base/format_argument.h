// Turns any argument of format_to() into one type, so that all calls share one formatter and each
// call costs little code.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <ratio>
#include <string_view>
#include <type_traits>

#include "base/format_spec.h"
#include "base/text_sink.h"

namespace tb {

// A class or enum that says itself how it looks, in a function found next to it.
template <class T>
concept HasAppendText = (std::is_class_v<T> || std::is_union_v<T> || std::is_enum_v<T>) &&
                        requires(TextSink sink, const T& value) { append_text(sink, value); };

template <class T>
inline constexpr bool kIsDuration = false;
template <class Rep, class Period>
inline constexpr bool kIsDuration<std::chrono::duration<Rep, Period>> = true;

// Returns nanoseconds, stopping at the ends of their range; less than one nanosecond is dropped.
template <class Rep, class Period>
constexpr std::int64_t saturated_nanoseconds(std::chrono::duration<Rep, Period> duration) {
  static_assert(std::is_integral_v<Rep>,
                "there is no floating point here: use a duration of integers");
  using Factor = std::ratio_divide<Period, std::nano>;
  std::int64_t scaled = 0;
  if (__builtin_mul_overflow(duration.count(), Factor::num, &scaled)) {
    return duration.count() > 0 ? std::numeric_limits<std::int64_t>::max()
                                : std::numeric_limits<std::int64_t>::min();
  }
  return scaled / Factor::den;
}

// Chooses how an argument of this type is printed; a type that cannot be is a compile error.
template <class T>
consteval FormatKind format_kind_of() {
  static_assert(!std::is_floating_point_v<T>,
                "there is no floating point here: print an integer of a smaller unit instead");
  static_assert(!std::is_enum_v<T> || HasAppendText<T>,
                "an enum has no text of its own: write append_text(TextSink, const T&) next to it "
                "or print std::to_underlying() of it");
  if constexpr (HasAppendText<T>) {
    return FormatKind::kUserType;
  } else if constexpr (std::is_same_v<T, bool>) {
    return FormatKind::kBool;
  } else if constexpr (std::is_same_v<T, char>) {
    return FormatKind::kChar;
  } else if constexpr (std::is_integral_v<T>) {
    return std::is_signed_v<T> ? FormatKind::kSigned : FormatKind::kUnsigned;
  } else if constexpr (kIsDuration<T>) {
    return FormatKind::kDuration;
  } else if constexpr (std::is_null_pointer_v<T>) {
    return FormatKind::kPointer;
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return FormatKind::kText;
  } else {
    static_assert(std::is_pointer_v<T> || std::is_floating_point_v<T> || std::is_enum_v<T>,
                  "this type cannot be printed: write append_text(TextSink, const T&) next to it");
    return FormatKind::kPointer;
  }
}

// One argument of any type. It refers to texts and user types, so it lives only during the call.
class FormatArgument {
 public:
  template <class T>
  explicit constexpr FormatArgument(const T& value) : kind_(format_kind_of<T>()) {
    if constexpr (format_kind_of<T>() == FormatKind::kUserType) {
      value_.user = {&value, [](TextSink sink, const void* object) {
                       append_text(sink, *static_cast<const T*>(object));
                     }};
    } else if constexpr (format_kind_of<T>() == FormatKind::kText) {
      value_.text = text_of(value);
    } else if constexpr (std::is_null_pointer_v<T>) {
      value_.bits = 0;
    } else if constexpr (std::is_pointer_v<T>) {
      value_.bits = reinterpret_cast<std::uintptr_t>(value);
    } else if constexpr (kIsDuration<T>) {
      value_.bits = static_cast<std::uint64_t>(saturated_nanoseconds(value));
    } else {
      value_.bits = static_cast<std::uint64_t>(value);
    }
  }

  // Writes the argument as the spec wants it; the compiler has checked that the spec fits.
  void append_to(TextSink sink, const FormatSpec& spec) const;

 private:
  struct User {
    const void* object;
    void (*append)(TextSink sink, const void* object);
  };

  template <class T>
  static constexpr std::string_view text_of(const T& value) {
    if constexpr (std::is_pointer_v<T>) {
      return value != nullptr ? std::string_view(value) : "(null)";
    } else {
      return value;
    }
  }

  union Value {
    std::uint64_t bits;
    std::string_view text;
    User user;
  };
  Value value_{.bits = 0};
  FormatKind kind_;
};

}  // namespace tb
