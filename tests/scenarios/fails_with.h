// What an error is, for checks.
#pragma once

#include <expected>
#include <variant>

#include "runtime/error.h"

namespace tb::test {

// Whether it is an error of that kind.
template <class Kind, class T>
bool fails_with(const std::expected<T, Error>& result) {
  return !result && std::holds_alternative<Kind>(result.error());
}

}  // namespace tb::test
