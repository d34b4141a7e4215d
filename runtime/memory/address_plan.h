// Who uses which part of the addresses that arch/ leaves free.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/units.h"

namespace tb {

// The start of arch::free_addresses(), which the runtime checks at boot.
inline constexpr std::uintptr_t kStackArea = 0x4000'0000'0000;    // 13 classes of 1 TiB
inline constexpr std::uintptr_t kRecordArea = 0x4e00'0000'0000;   // of threads
inline constexpr std::uintptr_t kMappingArea = 0x5000'0000'0000;  // 24 classes of 1 TiB
inline constexpr std::uintptr_t kMappingRecordArea = 0x6800'0000'0000;
inline constexpr std::uintptr_t kHeapArea = 0x6a00'0000'0000;
inline constexpr std::uintptr_t kHeapAreaEnd = 0x7f00'0000'0000;

}  // namespace tb
