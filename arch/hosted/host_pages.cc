// Asking the host for memory, page by page and two mebibytes at a time.
#include "arch/hosted/host_pages.h"

#include <sys/mman.h>

#include "arch/hosted/host_calls.h"
#include "arch/hosted/page_books.h"

namespace tb::arch::hosted {
namespace {

// linux/mman.h of 6.13; Debian's own is older than the host may be.
constexpr std::uint64_t kGuardInstall = 102;
constexpr std::uint64_t kGuardRemove = 103;

constexpr int kOpen = PROT_READ | PROT_WRITE;

// Under the lock; known when the first chunk has been provided.
constinit bool has_guards = true;

constinit std::size_t provided_alone = 0;  // chunks; under the lock

bool advise(std::uintptr_t begin, std::size_t size, std::uint64_t advice) {
  return host_call(SYS_madvise, begin, size, advice) == 0;
}

bool allow(std::uintptr_t begin, std::size_t size, int protection) {
  return host_call(SYS_mprotect, begin, size, static_cast<std::uint64_t>(protection)) == 0;
}

int protection_for(Access access) {
  switch (access) {
    case Access::kRead:
      return PROT_READ;
    case Access::kReadWrite:
      return PROT_READ | PROT_WRITE;
    case Access::kReadExecute:
      return PROT_READ | PROT_EXEC;
    case Access::kNone:
      return PROT_NONE;
  }
  return PROT_NONE;
}

// Memory for some chunks, all of it closed. It becomes open when the guards stand: another CPU may
// be touching it by now, and what it wrote before would be lost to them.
bool provide(std::uintptr_t begin, std::size_t size) {
  if (!map_host_memory(begin, size, PROT_NONE)) {
    return false;
  }
  has_guards = has_guards && advise(begin, size, kGuardInstall);
  if (has_guards && !allow(begin, size, kOpen)) {
    host_call(SYS_munmap, begin, size);
    return false;
  }
  for (std::uintptr_t chunk = begin; chunk < begin + size; chunk += kChunkSize) {
    chunk_entry(chunk).is_provided = true;
  }
  return true;
}

// A chunk alone is an area of its own. Whoever needs so many of them, as a great many stacks do,
// gets them with what lies between: areas that touch each other are one.
bool provide_around(std::uintptr_t chunk) {
  constexpr std::size_t kManyAlone = 4096;
  constexpr std::size_t kNeighbourhood = 8 * kChunkSize;
  const std::uintptr_t begin = align_down(chunk, kNeighbourhood);
  bool all_new = provided_alone >= kManyAlone;
  for (std::uintptr_t at = begin; all_new && at < begin + kNeighbourhood; at += kChunkSize) {
    all_new = !chunk_entry(at).is_provided;
  }
  if (all_new && provide(begin, kNeighbourhood)) {
    return true;
  }
  ++provided_alone;
  return provide(chunk, kChunkSize);
}

// Without guards: an area of its own for the page, or else the whole chunk.
bool open_unguarded(std::uintptr_t page, int protection) {
  return allow(page, kPageSize, protection) ||
         allow(align_down(page, kChunkSize), kChunkSize, kOpen);
}

}  // namespace

bool open_page(std::uintptr_t page, Access access) {
  if (!chunk_entry(page).is_provided && !provide_around(align_down(page, kChunkSize))) {
    return false;
  }
  const int protection = protection_for(access);
  if (!has_guards) {
    return open_unguarded(page, protection);
  }
  if (protection != kOpen && !allow(page, kPageSize, protection)) {
    return false;
  }
  return advise(page, kPageSize, kGuardRemove);
}

// Where there are guards, a closed page is writable behind its guard.
void close_pages(std::uintptr_t begin, std::uintptr_t end) {
  const std::size_t size = end - begin;
  if (has_guards) {
    allow(begin, size, kOpen);
    advise(begin, size, kGuardInstall);
  } else {
    advise(begin, size, MADV_DONTNEED);
    allow(begin, size, PROT_NONE);
  }
}

bool change_access(std::uintptr_t begin, std::uintptr_t end, Access access) {
  return allow(begin, end - begin, protection_for(access));
}

}  // namespace tb::arch::hosted
