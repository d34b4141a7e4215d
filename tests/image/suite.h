// Tests inside an image: cases with a sentence each, checks in them, and a status at the end.
#pragma once

#include <source_location>
#include <string_view>

#include "runtime/console.h"

namespace tb::test {

// The runner on the host reads the lines that begin with "[ok] " and "[failed] ".
class Suite {
 public:
  // Runs one case. `body` takes this suite and calls check().
  template <class Body>
  void test(std::string_view sentence, Body body) {
    failed_checks_ = 0;
    body(*this);
    if (failed_checks_ == 0) {
      println("[ok] {}", sentence);
    } else {
      println("[failed] {}", sentence);
      ++failed_cases_;
    }
  }

  // For main() to return.
  int status() const { return failed_cases_ == 0 ? 0 : 1; }

  void check(bool condition, std::string_view what,
             std::source_location where = std::source_location::current()) {
    if (!condition) {
      println("  {}:{}: does not hold: {}", where.file_name(), where.line(), what);
      ++failed_checks_;
    }
  }

  // As check(a == b), and shows both.
  template <class T>
  void equal(const T& actual, const std::type_identity_t<T>& wanted, std::string_view what,
             std::source_location where = std::source_location::current()) {
    if (!(actual == wanted)) {
      println("  {}:{}: {} is {}, not {}", where.file_name(), where.line(), what, actual, wanted);
      ++failed_checks_;
    }
  }

 private:
  int failed_checks_ = 0;  // of the case that runs
  int failed_cases_ = 0;
};

}  // namespace tb::test
