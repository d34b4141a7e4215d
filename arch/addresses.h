// Contract: the addresses that nothing occupies, for the runtime to map into.
#pragma once

#include <cstdint>

namespace tb::arch {

struct AddressArea {
  std::uintptr_t begin;
  std::uintptr_t end;
};

}  // namespace tb::arch

// kFreeAddresses, known to the compiler, so that a block's address leads to its unit by a shift.
#include "arch_impl/addresses.h"
