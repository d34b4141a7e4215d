// The contract's memory. Each call is one step: whoever runs has a point before it, and none inside
// but for those of the frame allocator.
#include "arch/memory.h"

#include <array>

#include "arch/sim/address_space.h"
#include "arch/sim/machine.h"

namespace tb::arch {
namespace {

constexpr std::uintptr_t kMemoryBegin = 0x10'0000'0000;

sim::AddressSpace space;

}  // namespace

namespace sim {

bool Machine::next_map_fails() {
  point();
  return ++counts_.maps == failing_map_;
}

void Machine::fail_map(std::uint64_t n) { failing_map_ = n == 0 ? 0 : counts_.maps + n; }

void fail_map(std::uint64_t n) { machine().fail_map(n); }

}  // namespace sim

std::span<const MemoryRange> memory_map() {
  static std::array<MemoryRange, 1> map;
  map[0] = {.begin = kMemoryBegin, .end = kMemoryBegin + sim::machine().config().memory};
  space.provide(map[0].begin, map[0].end);
  return map;
}

std::expected<void, MapError> map(std::uintptr_t page, std::uintptr_t frame, Access, FrameSource) {
  if (sim::machine().next_map_fails()) {
    return std::unexpected(MapError::kNoFrame);
  }
  return space.map(page, frame);
}

std::uintptr_t unmap(std::uintptr_t page) {
  sim::point();
  return space.unmap(page);
}

std::expected<void, MapError> reserve(std::uintptr_t begin, std::uintptr_t end, Access access,
                                      FrameStock) {
  if (sim::machine().next_map_fails()) {
    return std::unexpected(MapError::kNoFrame);
  }
  return space.reserve(begin, end, access);
}

RangeChange replace(std::uintptr_t begin, std::uintptr_t end, Access access, FrameSink left,
                    FrameStock) {
  sim::point();
  return space.replace(begin, end, access, left);
}

FillResult fill(std::uintptr_t address, FaultAccess access, FrameStock frames) {
  if (sim::machine().next_map_fails()) {
    return FillResult::kNoFrame;
  }
  return space.fill(address, access, frames);
}

RangeChange protect(std::uintptr_t begin, std::uintptr_t end, Access access, FrameStock) {
  sim::point();
  return space.protect(begin, end, access);
}

RangeChange discard(std::uintptr_t begin, std::uintptr_t end, FrameSink left) {
  sim::point();
  return space.discard(begin, end, left);
}

RangeChange release(std::uintptr_t begin, std::uintptr_t end, FrameSink left, FrameStock) {
  sim::point();
  return space.release(begin, end, left);
}

RangeChange move(std::uintptr_t from, std::uintptr_t to, std::size_t bytes, FrameStock) {
  sim::point();
  return space.move(from, to, bytes);
}

bool is_reserved(std::uintptr_t begin, std::uintptr_t end) {
  sim::point();
  return space.is_reserved(begin, end);
}

std::optional<Access> reserved_access(std::uintptr_t address) {
  sim::point();
  return space.reserved_access(address);
}

// Nobody has old mappings here; it takes as long as asking them would.
void flush(std::uintptr_t, std::uintptr_t) {
  sim::progress.clock += sim::machine().chance().between(1000, 5000);
  sim::point();
}

}  // namespace tb::arch
