// The entries lie in two arrays of the host's memory, which gives pages where they are touched.
#include "arch/hosted/page_books.h"

#include <sys/mman.h>

#include <algorithm>
#include <span>

#include "arch/addresses.h"
#include "arch/hosted/host_calls.h"

namespace tb::arch::hosted {
namespace {

constexpr std::size_t kFreeSize = kFreeAddresses.end - kFreeAddresses.begin;

PageEntry& own_entry(std::uintptr_t address) {
  return reinterpret_cast<PageEntry*>(kPageEntries)[(address - kFreeAddresses.begin) / kPageSize];
}

std::span<PageEntry> entries_of(std::uintptr_t address) {
  return {&own_entry(align_down(address, kChunkSize)), kPagesOfChunk};
}

// From here on the pages' own entries hold.
void split(std::uintptr_t address) {
  ChunkEntry& chunk = chunk_entry(address);
  if (!chunk.differs) {
    std::ranges::fill(entries_of(address), chunk.alike);
    chunk.differs = true;
  }
}

}  // namespace

bool make_page_books() {
  constexpr std::size_t kChunkBytes = kFreeSize / kChunkSize * sizeof(ChunkEntry);
  constexpr std::size_t kPageBytes = kFreeSize / kPageSize * sizeof(PageEntry);
  return map_host_memory(kChunkEntries, kChunkBytes, PROT_READ | PROT_WRITE) &&
         map_host_memory(kPageEntries, kPageBytes, PROT_READ | PROT_WRITE);
}

ChunkEntry& chunk_entry(std::uintptr_t address) {
  return reinterpret_cast<ChunkEntry*>(
      kChunkEntries)[(address - kFreeAddresses.begin) / kChunkSize];
}

PageEntry page_entry(std::uintptr_t address) {
  const ChunkEntry& chunk = chunk_entry(address);
  return chunk.differs ? own_entry(address) : chunk.alike;
}

void set_page_entry(std::uintptr_t page, PageEntry entry) {
  split(page);
  own_entry(page) = entry;
}

Part part_at(std::uintptr_t begin, std::uintptr_t end) {
  const ChunkEntry& chunk = chunk_entry(begin);
  if (chunk.differs) {
    return {begin, begin + kPageSize, own_entry(begin)};
  }
  return {begin, std::min(end, align_down(begin, kChunkSize) + kChunkSize), chunk.alike};
}

void set_part(const Part& part, PageEntry entry) {
  if (part.end - part.begin == kChunkSize) {
    chunk_entry(part.begin).alike = entry;
    return;
  }
  split(part.begin);
  std::fill_n(&own_entry(part.begin), part.pages(), entry);
}

void join_pages(std::uintptr_t chunk) {
  const std::span<PageEntry> entries = entries_of(chunk);
  const PageEntry first = entries.front();
  if (chunk_entry(chunk).differs && first.frame() == 0 &&
      std::ranges::all_of(entries, [first](PageEntry entry) { return entry == first; })) {
    chunk_entry(chunk).alike = first;
    chunk_entry(chunk).differs = false;
  }
}

}  // namespace tb::arch::hosted
