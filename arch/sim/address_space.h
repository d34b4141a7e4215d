// Books about the one address space: which page has which frame, and what is reserved. The pages
// themselves are the host's, at the same addresses: a frame is a number, not the memory behind a
// page.
#pragma once

#include <cstdint>
#include <map>
#include <set>

#include "arch/memory.h"

namespace tb::arch::sim {

class AddressSpace {
 public:
  std::expected<void, MapError> map(std::uintptr_t page, std::uintptr_t frame);
  std::uintptr_t unmap(std::uintptr_t page);
  std::expected<void, MapError> reserve(std::uintptr_t begin, std::uintptr_t end, Access access);
  RangeChange replace(std::uintptr_t begin, std::uintptr_t end, Access access, FrameSink left);
  FillResult fill(std::uintptr_t address, FaultAccess access, FrameStock frames);
  RangeChange protect(std::uintptr_t begin, std::uintptr_t end, Access access);
  RangeChange discard(std::uintptr_t begin, std::uintptr_t end, FrameSink left);
  RangeChange release(std::uintptr_t begin, std::uintptr_t end, FrameSink left);
  RangeChange move(std::uintptr_t from, std::uintptr_t to, std::size_t bytes);
  bool is_reserved(std::uintptr_t begin, std::uintptr_t end) const;
  std::optional<Access> reserved_access(std::uintptr_t address) const;

  // Memory of the host at those addresses.
  void provide(std::uintptr_t begin, std::uintptr_t end);

 private:
  struct Reservation {
    std::uintptr_t end;
    Access access;
  };
  using Reservations = std::map<std::uintptr_t, Reservation>;

  Reservations::const_iterator reservation_at(std::uintptr_t address) const;
  void split(std::uintptr_t address);
  std::size_t take_frames(std::uintptr_t begin, std::uintptr_t end, FrameSink left);
  std::size_t forget_reservations(std::uintptr_t begin, std::uintptr_t end);
  void make_zero(std::uintptr_t begin, std::uintptr_t end);

  std::map<std::uintptr_t, std::uintptr_t> frames_;  // of pages
  Reservations reservations_;                        // that do not overlap
  std::set<std::uintptr_t> provided_;                // chunks
};

}  // namespace tb::arch::sim
