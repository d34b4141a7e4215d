// Checks what a caller must guarantee. A broken promise is a programmer's error: it stops the
// machine, or the test, and names the place of the call. The checks stay on in every build.
#pragma once

#include <source_location>

namespace tb {

// Reports and never returns; the runtime panics here, host tests print and abort.
[[noreturn]] void assertion_failed(const char* what, std::source_location where) noexcept;

// Stops unless the condition holds; `what` says what was expected, not what went wrong.
[[gnu::always_inline]] constexpr void expects(
    bool condition, const char* what,
    std::source_location where = std::source_location::current()) {
  if (!condition) [[unlikely]] {
    assertion_failed(what, where);
  }
}

}  // namespace tb
