// The books are ordered by address, so that nothing depends on where the host keeps them.
#include "arch/sim/address_space.h"

#include <sys/mman.h>

#include <cstring>

#include "arch/sim/simulator.h"
#include "base/units.h"

namespace tb::arch::sim {
namespace {

// The host is asked for so much at once; it gives memory for the pages that are touched.
constexpr std::uintptr_t kChunk = std::uintptr_t{1} << 30;

// What memory holds before it is given out, and after it was taken away.
constexpr int kUnset = 0xa5;
constexpr int kGone = 0xdb;

void fill_page(std::uintptr_t page, int byte) {
  std::memset(reinterpret_cast<void*>(page), byte, kPageSize);
}

}  // namespace

void AddressSpace::provide(std::uintptr_t begin, std::uintptr_t end) {
  for (std::uintptr_t chunk = align_down(begin, kChunk); chunk < end; chunk += kChunk) {
    if (!provided_.insert(chunk).second) {
      continue;
    }
    void* const place = reinterpret_cast<void*>(chunk);
    constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;
    if (mmap(place, kChunk, PROT_READ | PROT_WRITE, kFlags, -1, 0) != place) {
      fail("the host has no memory at an address that the runtime plans to use");
    }
  }
}

std::expected<void, MapError> AddressSpace::map(std::uintptr_t page, std::uintptr_t frame) {
  if (frames_.contains(page) || is_reserved(page, page + kPageSize)) {
    return std::unexpected(MapError::kAlreadyMapped);
  }
  provide(page, page + kPageSize);
  frames_.emplace(page, frame);
  fill_page(page, kUnset);
  return {};
}

std::uintptr_t AddressSpace::unmap(std::uintptr_t page) {
  const auto found = frames_.find(page);
  if (found == frames_.end()) {
    return 0;
  }
  const std::uintptr_t frame = found->second;
  frames_.erase(found);
  fill_page(page, kGone);
  return frame;
}

AddressSpace::Reservations::const_iterator AddressSpace::reservation_at(
    std::uintptr_t address) const {
  auto after = reservations_.upper_bound(address);
  if (after == reservations_.begin()) {
    return reservations_.end();
  }
  --after;
  return after->second.end > address ? after : reservations_.end();
}

// So that none reaches across the address.
void AddressSpace::split(std::uintptr_t address) {
  const auto found = reservation_at(address);
  if (found != reservations_.end() && found->first != address) {
    const Reservation before = found->second;
    reservations_[found->first].end = address;
    reservations_[address] = before;
  }
}

std::size_t AddressSpace::forget_reservations(std::uintptr_t begin, std::uintptr_t end) {
  split(begin);
  split(end);
  std::size_t pages = 0;
  for (auto at = reservations_.lower_bound(begin); at != reservations_.end() && at->first < end;) {
    pages += (at->second.end - at->first) / kPageSize;
    at = reservations_.erase(at);
  }
  return pages;
}

std::size_t AddressSpace::take_frames(std::uintptr_t begin, std::uintptr_t end, FrameSink left) {
  std::size_t taken = 0;
  for (auto at = frames_.lower_bound(begin); at != frames_.end() && at->first < end;) {
    left(at->second);
    at = frames_.erase(at);
    ++taken;
  }
  return taken;
}

void AddressSpace::make_zero(std::uintptr_t begin, std::uintptr_t end) {
  provide(begin, end);
  if (madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED) != 0) {
    fail("the host does not take memory back");
  }
}

std::expected<void, MapError> AddressSpace::reserve(std::uintptr_t begin, std::uintptr_t end,
                                                    Access access) {
  const auto reserved = reservations_.lower_bound(begin);
  const auto mapped = frames_.lower_bound(begin);
  if (reservation_at(begin) != reservations_.end() ||
      (reserved != reservations_.end() && reserved->first < end) ||
      (mapped != frames_.end() && mapped->first < end)) {
    return std::unexpected(MapError::kAlreadyMapped);
  }
  make_zero(begin, end);
  reservations_[begin] = {.end = end, .access = access};
  return {};
}

RangeChange AddressSpace::replace(std::uintptr_t begin, std::uintptr_t end, Access access,
                                  FrameSink left) {
  RangeChange change;
  for (std::uintptr_t page = begin; page < end; page += kPageSize) {
    const bool reserved = is_reserved(page, page + kPageSize);
    if (!reserved && frames_.contains(page)) {
      change.error = MapError::kAlreadyMapped;
      end = page;
      break;
    }
    change.pages += reserved ? 0 : 1;
  }
  if (begin < end) {
    change.frames = take_frames(begin, end, left);
    change.must_flush = change.frames > 0;
    forget_reservations(begin, end);
    make_zero(begin, end);
    reservations_[begin] = {.end = end, .access = access};
  }
  return change;
}

FillResult AddressSpace::fill(std::uintptr_t address, FaultAccess access, FrameStock frames) {
  const std::uintptr_t page = align_down(address, kPageSize);
  const auto allowed = reserved_access(page);
  if (!allowed) {
    return FillResult::kNotReserved;
  }
  const bool writes = access == FaultAccess::kWrite;
  const bool executes = access == FaultAccess::kExecute;
  if (*allowed == Access::kNone || (writes && *allowed != Access::kReadWrite) ||
      (executes && *allowed != Access::kReadExecute)) {
    return FillResult::kForbidden;
  }
  if (frames_.contains(page)) {
    return FillResult::kAlreadyThere;
  }
  const std::uintptr_t frame = frames.take();
  if (frame == 0) {
    return FillResult::kNoFrame;
  }
  // Another CPU may have been here while the frame was taken.
  if (!frames_.emplace(page, frame).second) {
    frames.give_back(frame);
    return FillResult::kAlreadyThere;
  }
  return FillResult::kFilled;
}

RangeChange AddressSpace::protect(std::uintptr_t begin, std::uintptr_t end, Access access) {
  RangeChange change;
  std::uintptr_t until = begin;
  while (until < end && is_reserved(until, until + kPageSize)) {
    until += kPageSize;
  }
  if (until < end) {
    change.error = MapError::kNotReserved;
  }
  if (begin < until) {
    forget_reservations(begin, until);
    reservations_[begin] = {.end = until, .access = access};
    change.must_flush = true;
  }
  return change;
}

RangeChange AddressSpace::discard(std::uintptr_t begin, std::uintptr_t end, FrameSink left) {
  RangeChange change;
  for (auto at = reservations_.begin(); at != reservations_.end(); ++at) {
    const std::uintptr_t first = std::max(begin, at->first);
    const std::uintptr_t last = std::min(end, at->second.end);
    if (first < last) {
      change.frames += take_frames(first, last, left);
      make_zero(first, last);
    }
  }
  change.must_flush = change.frames > 0;
  return change;
}

RangeChange AddressSpace::release(std::uintptr_t begin, std::uintptr_t end, FrameSink left) {
  RangeChange change = discard(begin, end, left);
  change.pages = forget_reservations(begin, end);
  return change;
}

RangeChange AddressSpace::move(std::uintptr_t from, std::uintptr_t to, std::size_t bytes) {
  RangeChange change;
  const auto found = reservation_at(from);
  if (found == reservations_.end() || !is_reserved(from, from + bytes)) {
    change.error = MapError::kNotReserved;
    return change;
  }
  if (const auto reserved = reserve(to, to + bytes, found->second.access); !reserved) {
    change.error = reserved.error();
    return change;
  }
  std::memcpy(reinterpret_cast<void*>(to), reinterpret_cast<const void*>(from), bytes);
  for (auto at = frames_.lower_bound(from); at != frames_.end() && at->first < from + bytes;) {
    frames_.emplace(at->first - from + to, at->second);
    at = frames_.erase(at);
  }
  change.pages = forget_reservations(from, from + bytes);
  change.must_flush = true;
  return change;
}

bool AddressSpace::is_reserved(std::uintptr_t begin, std::uintptr_t end) const {
  std::uintptr_t at = begin;
  while (at < end) {
    const auto found = reservation_at(at);
    if (found == reservations_.end()) {
      return false;
    }
    at = found->second.end;
  }
  return true;
}

std::optional<Access> AddressSpace::reserved_access(std::uintptr_t address) const {
  const auto found = reservation_at(address);
  return found != reservations_.end() ? std::optional(found->second.access) : std::nullopt;
}

}  // namespace tb::arch::sim
