// What the numbers of system calls are called; generated from the kernel's header.
#pragma once

#include <array>
#include <cstddef>

namespace tb::linux_abi {

// Above all numbers that there are.
inline constexpr std::size_t kNumbers = 512;

// Null where a number is nobody's.
extern const std::array<const char*, kNumbers> kNames;

}  // namespace tb::linux_abi
