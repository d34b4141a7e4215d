// There is no sanitizer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tb::arch {

inline constexpr std::size_t kBlockMargin = 0;

inline void stack_begins(std::span<std::byte>) {}
inline void stack_left(std::span<std::byte>, std::size_t) {}
inline void block_given_out(void*, std::size_t, std::size_t) {}
inline void block_taken_back(void*, std::size_t) {}
inline void addresses_reused(std::uintptr_t, std::uintptr_t) {}

namespace x86 {

// What is kept about a context.
struct Watched {};

inline void watch_context(Watched&, std::span<std::byte>) {}
inline void watch_switch(Watched&, const Watched&) {}
inline void watch_end(Watched&) {}

}  // namespace x86

}  // namespace tb::arch
