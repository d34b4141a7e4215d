// Ends a host test at the first broken promise; the runtime has its own definition, a panic.
#include <cstdio>
#include <cstdlib>

#include "base/assert.h"

namespace tb {

[[noreturn]] void assertion_failed(const char* what, std::source_location where) noexcept {
  std::fprintf(stderr, "%s:%u: assertion failed: %s\n", where.file_name(),
               static_cast<unsigned>(where.line()), what);
  std::abort();
}

}  // namespace tb
