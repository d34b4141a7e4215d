// The distance that keeps data of different writers apart; the same on every x86-64 CPU.
#pragma once

#include <cstddef>

namespace tb {

inline constexpr std::size_t kCacheLineSize = 64;

// Whoever fetches a line may be given the one beside it, too, and so take it from its writer: what
// one CPU writes all the time keeps this distance from what others look at.
inline constexpr std::size_t kLinePairSize = 2 * kCacheLineSize;

}  // namespace tb
