// Books about the one address space: which page is mapped or reserved, what it allows, and which
// frame it has. A frame is a number here, not the memory behind a page: that is the host's.
//
// There is an entry for every page, but most of them are never written: as long as all pages of a
// chunk are alike, and have no frames, the chunk's own entry tells of them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "arch/memory.h"
#include "base/units.h"

namespace tb::arch::hosted {

inline constexpr std::size_t kChunkSize = 2 * kMiB;
inline constexpr std::size_t kPagesOfChunk = kChunkSize / kPageSize;

// Of one page; 0 says that there is nothing.
class PageEntry {
 public:
  constexpr PageEntry() = default;
  static constexpr PageEntry mapped(std::uintptr_t frame, Access access) {
    return PageEntry(frame | kMapped | access_bits(access));
  }
  static constexpr PageEntry reserved(Access access) {
    return PageEntry(kReserved | access_bits(access));
  }

  constexpr bool is_free() const { return bits_ == 0; }
  constexpr bool is_mapped() const { return (bits_ & kMapped) != 0; }
  constexpr bool is_reserved() const { return (bits_ & kReserved) != 0; }
  constexpr Access access() const { return static_cast<Access>((bits_ >> kAccessShift) & 3); }
  constexpr std::uintptr_t frame() const { return align_down(bits_, kPageSize); }
  constexpr PageEntry with_frame(std::uintptr_t frame) const {
    return PageEntry(bits_ % kPageSize | frame);
  }
  constexpr PageEntry with_access(Access access) const {
    return PageEntry((bits_ & ~access_bits(static_cast<Access>(3))) | access_bits(access));
  }
  constexpr PageEntry without_frame() const { return with_frame(0); }

  friend constexpr bool operator==(PageEntry, PageEntry) = default;

 private:
  static constexpr std::uint64_t kReserved = 1 << 0;
  static constexpr std::uint64_t kMapped = 1 << 1;
  static constexpr unsigned kAccessShift = 2;

  static constexpr std::uint64_t access_bits(Access access) {
    return static_cast<std::uint64_t>(access) << kAccessShift;
  }
  explicit constexpr PageEntry(std::uint64_t bits) : bits_(bits) {}

  std::uint64_t bits_ = 0;
};

// Of two mebibytes. Zero at first, as the host gives memory: all pages are free.
struct ChunkEntry {
  PageEntry alike;   // what every page is, unless they differ
  bool differs;      // the pages' own entries hold
  bool is_provided;  // the host has memory there; host_pages.cc
};

// Pages that follow each other and are alike.
struct Part {
  std::uintptr_t begin;
  std::uintptr_t end;
  PageEntry entry;

  std::size_t pages() const { return (end - begin) / kPageSize; }
};

// Memory for all entries, none of which is touched. Once; false if the host refuses.
bool make_page_books();

ChunkEntry& chunk_entry(std::uintptr_t address);

// All of the following under the lock of memory.cc.
PageEntry page_entry(std::uintptr_t address);
void set_page_entry(std::uintptr_t page, PageEntry entry);

// The part that begins at `begin`: a page, or what a chunk has of the range if all is alike.
Part part_at(std::uintptr_t begin, std::uintptr_t end);
void set_part(const Part& part, PageEntry entry);

// After a whole chunk has been changed: has its own entry tell of it, if that is possible.
void join_pages(std::uintptr_t chunk);

}  // namespace tb::arch::hosted
