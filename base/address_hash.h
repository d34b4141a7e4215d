// Which of many places is an address's.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tb {

// Below 2^kBits. Fibonacci hashing (Knuth, The Art of Computer Programming, volume 3, section 6.4).
template <unsigned kBits>
std::size_t address_hash(const void* address) {
  constexpr std::uint64_t kGoldenRatio = 0x9e3779b97f4a7c15;
  return (reinterpret_cast<std::uintptr_t>(address) * kGoldenRatio) >> (64 - kBits);
}

}  // namespace tb
