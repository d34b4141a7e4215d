// The distance that keeps data of different writers apart; the same on every x86-64 CPU.
#pragma once

#include <cstddef>

namespace tb {

inline constexpr std::size_t kCacheLineSize = 64;

}  // namespace tb
