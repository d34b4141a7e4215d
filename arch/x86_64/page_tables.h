// The page tables of the one address space. The builder writes entries through the identity
// mapping; it runs before paging uses the tables and, entry by entry, afterwards. Intel SDM volume
// 3A, section 4.5.
#pragma once

#include <cstdint>
#include <expected>

#include "arch/memory.h"
#include "base/units.h"

namespace tb::arch::x86 {

inline constexpr std::uint64_t kPresent = 1 << 0;
inline constexpr std::uint64_t kWritable = 1 << 1;
inline constexpr std::uint64_t kWriteThrough = 1 << 3;
inline constexpr std::uint64_t kCacheDisable = 1 << 4;
inline constexpr std::uint64_t kAccessed = 1 << 5;
inline constexpr std::uint64_t kDirty = 1 << 6;
inline constexpr std::uint64_t kLargePage = 1 << 7;
inline constexpr std::uint64_t kNoExecute = std::uint64_t{1} << 63;
inline constexpr std::uint64_t kFrameMask = 0x000ffffffffff000;

// Preset, so that the processor need not write them back on first use.
inline constexpr std::uint64_t kUsed = kAccessed | kDirty;

inline constexpr std::uint64_t kReadOnlyPage = kPresent | kUsed | kNoExecute;
inline constexpr std::uint64_t kReadWritePage = kReadOnlyPage | kWritable;
inline constexpr std::uint64_t kExecutablePage = kPresent | kUsed;
inline constexpr std::uint64_t kDevicePage = kReadWritePage | kWriteThrough | kCacheDisable;

using Entry = std::uint64_t;

// Where the walk for an address ends: at what is no table.
struct Place {
  Entry* at;
  Entry seen;
  unsigned level;  // 1 lowest
};

enum class LargestPage : std::uint8_t { k4KiB, k2MiB, k1GiB };

class PageTables {
 public:
  // `root` is a frame full of zeros.
  explicit constexpr PageTables(std::uintptr_t root) : root_(root) {}

  // Maps one page; false-like errors leave the tables as they were, but for empty tables.
  std::expected<void, MapError> map(std::uintptr_t page, std::uint64_t frame, std::uint64_t bits,
                                    FrameSource frames);

  // Maps a range at its own address with the largest pages that fit.
  std::expected<void, MapError> map_identity(std::uint64_t begin, std::uint64_t end,
                                             std::uint64_t bits, LargestPage largest,
                                             FrameSource frames);

  // Takes a 4 KiB page's entry away and returns what it was.
  Entry unmap(std::uintptr_t page);

  // The entry that maps the address, of whichever size; 0 if none does.
  Entry entry_of(std::uintptr_t address) const;

  // Where the address is mapped, reserved, or free; changed by atomic exchange only.
  Place place_of(std::uintptr_t address) const;

  std::uintptr_t root() const { return root_; }

 private:
  // The entry for `address` in the table of `level` (1 lowest), making tables on the way.
  std::expected<Entry*, MapError> entry_at(std::uintptr_t address, unsigned level,
                                           FrameSource frames);

  std::uintptr_t root_;
};

// Calls visit(address, size, entry) for every mapped page of the tables below `root`.
template <class Visitor>
void for_each_page(std::uintptr_t root, Visitor visit);

namespace detail {

inline constexpr unsigned kLevels = 4;
inline constexpr unsigned kEntries = 512;

constexpr unsigned shift_of(unsigned level) { return 12 + 9 * (level - 1); }

inline Entry* slot(std::uintptr_t table, std::uintptr_t address, unsigned level) {
  return reinterpret_cast<Entry*>(table) + ((address >> shift_of(level)) % kEntries);
}

constexpr bool is_table(Entry entry, unsigned level) {
  return level > 1 && (entry & kPresent) != 0 && (entry & kLargePage) == 0;
}

template <class Visitor>
void visit_table(std::uintptr_t table, unsigned level, std::uintptr_t base, Visitor& visit) {
  const auto* const entries = reinterpret_cast<const Entry*>(table);
  for (unsigned i = 0; i < kEntries; ++i) {
    const Entry entry = entries[i];
    if ((entry & kPresent) == 0) {
      continue;
    }
    const std::uintptr_t address = base + (std::uintptr_t{i} << shift_of(level));
    if (level == 1 || (entry & kLargePage) != 0) {
      visit(address, std::size_t{1} << shift_of(level), entry);
    } else {
      visit_table(entry & kFrameMask, level - 1, address, visit);
    }
  }
}

}  // namespace detail

template <class Visitor>
void for_each_page(std::uintptr_t root, Visitor visit) {
  detail::visit_table(root, detail::kLevels, 0, visit);
}

}  // namespace tb::arch::x86
