// Memory that is reserved without being touched. A reservation lives in the entries of the page
// tables alone, so a page fault needs no list and no lock.
//
// A reserved entry that is not present holds what the page will allow, and a frame if the page was
// made inaccessible after it had been filled. An entry of a higher level stands for all pages below
// it until one of them is touched or changed: then a table of the same takes its place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>

#include "arch/memory.h"
#include "arch/x86_64/page_tables.h"

namespace tb::arch::x86 {

// For software, in entries that are present and in those that are not; kWritable and kNoExecute
// mean the same in both.
inline constexpr std::uint64_t kReserved = 1 << 9;
inline constexpr std::uint64_t kReadable = 1 << 10;

// The reserved entry for pages with this access and no frame.
constexpr Entry reserved_entry(Access access) {
  switch (access) {
    case Access::kRead:
      return kReserved | kReadable | kNoExecute;
    case Access::kReadWrite:
      return kReserved | kReadable | kNoExecute | kWritable;
    case Access::kReadExecute:
      return kReserved | kReadable;
    case Access::kNone:
      return kReserved | kNoExecute;
  }
  return 0;
}

// The functions of arch/memory.h for any tables. It holds nothing of its own.
class Reservations {
 public:
  explicit constexpr Reservations(const PageTables& tables) : tables_(tables) {}

  std::expected<void, MapError> reserve(std::uintptr_t begin, std::uintptr_t end, Access access,
                                        FrameStock frames);
  RangeChange replace(std::uintptr_t begin, std::uintptr_t end, Access access, FrameSink left,
                      FrameStock frames);
  FillResult fill(std::uintptr_t address, FaultAccess access, FrameStock frames);
  RangeChange protect(std::uintptr_t begin, std::uintptr_t end, Access access, FrameStock frames);
  RangeChange discard(std::uintptr_t begin, std::uintptr_t end, FrameSink left);
  RangeChange release(std::uintptr_t begin, std::uintptr_t end, FrameSink left, FrameStock frames);
  RangeChange move(std::uintptr_t from, std::uintptr_t to, std::size_t bytes, FrameStock frames);
  bool is_reserved(std::uintptr_t begin, std::uintptr_t end) const;
  std::optional<Access> access_of(std::uintptr_t address) const;

 private:
  std::expected<void, MapError> reserve_alike(std::uintptr_t begin, std::uintptr_t end, Entry entry,
                                              FrameStock frames);
  std::optional<MapError> prepare_move(std::uintptr_t from, std::uintptr_t to, std::size_t bytes,
                                       FrameStock frames);

  PageTables tables_;
};

}  // namespace tb::arch::x86
