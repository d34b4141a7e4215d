// Contract: physical memory and the one address space of all CPUs. Memory of the map is mapped at
// its own address from the start, writable and not executable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>

namespace tb::arch {

// Page-aligned memory that is free when on_boot() is called; constant after start.
struct MemoryRange {
  std::uintptr_t begin;
  std::uintptr_t end;
};
std::span<const MemoryRange> memory_map();

// Addresses that nothing occupies, for the runtime to map into.
struct AddressArea {
  std::uintptr_t begin;
  std::uintptr_t end;
};
AddressArea free_addresses();

enum class Access : std::uint8_t { kRead, kReadWrite, kReadExecute };

// Where page tables get their frames: a frame's address, or 0 when there is none. It must not
// block. From page faults too.
using FrameSource = std::uintptr_t (*)();

enum class MapError : std::uint8_t { kNoFrame, kAlreadyMapped };

// Maps one page to a frame. May be called from on_fault(). Lock-free among different pages.
std::expected<void, MapError> map(std::uintptr_t page, std::uintptr_t frame, Access access,
                                  FrameSource frames);

// Takes one page's mapping away and returns its frame, 0 if there was none. Other CPUs may still
// use the old mapping until flush().
std::uintptr_t unmap(std::uintptr_t page);

// Makes all CPUs forget old mappings of these pages. Returns when they have. Preemption is off,
// interrupts are on; not from interrupts.
void flush(std::uintptr_t begin, std::uintptr_t end);

}  // namespace tb::arch
