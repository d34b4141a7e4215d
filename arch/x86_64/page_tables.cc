// Walking and growing the page tables. Tables are only ever added, by one exchange, so any number
// of CPUs may map different pages at the same time, from page faults too.
#include "arch/x86_64/page_tables.h"

#include <atomic>
#include <cstring>

namespace tb::arch::x86 {
namespace {

using detail::kLevels;
using detail::shift_of;
using detail::slot;

// A table may be made by several CPUs at once; the first one stays, and the others' frame is kept
// for nothing (it cannot be given back from here), which happens at most once a table and CPU.
std::expected<Entry, MapError> make_table(Entry* place, FrameSource frames) {
  const std::uintptr_t frame = frames();
  if (frame == 0) {
    return std::unexpected(MapError::kNoFrame);
  }
  std::memset(reinterpret_cast<void*>(frame), 0, kPageSize);
  const Entry made = frame | kPresent | kWritable | kAccessed;
  Entry seen = 0;
  if (std::atomic_ref(*place).compare_exchange_strong(seen, made)) {
    return made;
  }
  return seen;
}

}  // namespace

std::expected<Entry*, MapError> PageTables::entry_at(std::uintptr_t address, unsigned level,
                                                     FrameSource frames) {
  std::uintptr_t table = root_;
  for (unsigned above = kLevels; above > level; --above) {
    Entry* const place = slot(table, address, above);
    Entry entry = std::atomic_ref(*place).load();
    if (entry == 0) {
      const auto made = make_table(place, frames);
      if (!made) {
        return std::unexpected(made.error());
      }
      entry = *made;
    }
    if (!detail::is_table(entry, above)) {
      return std::unexpected(MapError::kAlreadyMapped);
    }
    table = entry & kFrameMask;
  }
  return slot(table, address, level);
}

std::expected<void, MapError> PageTables::map(std::uintptr_t page, std::uint64_t frame,
                                              std::uint64_t bits, FrameSource frames) {
  const auto place = entry_at(page, 1, frames);
  if (!place) {
    return std::unexpected(place.error());
  }
  Entry expected = 0;
  if (!std::atomic_ref(**place).compare_exchange_strong(expected, frame | bits)) {
    return std::unexpected(MapError::kAlreadyMapped);
  }
  return {};
}

std::expected<void, MapError> PageTables::map_identity(std::uint64_t begin, std::uint64_t end,
                                                       std::uint64_t bits, LargestPage largest,
                                                       FrameSource frames) {
  std::uint64_t address = begin;
  while (address < end) {
    unsigned level = static_cast<unsigned>(largest) + 1;
    while (level > 1 && (!is_aligned(address, std::uint64_t{1} << shift_of(level)) ||
                         end - address < std::uint64_t{1} << shift_of(level))) {
      --level;
    }
    const auto place = entry_at(address, level, frames);
    if (!place) {
      return std::unexpected(place.error());
    }
    if (**place != 0) {
      return std::unexpected(MapError::kAlreadyMapped);
    }
    **place = address | bits | (level > 1 ? kLargePage : 0);
    address += std::uint64_t{1} << shift_of(level);
  }
  return {};
}

Place PageTables::place_of(std::uintptr_t address) const {
  std::uintptr_t table = root_;
  for (unsigned level = kLevels;; --level) {
    Entry* const at = slot(table, address, level);
    const Entry seen = std::atomic_ref(*at).load();
    if (!detail::is_table(seen, level)) {
      return {at, seen, level};
    }
    table = seen & kFrameMask;
  }
}

Entry PageTables::unmap(std::uintptr_t page) {
  const Place place = place_of(page);
  if ((place.seen & kPresent) == 0 || (place.seen & kLargePage) != 0) {
    return 0;
  }
  return std::atomic_ref(*place.at).exchange(0);
}

Entry PageTables::entry_of(std::uintptr_t address) const {
  const Entry entry = place_of(address).seen;
  return (entry & kPresent) != 0 ? entry : 0;
}

}  // namespace tb::arch::x86
