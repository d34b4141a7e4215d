// Addresses from the buddy, frames from the machine, and ranges that wait for their next use.
#include "runtime/memory/heap_ranges.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <mutex>
#include <span>

#include "arch/annotations.h"
#include "arch/memory.h"
#include "base/assert.h"
#include "runtime/memory/frame_allocator.h"
#include "runtime/memory/waiting_frames.h"
#include "runtime/memory/waiting_ranges.h"
#include "runtime/preemption.h"
#include "runtime/spin_lock.h"

namespace tb {

constinit Atomic<std::size_t> detail::units_known{0};

namespace {

using detail::kUnitArea;
using detail::kUnitMarks;
using detail::kUnits;

static_assert(kUnitArea % (kHeapUnit << (kUnitOrders - 1)) == 0,
              "a range's number and its address are aligned alike");

constexpr std::uintptr_t kLinksArea = kHeapArea + align_up(kUnits, kPageSize);
static_assert(align_up(kUnits, kPageSize) + kUnits * sizeof(UnitLinks) <= kUnitArea - kHeapArea);

struct HeapTables {
  static UnitMark& mark(std::uint32_t unit) { return kUnitMarks[unit]; }
  static UnitLinks& links(std::uint32_t unit) {
    return reinterpret_cast<UnitLinks*>(kLinksArea)[unit];
  }
};

constinit SpinLock lock;
constinit UnitBuddy<HeapTables> buddy(HeapTables(), kUnits);  // under the lock
constinit WaitingRanges waiting{};                            // under the lock

std::uint32_t order_for(std::size_t bytes) {
  return static_cast<std::uint32_t>(std::bit_width((bytes - 1) / kHeapUnit));
}

// A page of zeros for one of the tables, if it is not there yet. Under the lock.
bool map_table_page(std::uintptr_t page) {
  const std::uintptr_t frame = frames().allocate();
  if (frame == 0) {
    return false;
  }
  const auto mapped = arch::map(page, frame, arch::Access::kReadWrite, allocate_frame);
  if (mapped) {
    std::memset(reinterpret_cast<void*>(page), 0, kPageSize);
    return true;
  }
  frames().free(frame);
  return mapped.error() == arch::MapError::kAlreadyMapped;
}

// Memory for the tables' entries below `top`. Under the lock.
bool know_units(std::uint32_t top) {
  constexpr std::size_t kStep = kPageSize / sizeof(UnitLinks);
  std::size_t known = detail::units_known.load();
  for (; known < top; known += kStep) {
    const std::uintptr_t mark = kHeapArea + known;
    if ((mark % kPageSize == 0 && !map_table_page(mark)) ||
        !map_table_page(kLinksArea + known * sizeof(UnitLinks))) {
      break;
    }
  }
  detail::units_known = known;
  return known >= top;
}

std::optional<std::uint32_t> take_units(std::uint32_t order) {
  const std::lock_guard guard(lock);
  if (const auto unit = buddy.take(order)) {
    return unit;
  }
  const auto top = buddy.top_with(order);
  if (!top || !know_units(*top)) {
    return std::nullopt;
  }
  buddy.grow(*top);
  return buddy.take(order);
}

std::optional<HeapRange> take_waiting(std::uint32_t order, std::size_t most_mapped) {
  const std::lock_guard guard(lock);
  return waiting.take(order, most_mapped);
}

void give_units_back(const HeapRange& range) {
  const std::lock_guard guard(lock);
  buddy.give_back(static_cast<std::uint32_t>(detail::unit_of(reinterpret_cast<void*>(range.begin))),
                  range.order);
}

// Other CPUs are interrupted once for all of the pages.
class Unmapping {
 public:
  void take_from(std::uintptr_t begin, std::uintptr_t end) {
    for (std::uintptr_t page = begin; page < end; page += kPageSize) {
      frames_.add(arch::unmap(page));
    }
    begin_ = std::min(begin_, begin);
    end_ = std::max(end_, end);
  }

  void finish() {
    if (begin_ < end_) {
      {
        const PreemptionGuard guard;
        arch::flush(begin_, end_);
      }
      frames_.give_back();
    }
  }

 private:
  WaitingFrames frames_;
  std::uintptr_t begin_ = ~std::uintptr_t{0};
  std::uintptr_t end_ = 0;
};

void release(std::span<const HeapRange> ranges) {
  Unmapping unmapping;
  for (const HeapRange& range : ranges) {
    unmapping.take_from(range.pages_begin, range.pages_end);
  }
  unmapping.finish();
  for (const HeapRange& range : ranges) {
    give_units_back(range);
  }
}

// Pages that stay mapped although nobody uses them.
std::size_t most_waiting_bytes() {
  constexpr std::size_t kPartOfMemory = 64;
  return frames().total_frames() / kPartOfMemory * kPageSize;
}

// The rest is for page faults on stacks, which would be the machine's end.
bool has_frames_for(std::size_t pages) {
  constexpr std::size_t kPartLeftToStacks = 256;
  return frames().free_frames() >= pages + frames().total_frames() / kPartLeftToStacks;
}

// Where no page is mapped yet.
bool map_pages(std::uintptr_t begin, std::uintptr_t end) {
  const std::size_t pages = (end - begin) / kPageSize;
  if (!has_frames_for(pages) && !(release_heap_ranges() && has_frames_for(pages))) {
    return false;
  }
  for (std::uintptr_t page = begin; page < end; page += kPageSize) {
    const std::uintptr_t frame = frames().allocate();
    if (frame == 0 || !arch::map(page, frame, arch::Access::kReadWrite, allocate_frame)) {
      if (frame != 0) {
        frames().free(frame);
      }
      Unmapping unmapping;
      unmapping.take_from(begin, page);
      unmapping.finish();
      return false;
    }
  }
  return true;
}

// A range that has no pages yet.
std::optional<HeapRange> take_addresses(std::uint32_t order, std::size_t first_byte) {
  const auto unit = take_units(order);
  if (!unit) {
    return std::nullopt;
  }
  const std::uintptr_t begin = kUnitArea + *unit * kHeapUnit;
  const std::uintptr_t pages = align_down(begin + first_byte, kPageSize);
  return HeapRange{.begin = begin, .pages_begin = pages, .pages_end = pages, .order = order};
}

bool keep_waiting(const HeapRange& range, std::size_t most) {
  const std::lock_guard guard(lock);
  if (waiting.full() || waiting.bytes() + range.mapped_bytes() > most) {
    return false;
  }
  waiting.add(range);
  return true;
}

// Half of those that wait leave; then it is a while until that happens again.
[[gnu::noinline]] void keep_instead_of_older(const HeapRange& range, std::size_t most) {
  WaitingRanges left;
  {
    const std::lock_guard guard(lock);
    while (waiting.all().size() > WaitingRanges::kMostRanges / 2 || waiting.bytes() > most / 2) {
      left.add(waiting.take_at(0));
    }
    waiting.add(range);
  }
  release(left.all());
}

}  // namespace

std::optional<HeapRange> take_heap_range(const WantedRange& wanted) {
  if (wanted.bytes > kHeapAreaEnd - kUnitArea) {
    return std::nullopt;
  }
  const std::uint32_t order = order_for(wanted.bytes);
  std::optional<HeapRange> range;
  if (wanted.first_byte < kPageSize) {
    range = take_waiting(order, wanted.most_mapped);
  }
  if (range) {
    arch::addresses_reused(range->begin, range->pages_end);
  } else {
    range = take_addresses(order, wanted.first_byte);
  }
  if (range && !map_heap_pages(*range, range->begin + wanted.mapped)) {
    release(std::span(&*range, 1));
    return std::nullopt;
  }
  return range;
}

bool map_heap_pages(HeapRange& range, std::uintptr_t end) {
  end = align_up(end, kPageSize);
  if (end <= range.pages_end) {
    return true;
  }
  if (!map_pages(range.pages_end, end)) {
    return false;
  }
  arch::addresses_reused(range.pages_end, end);
  range.pages_end = end;
  return true;
}

void give_heap_range_back(const HeapRange& range) {
  const std::size_t most = most_waiting_bytes();
  if (range.mapped_bytes() > most / 4 || range.pages_begin != range.begin) {
    release(std::span(&range, 1));
  } else if (!keep_waiting(range, most)) {
    keep_instead_of_older(range, most);
  }
}

bool release_heap_ranges() {
  WaitingRanges left;
  {
    const std::lock_guard guard(lock);
    left = waiting;
    waiting.clear();
  }
  release(left.all());
  return !left.empty();
}

}  // namespace tb
