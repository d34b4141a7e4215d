// The addresses of a sanitized machine: those that the program may use by both sanitizers' plans
// (compiler-rt: tsan_platform.h, asan_mapping.h, asan_allocator.h).
#pragma once

namespace tb::arch {

inline constexpr AddressArea kFreeAddresses{.begin = 0x5500'0000'0000, .end = 0x5980'0000'0000};

namespace hosted {
inline constexpr std::uintptr_t kMemory = 0x5980'0000'0000;
inline constexpr std::uintptr_t kModuleArea = 0x59c0'0000'0000;  // one behind the other
inline constexpr std::uintptr_t kChunkEntries = 0x59d0'0000'0000;
inline constexpr std::uintptr_t kPageEntries = 0x59d1'0000'0000;
inline constexpr std::uintptr_t kCpuAreas = 0x59e0'0000'0000;
}  // namespace hosted

}  // namespace tb::arch
