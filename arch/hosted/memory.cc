// The contract's memory: books about pages, and the host's memory behind them. One short spin lock
// protects both; whoever holds it has interrupts off, so that it is not waited for on its own CPU.
// The host makes all processors forget what it takes away, so nothing is left for flush().
#include "arch/memory.h"

#include <sys/mman.h>
#include <sys/sysinfo.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>

#include "arch/addresses.h"
#include "arch/cpu.h"
#include "arch/hosted/cpus.h"
#include "arch/hosted/host_calls.h"
#include "arch/hosted/host_pages.h"
#include "arch/hosted/machine_state.h"
#include "arch/hosted/page_books.h"
#include "arch/interrupts.h"
#include "base/assert.h"

namespace tb::arch {
namespace hosted {
namespace {

constinit std::array<MemoryRange, 1> ranges{};  // constant after start

// Shared: whether somebody changes the books.
constinit std::atomic<bool> locked{false};

// More than what is called under the lock takes of the caller's stack.
constexpr int kStackUnderLock = 3 * kKiB;

class BooksLock {
 public:
  BooksLock() {
    // The first touch of a stack's page is a fault, which is written into the books: so it comes
    // before they are locked.
    asm volatile("testb $0, -%c0(%%rsp)" : : "i"(kStackUnderLock) : "cc", "memory");
    // acquire: pairs with the release below. A holder that was stopped never lets go.
    while (locked.exchange(true, std::memory_order_acquire) && !stop_requested()) {
      relax();
    }
  }
  ~BooksLock() {
    // release: pairs with the acquire above.
    locked.store(false, std::memory_order_release);
  }
  BooksLock(const BooksLock&) = delete;
  BooksLock& operator=(const BooksLock&) = delete;

 private:
  InterruptGuard guard_;
};

// Closes pages that follow each other by one call.
class Closer {
 public:
  void add(std::uintptr_t page) {
    if (page != end_) {
      close();
      begin_ = page;
    }
    end_ = page + kPageSize;
  }
  ~Closer() { close(); }

 private:
  void close() const {
    if (begin_ != end_) {
      close_pages(begin_, end_);
    }
  }

  std::uintptr_t begin_ = 0;
  std::uintptr_t end_ = 0;
};

// Gives every page the entry that rule(entry) wants, or ends with the rule's error. Frames that are
// gone afterwards leave.
template <class Rule>
RangeChange rewrite(std::uintptr_t begin, std::uintptr_t end, FrameSink left, Rule rule) {
  expects(is_aligned(begin, kPageSize) && is_aligned(end, kPageSize) && begin <= end &&
              begin >= kFreeAddresses.begin && end <= kFreeAddresses.end,
          "a range is whole pages of the free addresses");
  const BooksLock lock;
  Closer closer;
  RangeChange change;
  std::uintptr_t at = begin;
  while (at < end && !change.error) {
    const Part part = part_at(at, end);
    const std::expected<PageEntry, MapError> wanted = rule(part);
    if (!wanted) {
      change.error = wanted.error();
      break;
    }
    if (*wanted != part.entry) {
      set_part(part, *wanted);
    }
    if (wanted->is_reserved() != part.entry.is_reserved()) {
      change.pages += part.pages();
    }
    if (part.entry.frame() != 0 && wanted->frame() == 0) {
      left(part.entry.frame());
      closer.add(part.begin);
      ++change.frames;
    }
    at = part.end;
    if (is_aligned(at, kChunkSize) && at - begin >= kChunkSize) {
      join_pages(at - kChunkSize);
    }
  }
  return change;
}

using Wanted = std::expected<PageEntry, MapError>;

// For changes that take no frames out.
constexpr FrameSink kNoSink{nullptr, nullptr};

bool allows(Access allowed, FaultAccess access) {
  switch (access) {
    case FaultAccess::kRead:
      return allowed != Access::kNone;
    case FaultAccess::kWrite:
      return allowed == Access::kReadWrite;
    case FaultAccess::kExecute:
      return allowed == Access::kReadExecute;
  }
  return false;
}

// A page's contents go along. False if the host refuses.
bool move_page(std::uintptr_t from, std::uintptr_t to) {
  const BooksLock lock;
  const PageEntry entry = page_entry(from);
  if (entry.frame() != 0) {
    if (!open_page(to, Access::kReadWrite)) {
      return false;
    }
    const bool readable =
        entry.access() != Access::kNone || change_access(from, from + kPageSize, Access::kRead);
    if (readable) {
      std::memcpy(reinterpret_cast<void*>(to), reinterpret_cast<const void*>(from), kPageSize);
    }
    if (!readable || !change_access(to, to + kPageSize, entry.access())) {
      close_pages(to, to + kPageSize);
      return false;
    }
    close_pages(from, from + kPageSize);
  }
  set_page_entry(to, entry);
  set_page_entry(from, {});
  return true;
}

}  // namespace

bool make_memory(std::size_t size) {
  ranges[0] = {.begin = kMemory, .end = kMemory + size};
  return map_host_memory(kMemory, size, PROT_READ | PROT_WRITE) && make_page_books();
}

std::size_t memory_to_spare() {
  struct sysinfo facts{};
  host_call(SYS_sysinfo, word(&facts));
  const std::size_t all = facts.totalram * facts.mem_unit;
  return align_down(std::max(all / 4 * 3, kMiB * 32), kPageSize);
}

}  // namespace hosted

using namespace hosted;

std::span<const MemoryRange> memory_map() { return ranges; }

std::expected<void, MapError> map(std::uintptr_t page, std::uintptr_t frame, Access access,
                                  FrameSource) {
  const BooksLock lock;
  if (!page_entry(page).is_free()) {
    return std::unexpected(MapError::kAlreadyMapped);
  }
  if (!open_page(page, access)) {
    return std::unexpected(MapError::kNoFrame);
  }
  set_page_entry(page, PageEntry::mapped(frame, access));
  return {};
}

std::uintptr_t unmap(std::uintptr_t page) {
  const BooksLock lock;
  const PageEntry entry = page_entry(page);
  if (entry.frame() != 0) {
    close_pages(page, page + kPageSize);
    set_page_entry(page, {});
  }
  return entry.frame();
}

std::expected<void, MapError> reserve(std::uintptr_t begin, std::uintptr_t end, Access access,
                                      FrameStock) {
  const PageEntry wanted = PageEntry::reserved(access);
  const RangeChange change = rewrite(begin, end, kNoSink, [wanted](const Part& part) -> Wanted {
    return part.entry.is_free() ? Wanted(wanted) : std::unexpected(MapError::kAlreadyMapped);
  });
  if (!change.error) {
    return {};
  }
  // Nobody has been told of the pages.
  rewrite(begin, begin + change.pages * kPageSize, kNoSink,
          [](const Part&) -> Wanted { return PageEntry(); });
  return std::unexpected(*change.error);
}

RangeChange replace(std::uintptr_t begin, std::uintptr_t end, Access access, FrameSink left,
                    FrameStock) {
  const PageEntry wanted = PageEntry::reserved(access);
  return rewrite(begin, end, left, [wanted](const Part& part) -> Wanted {
    return part.entry.is_mapped() ? std::unexpected(MapError::kAlreadyMapped) : Wanted(wanted);
  });
}

FillResult fill(std::uintptr_t address, FaultAccess access, FrameStock frames) {
  const std::uintptr_t page = align_down(address, kPageSize);
  const BooksLock lock;
  const PageEntry entry = page_entry(page);
  if (!entry.is_reserved()) {
    return FillResult::kNotReserved;
  }
  if (!allows(entry.access(), access)) {
    return FillResult::kForbidden;
  }
  if (entry.frame() != 0) {
    return FillResult::kAlreadyThere;
  }
  const std::uintptr_t frame = frames.take();
  if (frame == 0) {
    return FillResult::kNoFrame;
  }
  if (!open_page(page, entry.access())) {
    frames.give_back(frame);
    return FillResult::kNoFrame;
  }
  set_page_entry(page, entry.with_frame(frame));
  return FillResult::kFilled;
}

RangeChange protect(std::uintptr_t begin, std::uintptr_t end, Access access, FrameStock) {
  return rewrite(begin, end, kNoSink, [access](const Part& part) -> Wanted {
    if (!part.entry.is_reserved()) {
      return std::unexpected(MapError::kNotReserved);
    }
    if (part.entry.frame() != 0 && part.entry.access() != access &&
        !change_access(part.begin, part.end, access)) {
      return std::unexpected(MapError::kNoFrame);
    }
    return part.entry.with_access(access);
  });
}

RangeChange discard(std::uintptr_t begin, std::uintptr_t end, FrameSink left) {
  return rewrite(begin, end, left, [](const Part& part) -> Wanted {
    return part.entry.is_reserved() ? part.entry.without_frame() : part.entry;
  });
}

RangeChange release(std::uintptr_t begin, std::uintptr_t end, FrameSink left, FrameStock) {
  return rewrite(begin, end, left, [](const Part& part) -> Wanted {
    return part.entry.is_reserved() ? PageEntry() : part.entry;
  });
}

// Page by page, for nobody touches either place meanwhile.
RangeChange move(std::uintptr_t from, std::uintptr_t to, std::size_t bytes, FrameStock frames) {
  expects(from + bytes <= to || to + bytes <= from, "memory does not move onto itself");
  RangeChange change;
  if (const auto free = reserve(to, to + bytes, Access::kNone, frames); !free) {
    change.error = free.error();
    return change;
  }
  std::size_t moved = 0;
  for (; moved < bytes && !change.error; moved += kPageSize) {
    if (!move_page(from + moved, to + moved)) {
      change.error = MapError::kNoFrame;
      moved -= kPageSize;
    }
  }
  if (change.error) {
    for (std::size_t back = 0; back < moved; back += kPageSize) {
      expects(move_page(to + back, from + back), "there is room where the page came from");
    }
    release(to, to + bytes, kNoSink, frames);
    return change;
  }
  change.pages = bytes / kPageSize;
  return change;
}

bool is_reserved(std::uintptr_t begin, std::uintptr_t end) {
  const BooksLock lock;
  while (begin < end) {
    const Part part = part_at(begin, end);
    if (!part.entry.is_reserved()) {
      return false;
    }
    begin = part.end;
  }
  return true;
}

std::optional<Access> reserved_access(std::uintptr_t address) {
  const BooksLock lock;
  const PageEntry entry = page_entry(address);
  return entry.is_reserved() ? std::optional(entry.access()) : std::nullopt;
}

void flush(std::uintptr_t, std::uintptr_t) {
  expects(!in_interrupt() && !preemption_enabled(), "a flush is asked for by a thread that stays");
}

}  // namespace tb::arch
