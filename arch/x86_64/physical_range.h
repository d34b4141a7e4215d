// A piece of physical memory.
#pragma once

#include <cstdint>

namespace tb::arch::x86 {

struct PhysicalRange {
  std::uint64_t begin;
  std::uint64_t end;
};

}  // namespace tb::arch::x86
