// Slots of address ranges: given out, counted and given back; the pages are arch/'s.
#include "runtime/memory/mappings.h"

#include <algorithm>
#include <bit>

#include "base/assert.h"
#include "runtime/memory/frame_allocator.h"
#include "runtime/memory/waiting_frames.h"
#include "runtime/preemption.h"

namespace tb {
namespace {

constinit Mappings all_mappings;

constexpr arch::FrameStock kStock{allocate_frame, free_frame};
constexpr std::size_t kRecordSpan = std::size_t{1} << 27;  // of the records of a class

// The range of a call in whole pages; nothing if it is not one of ours.
struct Range {
  std::uintptr_t begin;
  std::uintptr_t end;
};
std::optional<Range> range_of(std::uintptr_t begin, std::size_t size) {
  if (!is_aligned(begin, kPageSize) || begin < kMappingArea || begin >= kMappingRecordArea ||
      size == 0 || size > kMappingRecordArea - begin) {
    return std::nullopt;
  }
  return Range{begin, begin + align_up(size, kPageSize)};
}

void flush_if_needed(const arch::RangeChange& change, std::uintptr_t begin, std::uintptr_t end) {
  if (change.must_flush) {
    const PreemptionGuard guard;
    arch::flush(begin, end);
  }
}

std::expected<void, MappingError> result_of(const arch::RangeChange& change) {
  if (!change.error) {
    return {};
  }
  return std::unexpected(*change.error == arch::MapError::kNotReserved
                             ? MappingError::kNotMapped
                             : MappingError::kOutOfMemory);
}

}  // namespace

Mappings& mappings() { return all_mappings; }

Mappings::SlotRecord& Mappings::Slot::record() const {
  return reinterpret_cast<SlotRecord*>(kMappingRecordArea + slot_class * kRecordSpan)[index];
}

// Keeps a slot that is in use from becoming free while more pages come into it; false if it is not.
bool Mappings::Slot::announce(std::size_t pages) const {
  Atomic<std::uint32_t>& count = record().pages;
  std::uint32_t seen = count.load();
  while (seen != 0) {
    if (count.compare_exchange_weak(seen, seen + static_cast<std::uint32_t>(pages))) {
      return true;
    }
  }
  return false;
}

Atomic<std::uint32_t>& Mappings::SlotLinks::operator[](std::uint32_t index) const {
  return Slot{slot_class, index}.record().free_link;
}

void Mappings::start() {
  static_assert(kLargestSlot == kSmallestSlot << (kClasses - 1));
  static_assert(kMappingRecordArea == kMappingArea + kClasses * kClassSpan);
  static_assert(kClassSpan / kSmallestSlot * sizeof(SlotRecord) <= kRecordSpan);
  const auto reserved =
      arch::reserve(kMappingRecordArea, kMappingRecordArea + kClasses * kRecordSpan,
                    arch::Access::kReadWrite, kStock);
  expects(reserved.has_value(), "there is memory for the tables of the mappings");
}

std::optional<Mappings::Slot> Mappings::slot_at(std::uintptr_t address) const {
  const std::size_t slot_class = (address - kMappingArea) / kClassSpan;
  const std::size_t offset = (address - kMappingArea) % kClassSpan;
  const auto index = static_cast<std::uint32_t>(offset / (kSmallestSlot << slot_class));
  if (index >= classes_[slot_class].made.load()) {
    return std::nullopt;
  }
  return Slot{slot_class, index};
}

std::expected<Mappings::Slot, MappingError> Mappings::take_slot(std::size_t size) {
  const auto slot_class = static_cast<std::size_t>(std::bit_width((size - 1) / kSmallestSlot));
  Class& list = classes_[slot_class];
  if (const auto index = list.free.pop(SlotLinks{slot_class, list.made.load()})) {
    return Slot{slot_class, *index};
  }
  return make_slot(slot_class);
}

std::expected<Mappings::Slot, MappingError> Mappings::make_slot(std::size_t slot_class) {
  Atomic<std::uint32_t>& made = classes_[slot_class].made;
  std::uint32_t index = made.load();
  do {
    const Slot slot{slot_class, index};
    // Here, where it can still be refused, and not in a page fault.
    if (index >= kClassSpan / slot.size() ||
        arch::fill(reinterpret_cast<std::uintptr_t>(&slot.record()), arch::FaultAccess::kWrite,
                   kStock) == arch::FillResult::kNoFrame) {
      return std::unexpected(MappingError::kOutOfMemory);
    }
  } while (!made.compare_exchange_weak(index, index + 1));
  return Slot{slot_class, index};
}

// These pages are not reserved any more, or never were; all CPUs have forgotten them.
void Mappings::withdraw(Slot slot, std::size_t pages) {
  if (pages > 0 && slot.record().pages.fetch_sub(static_cast<std::uint32_t>(pages)) == pages) {
    Class& list = classes_[slot.slot_class];
    list.free.push(slot.index, SlotLinks{slot.slot_class, list.made.load()});
  }
}

// A slot whose first `bytes` are counted, and reserved but for the first `skipped`.
std::expected<Mappings::Slot, MappingError> Mappings::open_slot(std::size_t bytes,
                                                                std::size_t skipped,
                                                                arch::Access access) {
  const auto slot = take_slot(bytes);
  if (!slot) {
    return slot;
  }
  const std::size_t pages = bytes / kPageSize;
  slot->record().pages.store(static_cast<std::uint32_t>(pages));
  if (!arch::reserve(slot->begin() + skipped, slot->begin() + bytes, access, kStock)) {
    withdraw(*slot, pages);
    return std::unexpected(MappingError::kOutOfMemory);
  }
  reserved_pages_.fetch_add((bytes - skipped) / kPageSize);
  return slot;
}

std::expected<std::uintptr_t, MappingError> Mappings::map(std::size_t size, arch::Access access) {
  if (size == 0) {
    return std::unexpected(MappingError::kInvalid);
  }
  if (size > kLargestSlot) {
    return std::unexpected(MappingError::kOutOfMemory);
  }
  const auto slot = open_slot(align_up(size, kPageSize), 0, access);
  if (!slot) {
    return std::unexpected(slot.error());
  }
  return slot->begin();
}

std::expected<void, MappingError> Mappings::map_at(std::uintptr_t begin, std::size_t size,
                                                   arch::Access access) {
  const auto range = range_of(begin, size);
  const auto slot = range ? slot_at(begin) : std::nullopt;
  if (!slot || range->end > slot->end()) {
    return std::unexpected(range && !slot ? MappingError::kNotMapped : MappingError::kInvalid);
  }
  const std::size_t pages = (range->end - begin) / kPageSize;
  if (!slot->announce(pages)) {
    return std::unexpected(MappingError::kNotMapped);
  }
  reserved_pages_.fetch_add(pages);
  WaitingFrames left;
  const arch::RangeChange change = arch::replace(begin, range->end, access, left.sink(), kStock);
  flush_if_needed(change, begin, range->end);
  left.give_back();
  filled_pages_.fetch_sub(change.frames);
  reserved_pages_.fetch_sub(pages - change.pages);
  withdraw(*slot, pages - change.pages);
  return result_of(change);
}

std::expected<void, MappingError> Mappings::release_in(Slot slot, std::uintptr_t begin,
                                                       std::uintptr_t end) {
  WaitingFrames left;
  const arch::RangeChange change = arch::release(begin, end, left.sink(), kStock);
  flush_if_needed(change, begin, end);
  left.give_back();
  filled_pages_.fetch_sub(change.frames);
  reserved_pages_.fetch_sub(change.pages);
  withdraw(slot, change.pages);
  return result_of(change);
}

std::expected<void, MappingError> Mappings::unmap(std::uintptr_t begin, std::size_t size) {
  const auto range = range_of(begin, size);
  if (!range) {
    return std::unexpected(MappingError::kInvalid);
  }
  std::uintptr_t at = begin;
  while (at < range->end) {
    const auto slot = slot_at(at);
    if (!slot) {
      at = align_down(at, kClassSpan) + kClassSpan;
      continue;
    }
    const std::uintptr_t part_end = std::min(range->end, slot->end());
    if (const auto released = release_in(*slot, at, part_end); !released) {
      return released;
    }
    at = part_end;
  }
  return {};
}

std::expected<void, MappingError> Mappings::protect(std::uintptr_t begin, std::size_t size,
                                                    arch::Access access) {
  const auto range = range_of(begin, size);
  if (!range) {
    return std::unexpected(MappingError::kInvalid);
  }
  const arch::RangeChange change = arch::protect(begin, range->end, access, kStock);
  flush_if_needed(change, begin, range->end);
  return result_of(change);
}

std::expected<void, MappingError> Mappings::discard(std::uintptr_t begin, std::size_t size) {
  const auto range = range_of(begin, size);
  if (!range) {
    return std::unexpected(MappingError::kInvalid);
  }
  WaitingFrames left;
  const arch::RangeChange change = arch::discard(begin, range->end, left.sink());
  flush_if_needed(change, begin, range->end);
  left.give_back();
  filled_pages_.fetch_sub(change.frames);
  return {};
}

std::expected<std::uintptr_t, MappingError> Mappings::resize(std::uintptr_t begin,
                                                             std::size_t old_size,
                                                             std::size_t new_size,
                                                             MayMove may_move) {
  const auto range = range_of(begin, old_size);
  if (!range || new_size == 0) {
    return std::unexpected(MappingError::kInvalid);
  }
  if (new_size > kLargestSlot) {
    return std::unexpected(MappingError::kOutOfMemory);
  }
  const std::size_t bytes = align_up(new_size, kPageSize);
  const std::uintptr_t end = begin + bytes;
  const auto slot = slot_at(begin);
  if (!slot || range->end > slot->end() || !arch::is_reserved(begin, range->end)) {
    return std::unexpected(MappingError::kNotMapped);
  }
  if (end <= range->end) {
    const auto released = release_in(*slot, end, range->end);
    return released ? std::expected<std::uintptr_t, MappingError>(begin)
                    : std::unexpected(released.error());
  }
  const std::size_t more = (end - range->end) / kPageSize;
  const arch::Access access = *arch::reserved_access(range->end - kPageSize);
  if (end <= slot->end() && slot->announce(more)) {
    if (arch::reserve(range->end, end, access, kStock)) {
      reserved_pages_.fetch_add(more);
      return begin;
    }
    withdraw(*slot, more);
  }
  if (may_move == MayMove::kNo) {
    return std::unexpected(MappingError::kOutOfMemory);
  }
  return move_out(*slot, begin, range->end - begin, bytes, access);
}

// Into a slot of its own.
std::expected<std::uintptr_t, MappingError> Mappings::move_out(Slot from, std::uintptr_t begin,
                                                               std::size_t old_size,
                                                               std::size_t new_size,
                                                               arch::Access access) {
  const auto to = open_slot(new_size, old_size, access);
  if (!to) {
    return std::unexpected(to.error());
  }
  const std::size_t pages = old_size / kPageSize;
  const arch::RangeChange change = arch::move(begin, to->begin(), old_size, kStock);
  if (change.error) {
    // What was not skipped fills its entries, so this needs no table.
    static_cast<void>(release_in(*to, to->begin() + old_size, to->begin() + new_size));
    withdraw(*to, pages);
    return std::unexpected(MappingError::kOutOfMemory);
  }
  flush_if_needed(change, begin, begin + old_size);
  withdraw(from, pages);
  return to->begin();
}

MappingFault Mappings::handle_fault(std::uintptr_t address, arch::FaultAccess access) {
  if (address < kMappingArea || address >= kMappingRecordArea) {
    return MappingFault::kNotMine;
  }
  // Before the page is there, or whoever discards it at once would count it down below zero.
  filled_pages_.fetch_add(1);
  const arch::FillResult result = arch::fill(address, access, kStock);
  if (result != arch::FillResult::kFilled) {
    filled_pages_.fetch_sub(1);
  }
  switch (result) {
    case arch::FillResult::kFilled:
    case arch::FillResult::kAlreadyThere:
      return MappingFault::kFilled;
    case arch::FillResult::kNotReserved:
      return MappingFault::kNotMapped;
    case arch::FillResult::kForbidden:
      return MappingFault::kForbidden;
    case arch::FillResult::kNoFrame:
      return MappingFault::kOutOfMemory;
  }
  return MappingFault::kNotMine;
}

}  // namespace tb
