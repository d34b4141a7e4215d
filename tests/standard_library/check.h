// Checks for the programs of this folder: silent while they hold, shown and counted where they do
// not. Portable C++, for the programs run on the host as well.
#pragma once

#include <atomic>
#include <iostream>
#include <source_location>

namespace tb::test {

// Any thread may add to it.
inline std::atomic<int> failed_checks{0};

inline void check(bool condition, const char* what,
                  std::source_location where = std::source_location::current()) {
  if (!condition) {
    ++failed_checks;
    std::cout << where.file_name() << ':' << where.line() << ": does not hold: " << what
              << std::endl;
  }
}

// Whether body() throws an Exception; false if it throws anything else.
template <class Exception, class Body>
bool throws(Body body) {
  try {
    body();
  } catch (const Exception&) {
    return true;
  } catch (...) {
    return false;
  }
  return false;
}

// The program's last line, and the exit status for main() to return.
inline int finish() {
  if (failed_checks != 0) {
    std::cout << failed_checks << " checks failed" << std::endl;
    return 1;
  }
  std::cout << "all of it" << std::endl;
  return 0;
}

}  // namespace tb::test
