// Who uses which part of the addresses that arch/ leaves free.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "arch/addresses.h"
#include "base/units.h"

namespace tb {

// What each class of stacks and of mappings has: a tebibyte, or less where addresses are few. A
// power of two.
inline constexpr std::size_t kClassSpan =
    std::bit_floor((arch::kFreeAddresses.end - arch::kFreeAddresses.begin) / 63);

inline constexpr std::uintptr_t kStackArea = arch::kFreeAddresses.begin;      // 13 classes
inline constexpr std::uintptr_t kRecordArea = kStackArea + 14 * kClassSpan;   // of threads
inline constexpr std::uintptr_t kDetailsArea = kStackArea + 15 * kClassSpan;  // likewise
inline constexpr std::uintptr_t kMappingArea = kStackArea + 16 * kClassSpan;  // 24 classes
inline constexpr std::uintptr_t kMappingRecordArea = kMappingArea + 24 * kClassSpan;
inline constexpr std::uintptr_t kHeapArea =
    align_up(kMappingRecordArea + 2 * kClassSpan, std::size_t{1} << 40);
inline constexpr std::uintptr_t kHeapAreaEnd = arch::kFreeAddresses.end;

static_assert(kStackArea % kClassSpan == 0, "a class's begin is found by rounding down");
static_assert(kHeapArea < kHeapAreaEnd);

}  // namespace tb
