// Memory by pages: Linux' flags in words of tb::Mappings.
#include "runtime/linux/memory.h"

#include <algorithm>
#include <mutex>

#include <linux/mman.h>

#include "runtime/linux/files.h"
#include "runtime/linux/sleeping_lock.h"
#include "runtime/memory/frame_allocator.h"
#include "runtime/memory/mappings.h"

namespace tb::linux_abi {
namespace {

Errno errno_of(MappingError error) {
  switch (error) {
    case MappingError::kInvalid:
      return Errno::kInvalid;
    case MappingError::kOutOfMemory:
    case MappingError::kNotMapped:
      return Errno::kNoMemory;
  }
  return Errno::kInvalid;
}

Result result_of(const std::expected<void, MappingError>& done) {
  return done ? Result(0) : Result(errno_of(done.error()));
}

Result result_of(const std::expected<std::uintptr_t, MappingError>& done) {
  return done ? Result(*done) : Result(errno_of(done.error()));
}

// Nothing is both writable and executable.
std::expected<arch::Access, Errno> access_of(int protection) {
  constexpr int kBoth = PROT_WRITE | PROT_EXEC;
  if ((protection & kBoth) == kBoth) {
    return std::unexpected(Errno::kAccess);
  }
  if ((protection & PROT_EXEC) != 0) {
    return arch::Access::kReadExecute;
  }
  if ((protection & PROT_WRITE) != 0) {
    return arch::Access::kReadWrite;
  }
  return (protection & PROT_READ) != 0 ? arch::Access::kRead : arch::Access::kNone;
}

// The memory that brk() moves the end of: addresses once and for all, pages as it grows.
class Break {
 public:
  // The end after the request, which is the old one if it cannot be met.
  std::uintptr_t move_to(std::uintptr_t wanted) {
    const std::lock_guard guard(lock_);
    if (begin_ == 0) {
      const auto area = mappings().map(kSize, arch::Access::kNone);
      if (!area) {
        return 0;
      }
      begin_ = end_ = *area;
    }
    if (wanted < begin_ || wanted > begin_ + kSize) {
      return end_;
    }
    const std::uintptr_t old_page = align_up(end_, kPageSize);
    const std::uintptr_t new_page = align_up(wanted, kPageSize);
    if (new_page > old_page &&
        !mappings().protect(old_page, new_page - old_page, arch::Access::kReadWrite)) {
      return end_;
    }
    if (new_page < old_page &&
        (!mappings().discard(new_page, old_page - new_page) ||
         !mappings().protect(new_page, old_page - new_page, arch::Access::kNone))) {
      return end_;
    }
    return end_ = wanted;
  }

 private:
  static constexpr std::size_t kSize = 64 * kGiB;

  SleepingLock lock_;
  std::uintptr_t begin_ = 0;  // under the lock
  std::uintptr_t end_ = 0;    // under the lock
};

constinit Break program_break;

Result map_at(std::uintptr_t begin, std::size_t size, arch::Access access) {
  const auto done = mappings().map_at(begin, size, access);
  return done ? Result(begin) : result_of(done);
}

// A private copy of the file's bytes; nobody can tell it from the file's own pages.
Result map_file(const SystemCall& call, std::size_t size, arch::Access access) {
  const auto offset = argument<std::uint64_t>(call, 5);
  if (!is_aligned(offset, kPageSize)) {
    return Errno::kInvalid;
  }
  if ((argument<int>(call, 3) & MAP_TYPE) != MAP_PRIVATE ||
      (argument<int>(call, 3) & MAP_FIXED) != 0) {
    return Errno::kNoDevice;
  }
  if (const auto possible = can_be_mapped(argument<int>(call, 4)); !possible) {
    return possible.error();
  }
  const auto memory = mappings().map(size, arch::Access::kReadWrite);
  if (!memory) {
    return errno_of(memory.error());
  }
  const Result read =
      read_file_at(argument<int>(call, 4), {reinterpret_cast<std::byte*>(*memory), size}, offset);
  if (static_cast<std::int64_t>(read.raw()) < 0) {
    static_cast<void>(mappings().unmap(*memory, size));
    return read;
  }
  const auto done = mappings().protect(*memory, size, access);
  if (!done) {
    static_cast<void>(mappings().unmap(*memory, size));
    return result_of(done);
  }
  return *memory;
}

// What a mapping promises is taken on first touch, when nobody can be told any more that there is
// none. So nothing is promised once memory is short: as short as the heap leaves it, twice.
bool memory_is_short() {
  constexpr std::size_t kReserve = 64;
  constexpr std::size_t kShare = 128;
  return frames().free_frames() < frames().total_frames() / kShare + kReserve;
}

}  // namespace

Result system_brk(SystemCall& call) {
  return program_break.move_to(argument<std::uintptr_t>(call, 0));
}

Result system_mmap(SystemCall& call) {
  const auto begin = argument<std::uintptr_t>(call, 0);
  const auto size = argument<std::size_t>(call, 1);
  const auto flags = argument<int>(call, 3);
  const auto access = access_of(argument<int>(call, 2));
  if (!access) {
    return access.error();
  }
  if (size == 0 || (flags & MAP_TYPE) == 0) {
    return Errno::kInvalid;
  }
  if (size > Mappings::kLargestSlot || memory_is_short()) {
    return Errno::kNoMemory;
  }
  if ((flags & MAP_ANONYMOUS) == 0) {
    return map_file(call, size, *access);
  }
  if ((flags & MAP_FIXED_NOREPLACE) != 0) {
    return Errno::kExists;
  }
  if ((flags & MAP_FIXED) != 0) {
    return map_at(begin, size, *access);
  }
  return result_of(mappings().map(size, *access));
}

Result system_munmap(SystemCall& call) {
  return result_of(
      mappings().unmap(argument<std::uintptr_t>(call, 0), argument<std::size_t>(call, 1)));
}

Result system_mprotect(SystemCall& call) {
  const auto access = access_of(argument<int>(call, 2));
  if (!access) {
    return access.error();
  }
  const auto begin = argument<std::uintptr_t>(call, 0);
  const auto size = argument<std::size_t>(call, 1);
  if (!is_aligned(begin, kPageSize)) {
    return Errno::kInvalid;
  }
  return size == 0 ? Result(0) : result_of(mappings().protect(begin, size, *access));
}

Result system_madvise(SystemCall& call) {
  const auto begin = argument<std::uintptr_t>(call, 0);
  const auto size = argument<std::size_t>(call, 1);
  if (!is_aligned(begin, kPageSize)) {
    return Errno::kInvalid;
  }
  switch (argument<int>(call, 2)) {
    case MADV_DONTNEED:
    case MADV_FREE:
      return size == 0 ? Result(0) : result_of(mappings().discard(begin, size));
    case MADV_NORMAL:
    case MADV_RANDOM:
    case MADV_SEQUENTIAL:
    case MADV_WILLNEED:
    case MADV_HUGEPAGE:
    case MADV_NOHUGEPAGE:
    case MADV_DONTDUMP:
    case MADV_DODUMP:
    case MADV_DONTFORK:
    case MADV_DOFORK:
      return 0;  // advice that changes nothing here
    default:
      return Errno::kInvalid;
  }
}

Result system_mremap(SystemCall& call) {
  const auto flags = argument<int>(call, 3);
  if ((flags & ~MREMAP_MAYMOVE) != 0) {
    return Errno::kInvalid;
  }
  const auto resized = mappings().resize(
      argument<std::uintptr_t>(call, 0), argument<std::size_t>(call, 1),
      argument<std::size_t>(call, 2), (flags & MREMAP_MAYMOVE) != 0 ? MayMove::kYes : MayMove::kNo);
  if (!resized && resized.error() == MappingError::kNotMapped) {
    return Errno::kBadAddress;
  }
  return result_of(resized);
}

// No page is ever taken away.
Result system_mlock(SystemCall&) { return 0; }

}  // namespace tb::linux_abi
