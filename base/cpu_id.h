// Names a CPU. A type of its own, so that no other number is taken for a CPU by mistake.
#pragma once

#include <cstdint>

namespace tb {

enum class CpuId : std::uint32_t {};

inline constexpr CpuId kNoCpu{0xffffffff};

// Returns the place of this CPU in an array of all CPUs; never call it with kNoCpu.
constexpr std::uint32_t index_of(CpuId cpu) { return static_cast<std::uint32_t>(cpu); }

}  // namespace tb
