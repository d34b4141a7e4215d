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

// Memory for a chunk, all of it closed.
bool provide(std::uintptr_t chunk) {
  if (!map_host_memory(chunk, kChunkSize, has_guards ? kOpen : PROT_NONE)) {
    return false;
  }
  if (has_guards && !advise(chunk, kChunkSize, kGuardInstall)) {
    has_guards = false;
    allow(chunk, kChunkSize, PROT_NONE);
  }
  return true;
}

// Without guards: an area of its own for the page, or else the whole chunk.
bool open_unguarded(std::uintptr_t page, int protection) {
  return allow(page, kPageSize, protection) ||
         allow(align_down(page, kChunkSize), kChunkSize, kOpen);
}

}  // namespace

bool open_page(std::uintptr_t page, Access access) {
  ChunkEntry& chunk = chunk_entry(page);
  if (!chunk.is_provided) {
    if (!provide(align_down(page, kChunkSize))) {
      return false;
    }
    chunk.is_provided = true;
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
