// Memory by address ranges, as an mmap for a C library wants it: reserved without being touched,
// filled with zeros on first touch, given back page by page.
//
// A range lies in a slot of its own size class, a power of two from 64 KiB to 512 GiB, at a
// multiple of that size. What is reserved stands in the page tables alone (arch/memory.h); a slot
// only counts its reserved pages, and is free again when the last has gone. Everything is lock-free
// but arch::flush().
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>

#include "arch/fault.h"
#include "arch/memory.h"
#include "base/atomic.h"
#include "base/tagged_index_stack.h"
#include "base/units.h"
#include "runtime/memory/address_plan.h"

namespace tb {

// kInvalid: not page-aligned, empty, or outside the area that map() gives out.
enum class MappingError : std::uint8_t { kOutOfMemory, kInvalid, kNotMapped };

enum class MayMove : std::uint8_t { kNo, kYes };

// kNotMapped: the address is in the area of mappings, and nothing is there.
enum class MappingFault : std::uint8_t { kNotMine, kFilled, kForbidden, kOutOfMemory, kNotMapped };

// All sizes are bytes and are rounded up to whole pages; `begin` is page-aligned. From threads,
// preemption on; none of them blocks, but they wait until all CPUs have forgotten what was taken
// away. Any number of threads may call them at once, also for neighbouring pages.
class Mappings {
 public:
  static constexpr std::size_t kSmallestSlot = 64 * kKiB;
  static constexpr std::size_t kLargestSlot = 512 * kGiB;

  constexpr Mappings() = default;

  // Once, at boot, when there are frames. Reserves addresses for the slots' records.
  void start();

  // Reserves memory and returns where. No frames are taken but for page tables. Errors:
  // kOutOfMemory, kInvalid.
  std::expected<std::uintptr_t, MappingError> map(std::size_t size, arch::Access access);

  // Reserves memory in place of what is there, within one slot of which at least a page is mapped.
  // Errors: kInvalid if it is more than a slot, kNotMapped if nothing of the slot is mapped;
  // kOutOfMemory, with a part of it replaced.
  std::expected<void, MappingError> map_at(std::uintptr_t begin, std::size_t size,
                                           arch::Access access);

  // Gives pages and their frames back; pages that are not mapped are no error. Errors: kInvalid;
  // kOutOfMemory when a table for the rest of a large entry cannot be made.
  std::expected<void, MappingError> unmap(std::uintptr_t begin, std::size_t size);

  // Changes what may be done to pages; contents stay, under kNone too. Errors: kInvalid; kNotMapped
  // and kOutOfMemory at the first such page, with the pages before it changed.
  std::expected<void, MappingError> protect(std::uintptr_t begin, std::size_t size,
                                            arch::Access access);

  // Gives frames back; the pages stay mapped and are zero when touched again. Errors: kInvalid.
  std::expected<void, MappingError> discard(std::uintptr_t begin, std::size_t size);

  // Makes a range larger or smaller, and returns where it begins now. What is new has the access of
  // the last old page. Nobody touches the range meanwhile. Errors: kInvalid; kNotMapped if an old
  // page is not mapped; kOutOfMemory, also if it would have to move and may not. Then nothing has
  // changed.
  std::expected<std::uintptr_t, MappingError> resize(std::uintptr_t begin, std::size_t old_size,
                                                     std::size_t new_size, MayMove may_move);

  // Judges a page fault and, if it is the first touch of a mapped page, fills it. From page faults.
  MappingFault handle_fault(std::uintptr_t address, arch::FaultAccess access);

  // Of all mappings together, at some moment lately. Any context.
  std::size_t reserved_pages() const { return reserved_pages_.load(); }
  std::size_t filled_pages() const { return filled_pages_.load(); }

 private:
  static constexpr std::size_t kClasses = 24;

  // Of a slot that has been used at least once.
  struct SlotRecord {
    Atomic<std::uint32_t> free_link;  // whoever has the class's stack
    Atomic<std::uint32_t> pages;      // shared: reserved ones and, for a moment, announced ones
  };

  struct Slot {
    std::size_t slot_class;
    std::uint32_t index;

    std::size_t size() const { return kSmallestSlot << slot_class; }
    std::uintptr_t begin() const { return kMappingArea + slot_class * kClassSpan + index * size(); }
    std::uintptr_t end() const { return begin() + size(); }
    SlotRecord& record() const;
    bool announce(std::size_t pages) const;
  };

  struct SlotLinks {
    std::size_t slot_class;
    std::size_t count;
    std::size_t size() const { return count; }
    Atomic<std::uint32_t>& operator[](std::uint32_t index) const;
  };

  struct Class {
    TaggedIndexStack<> free;        // shared
    Atomic<std::uint32_t> made{0};  // shared: slots that have been used at least once
  };

  std::optional<Slot> slot_at(std::uintptr_t address) const;
  std::expected<Slot, MappingError> take_slot(std::size_t size);
  std::expected<Slot, MappingError> make_slot(std::size_t slot_class);
  std::expected<Slot, MappingError> open_slot(std::size_t bytes, std::size_t skipped,
                                              arch::Access access);
  void withdraw(Slot slot, std::size_t pages);
  std::expected<std::uintptr_t, MappingError> move_out(Slot from, std::uintptr_t begin,
                                                       std::size_t old_size, std::size_t new_size,
                                                       arch::Access access);
  std::expected<void, MappingError> release_in(Slot slot, std::uintptr_t begin, std::uintptr_t end);

  std::array<Class, kClasses> classes_{};
  Atomic<std::size_t> reserved_pages_{0};  // shared
  Atomic<std::size_t> filled_pages_{0};    // shared
};

Mappings& mappings();

}  // namespace tb
