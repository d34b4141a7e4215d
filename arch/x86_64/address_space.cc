// Dividing RAM at boot, and the contract's view of memory afterwards.
#include "arch/x86_64/address_space.h"

#include <algorithm>
#include <array>

#include "arch/memory.h"
#include "arch/upcalls.h"
#include "arch/x86_64/cpu_area.h"
#include "arch/x86_64/cpu_features.h"
#include "arch/x86_64/registers.h"
#include "arch/x86_64/reservations.h"
#include "base/assert.h"

extern "C" char __image_begin[];
extern "C" char __text_end[];
extern "C" char __rodata_end[];
extern "C" char __data_end[];
extern "C" char __image_end[];

namespace tb::arch {
namespace x86 {
namespace {

constexpr std::uint64_t kFirstMiB = 1 * kMiB;
constexpr std::uint64_t kEarlyEnd = 4 * kGiB;  // what boot.S has mapped
constexpr std::uint64_t kLargestTableSpan = 2 * kMiB;

// Constant after start.
constinit std::array<MemoryRange, BootInformation::kMaxRanges + BootInformation::kMaxModules + 1>
    free_ranges{};
constinit std::size_t free_range_count = 0;
constinit PageTables tables{0};
constinit std::uintptr_t low_page = 0;

std::uintptr_t address_of(const char* symbol) { return reinterpret_cast<std::uintptr_t>(symbol); }

void add_free_range(std::uint64_t begin, std::uint64_t end) {
  if (begin < end) {
    if (free_range_count == free_ranges.size()) {
      on_panic("the memory map falls into too many pieces");
    }
    free_ranges[free_range_count++] = {begin, end};
  }
}

// Takes [begin, end) out of the free ranges.
void reserve(std::uint64_t begin, std::uint64_t end) {
  begin = align_down(begin, kPageSize);
  end = align_up(end, kPageSize);
  const std::size_t count = free_range_count;
  for (std::size_t i = 0; i < count; ++i) {
    MemoryRange& range = free_ranges[i];
    if (end <= range.begin || range.end <= begin) {
      continue;
    }
    add_free_range(end, range.end);
    range.end = std::max<std::uint64_t>(begin, range.begin);
  }
}

void find_free_memory(const BootInformation& boot) {
  for (const PhysicalRange& ram : boot.ram()) {
    const std::uint64_t begin = align_up(ram.begin, kPageSize);
    const std::uint64_t end = align_down(ram.end, kPageSize);
    if (low_page == 0 && begin < end && end <= kFirstMiB && end - begin >= 2 * kPageSize) {
      low_page = end - 2 * kPageSize;  // the highest pages may hold firmware data despite the map
    }
    add_free_range(std::max<std::uint64_t>(begin, kFirstMiB), end);
  }
  reserve(address_of(__image_begin), address_of(__image_end));
  for (const LoadedModule& module : boot.modules()) {
    reserve(module.begin, module.end);
  }
}

// Frames while the tables of boot.S are in use: the lowest free ones.
std::uintptr_t take_early_frame() {
  for (MemoryRange& range : std::span(free_ranges).first(free_range_count)) {
    if (range.begin < range.end && range.begin < kEarlyEnd) {
      const std::uintptr_t frame = range.begin;
      range.begin += kPageSize;
      return frame;
    }
  }
  return 0;
}

Reservations reservations() { return Reservations(tables); }

void must(std::expected<void, MapError> result) {
  if (!result) {
    on_panic(result.error() == MapError::kNoFrame ? "not enough memory for the page tables"
                                                  : "two uses of the same memory");
  }
}

void map_image() {
  struct Part {
    const char* begin;
    const char* end;
    std::uint64_t bits;
  };
  const Part parts[] = {{__image_begin, __text_end, kExecutablePage},
                        {__text_end, __data_end, kReadWritePage},
                        {__data_end, __rodata_end, kReadOnlyPage},
                        {__rodata_end, __image_end, kReadWritePage}};
  for (const Part& part : parts) {
    must(tables.map_identity(address_of(part.begin), address_of(part.end), part.bits,
                             LargestPage::k4KiB, take_early_frame));
  }
}

// Everything above the image; the rest of the image's last 2 MiB goes in small pages.
void map_ram(const BootInformation& boot) {
  const LargestPage largest =
      cpu_features().one_gib_pages ? LargestPage::k1GiB : LargestPage::k2MiB;
  const std::uint64_t image_end = address_of(__image_end);
  const std::uint64_t small_end = align_up(image_end, kLargestTableSpan);
  for (const PhysicalRange& ram : boot.ram()) {
    const std::uint64_t begin = std::max(align_up(ram.begin, kPageSize), image_end);
    const std::uint64_t end = align_down(ram.end, kPageSize);
    if (begin >= end) {
      continue;
    }
    const std::uint64_t middle = std::clamp(small_end, begin, end);
    must(tables.map_identity(begin, middle, kReadWritePage, LargestPage::k4KiB, take_early_frame));
    must(tables.map_identity(middle, end, kReadWritePage, largest, take_early_frame));
  }
}

void map_device(std::uint64_t address) {
  if (address == 0) {
    return;
  }
  const std::uint64_t page = align_down(address, kPageSize);
  if (tables.entry_of(page) == 0) {
    must(tables.map(page, page, kDevicePage, take_early_frame));
  }
}

// Every page of an area has a frame but the guards.
void map_cpu_areas(std::size_t cpus) {
  for (std::size_t i = 0; i < cpus; ++i) {
    const auto begin = reinterpret_cast<std::uintptr_t>(&cpu_area(i));
    for (std::uintptr_t page = begin; page < begin + sizeof(CpuArea); page += kPageSize) {
      if (is_cpu_stack_guard(page)) {
        continue;
      }
      const std::uintptr_t frame = take_early_frame();
      if (frame == 0) {
        on_panic("not enough memory for the stacks of all CPUs");
      }
      must(tables.map(page, frame, kReadWritePage, take_early_frame));
    }
  }
}

// What has been used up is no range any more.
void drop_empty_ranges() {
  const auto all = std::span(free_ranges).first(free_range_count);
  const auto end = std::remove_if(
      all.begin(), all.end(), [](const MemoryRange& range) { return range.begin >= range.end; });
  free_range_count = static_cast<std::size_t>(end - all.begin());
}

}  // namespace

void build_address_space(const BootInformation& boot, std::size_t cpus,
                         std::uint64_t local_apic_address, std::uint64_t hpet_address) {
  find_free_memory(boot);
  const std::uintptr_t root = take_early_frame();
  if (root == 0) {
    on_panic("no usable memory between 1 MiB and 4 GiB");
  }
  std::fill_n(reinterpret_cast<Entry*>(root), detail::kEntries, Entry{0});
  tables = PageTables(root);
  map_image();
  map_ram(boot);
  map_device(local_apic_address);
  map_device(hpet_address);
  map_device(0xb8000);  // the text screen
  map_cpu_areas(cpus);
  drop_empty_ranges();
  write_cr3(root);
}

PageTables& page_tables() { return tables; }

std::uintptr_t trampoline_page() { return low_page; }

bool is_readable(std::uintptr_t address) {
  constexpr std::uintptr_t kLowerHalfEnd = 0x8000'0000'0000;
  if (tables.root() == 0) {
    return address >= kPageSize && address < kEarlyEnd;
  }
  return address < kLowerHalfEnd && tables.entry_of(address) != 0;
}

bool is_cpu_stack_guard(std::uintptr_t address) {
  constexpr std::uintptr_t kEnd = kCpuAreas + kMaxCpuAreas * sizeof(CpuArea);
  if (address < kCpuAreas || address >= kEnd) {
    return false;
  }
  const std::size_t offset = (address - kCpuAreas) % sizeof(CpuArea);
  for (const std::size_t guard :
       {offsetof(CpuArea, main), offsetof(CpuArea, interrupt), offsetof(CpuArea, fault),
        offsetof(CpuArea, nmi), offsetof(CpuArea, double_fault),
        offsetof(CpuArea, machine_check)}) {
    if (offset >= guard && offset < guard + kPageSize) {
      return true;
    }
  }
  return false;
}

}  // namespace x86

std::span<const MemoryRange> memory_map() {
  return std::span(x86::free_ranges).first(x86::free_range_count);
}

std::expected<void, MapError> map(std::uintptr_t page, std::uintptr_t frame, Access access,
                                  FrameSource frames) {
  switch (access) {
    case Access::kRead:
      return x86::tables.map(page, frame, x86::kReadOnlyPage, frames);
    case Access::kReadWrite:
      return x86::tables.map(page, frame, x86::kReadWritePage, frames);
    case Access::kReadExecute:
      return x86::tables.map(page, frame, x86::kExecutablePage, frames);
    case Access::kNone:
      break;
  }
  expects(false, "a page that is mapped can be read");
  return {};
}

std::uintptr_t unmap(std::uintptr_t page) { return x86::tables.unmap(page) & x86::kFrameMask; }

std::expected<void, MapError> reserve(std::uintptr_t begin, std::uintptr_t end, Access access,
                                      FrameStock frames) {
  return x86::reservations().reserve(begin, end, access, frames);
}

RangeChange replace(std::uintptr_t begin, std::uintptr_t end, Access access, FrameSink left,
                    FrameStock frames) {
  return x86::reservations().replace(begin, end, access, left, frames);
}

FillResult fill(std::uintptr_t address, FaultAccess access, FrameStock frames) {
  return x86::reservations().fill(address, access, frames);
}

RangeChange protect(std::uintptr_t begin, std::uintptr_t end, Access access, FrameStock frames) {
  return x86::reservations().protect(begin, end, access, frames);
}

RangeChange discard(std::uintptr_t begin, std::uintptr_t end, FrameSink left) {
  return x86::reservations().discard(begin, end, left);
}

RangeChange release(std::uintptr_t begin, std::uintptr_t end, FrameSink left, FrameStock frames) {
  return x86::reservations().release(begin, end, left, frames);
}

RangeChange move(std::uintptr_t from, std::uintptr_t to, std::size_t bytes, FrameStock frames) {
  return x86::reservations().move(from, to, bytes, frames);
}

bool is_reserved(std::uintptr_t begin, std::uintptr_t end) {
  return x86::reservations().is_reserved(begin, end);
}

std::optional<Access> reserved_access(std::uintptr_t address) {
  return x86::reservations().access_of(address);
}

}  // namespace tb::arch
