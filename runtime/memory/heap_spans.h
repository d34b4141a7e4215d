// The heap's addresses and the pages behind them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/units.h"

namespace tb {

inline constexpr std::size_t kSpanSize = 64 * kKiB;
inline constexpr std::size_t kLargestAlignment = 32 * kKiB;

enum class SpanKind : std::uint32_t { kNone = 0, kSmall = 0x536d616c, kLarge = 0x4c617267 };

// Stands at the beginning of every span.
struct Span {
  SpanKind kind;
  std::uint32_t order;      // its addresses are kSpanSize << order bytes
  std::size_t small_class;  // of its blocks
  std::size_t size;         // bytes that are mapped, this header included
};

// The span that a block lies in; asserts that it is one.
Span* span_of(void* block);

// 64 KiB for blocks of one class, or null. They stay with the class.
Span* make_small_span(std::size_t small_class);

// A block of its own, or null.
void* make_large_span(std::size_t size, std::size_t alignment);

// Gives pages and addresses back, together with others that were freed lately: at the latest when
// they are 1 MiB together, or when memory is short. All CPUs forget the mapping before either is
// used again.
void free_large_span(Span* span);

}  // namespace tb
