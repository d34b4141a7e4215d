// Contract: physical memory and the one address space of all CPUs. Memory of the map is mapped at
// its own address from the start, writable and not executable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>

#include "arch/fault.h"

namespace tb::arch {

// Page-aligned memory that is free when on_boot() is called; constant after start.
struct MemoryRange {
  std::uintptr_t begin;
  std::uintptr_t end;
};
std::span<const MemoryRange> memory_map();

// kNone is for reserved pages only.
enum class Access : std::uint8_t { kRead, kReadWrite, kReadExecute, kNone };

// Where page tables get their frames: a frame's address, or 0 when there is none. It must not
// block. From page faults too.
using FrameSource = std::uintptr_t (*)();

enum class MapError : std::uint8_t { kNoFrame, kAlreadyMapped, kNotReserved };

// Maps one page to a frame. May be called from on_fault(). Lock-free among different pages.
std::expected<void, MapError> map(std::uintptr_t page, std::uintptr_t frame, Access access,
                                  FrameSource frames);

// Takes one page's mapping away and returns its frame, 0 if there was none. Other CPUs may still
// use the old mapping until flush().
std::uintptr_t unmap(std::uintptr_t page);

// Where frames come from, and where one goes back that nobody has used. Neither may block.
struct FrameStock {
  FrameSource take;
  void (*give_back)(std::uintptr_t frame);
};

// Who gets frames that leave a range. Other CPUs may still write to them until flush().
struct FrameSink {
  void (*take)(void* context, std::uintptr_t frame);
  void* context;

  void operator()(std::uintptr_t frame) const { take(context, frame); }
};

// What was done to a range of pages, up to an error if there is one.
struct RangeChange {
  std::size_t pages = 0;          // that became reserved, ceased to be, or moved
  std::size_t frames = 0;         // that left
  bool must_flush = false;        // other CPUs may still use old mappings
  std::optional<MapError> error;  // what came before it is done all the same
};

// Reserved pages have an access and no frame until they are touched. All of the following are for
// page-aligned ranges inside kFreeAddresses, are lock-free and may run on any number of CPUs at
// once, for the same pages too. Tables that they make stay: there are never more than the peak
// needed.

// Reserves pages; all of them or none. Errors: kAlreadyMapped if one is mapped or reserved,
// kNoFrame.
std::expected<void, MapError> reserve(std::uintptr_t begin, std::uintptr_t end, Access access,
                                      FrameStock frames);

// As reserve(), but reserved pages are replaced: their frames leave. Counts pages that were not
// reserved. Errors: kAlreadyMapped at a page that somebody has mapped, kNoFrame.
RangeChange replace(std::uintptr_t begin, std::uintptr_t end, Access access, FrameSink left,
                    FrameStock frames);

// kAlreadyThere: the access is possible by now, for another CPU has filled or allowed it.
enum class FillResult : std::uint8_t {
  kFilled,
  kAlreadyThere,
  kNotReserved,
  kForbidden,
  kNoFrame,
};

// Gives a reserved page a frame of zeros. From page faults.
FillResult fill(std::uintptr_t address, FaultAccess access, FrameStock frames);

// Changes what may be done to reserved pages; a page's contents stay, under kNone too. Errors:
// kNotReserved, kNoFrame.
RangeChange protect(std::uintptr_t begin, std::uintptr_t end, Access access, FrameStock frames);

// Takes the frames out of reserved pages, which are zero when they are touched again. No errors.
RangeChange discard(std::uintptr_t begin, std::uintptr_t end, FrameSink left);

// Ends reservations and takes their frames out; other pages stay as they are. Counts pages that
// were reserved. Error: kNoFrame.
RangeChange release(std::uintptr_t begin, std::uintptr_t end, FrameSink left, FrameStock frames);

// Moves reservations with their frames to addresses that are free and that nobody knows yet;
// nobody touches the old ones meanwhile. All of them, or none and an error as of reserve().
RangeChange move(std::uintptr_t from, std::uintptr_t to, std::size_t bytes, FrameStock frames);

// Whether every page is reserved, with a frame or without.
bool is_reserved(std::uintptr_t begin, std::uintptr_t end);

// What a reserved page allows; nothing if it is not reserved.
std::optional<Access> reserved_access(std::uintptr_t address);

// Makes all CPUs forget old mappings of these pages. Returns when they have. Preemption is off,
// interrupts are on; not from interrupts.
void flush(std::uintptr_t begin, std::uintptr_t end);

}  // namespace tb::arch
