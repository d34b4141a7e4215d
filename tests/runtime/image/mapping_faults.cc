// Does what its argument says to mapped memory, none of which a machine survives. What the report
// has to show stands in BUILD.bazel.
#include <cstdint>
#include <string_view>

#include "runtime/console.h"
#include "runtime/memory/mappings.h"

namespace {

using tb::kPageSize;
using tb::mappings;
using tb::arch::Access;

[[gnu::noinline]] void write_to(std::uintptr_t address) {
  *reinterpret_cast<volatile int*>(address) = 1;
}

void fault(std::string_view kind) {
  const std::uintptr_t begin = *mappings().map(4 * tb::kGiB, Access::kReadWrite);
  write_to(begin);
  if (kind == "constant") {
    static_cast<void>(mappings().protect(begin, kPageSize, Access::kRead));
    write_to(begin);
  } else if (kind == "none") {
    static_cast<void>(mappings().protect(begin, kPageSize, Access::kNone));
    tb::println("{}", *reinterpret_cast<volatile int*>(begin));
  } else if (kind == "data") {
    reinterpret_cast<void (*)()>(begin)();
  } else if (kind == "unmapped") {
    static_cast<void>(mappings().unmap(begin, kPageSize));
    write_to(begin);
  } else if (kind == "all") {
    for (std::uintptr_t page = begin;; page += kPageSize) {
      write_to(page);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view kind = argc == 2 ? argv[1] : "";
  fault(kind);
  tb::println("the machine survived \"{}\"", kind);
  return 0;
}
