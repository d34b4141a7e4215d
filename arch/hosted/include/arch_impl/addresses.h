// The addresses of a hosted machine: what the runtime may map into, and where the rest lies.
#pragma once

namespace tb::arch {

inline constexpr AddressArea kFreeAddresses{.begin = 0x4000'0000'0000, .end = 0x7f00'0000'0000};

namespace hosted {
inline constexpr std::uintptr_t kMemory = 0x10'0000'0000;
inline constexpr std::uintptr_t kModuleArea = 0x1800'0000'0000;  // one behind the other
inline constexpr std::uintptr_t kChunkEntries = 0x2000'0000'0000;
inline constexpr std::uintptr_t kPageEntries = 0x2100'0000'0000;
inline constexpr std::uintptr_t kCpuAreas = 0x3000'0000'0000;
}  // namespace hosted

}  // namespace tb::arch
