// Slabs of records in addresses of their own.
#include "runtime/thread_table.h"

#include <algorithm>
#include <memory>
#include <new>

#include "arch/memory.h"
#include "runtime/memory/address_plan.h"
#include "runtime/memory/frame_allocator.h"

namespace tb {
namespace {

constinit ThreadTable::Directory directory{};
}  // namespace

namespace detail {
constinit ThreadTable the_thread_table{directory};
}  // namespace detail

void ThreadTable::set_limit(std::size_t limit) {
  expects(limit >= 1 && limit <= kMaxThreads, "the limit of threads is possible");
  limit_ = limit;
}

std::expected<ThreadRecord*, Error> ThreadTable::allocate() {
  if (taken_.fetch_add(1) >= limit_) {
    taken_.fetch_sub(1);
    return std::unexpected(ThreadLimitReached{limit_});
  }
  ThreadRecord* record = nullptr;
  if (const auto index = free_.pop(Links{*this})) {
    record = find(*index);
  } else if (const auto made = make_slab()) {
    record = *made;
  } else {
    taken_.fetch_sub(1);
    return std::unexpected(made.error());
  }
  record->generation = record->life.begin();
  return record;
}

std::expected<ThreadTable::Slab*, Error> ThreadTable::map_slab(std::size_t number) {
  const std::size_t bytes = align_up(sizeof(Slab), kPageSize);
  const std::uintptr_t begin = kRecordArea + number * bytes;
  for (std::uintptr_t page = begin; page < begin + bytes; page += kPageSize) {
    const std::uintptr_t frame = frames().allocate();
    if (frame == 0 || !arch::map(page, frame, arch::Access::kReadWrite, allocate_frame)) {
      if (frame != 0) {
        frames().free(frame);
      }
      // Nobody has touched these pages, so no CPU has to forget them.
      while (page > begin) {
        page -= kPageSize;
        frames().free(arch::unmap(page));
      }
      return std::unexpected(
          OutOfMemory{.requested = bytes, .available = frames().free_frames() * kPageSize});
    }
  }
  return reinterpret_cast<Slab*>(begin);
}

std::expected<ThreadRecord*, Error> ThreadTable::make_slab() {
  const std::size_t number = slabs_made_.fetch_add(1);
  if (number >= slabs_.size()) {
    return std::unexpected(ThreadLimitReached{limit_});
  }
  const auto slab = map_slab(number);
  if (!slab) {
    // Unless somebody has drawn a number meanwhile, this one goes back.
    std::size_t drawn = number + 1;
    slabs_made_.compare_exchange_strong(drawn, number);
    return std::unexpected(slab.error());
  }
  Slab& records = **slab;
  std::uninitialized_default_construct(records.begin(), records.end());
  const auto first = static_cast<std::uint32_t>(number * kSlabRecords);
  const auto last = static_cast<std::uint32_t>(first + kSlabRecords - 1);
  for (std::uint32_t i = 0; i < kSlabRecords; ++i) {
    records[i].index = first + i;
    records[i].free_link = first + i + 1;
  }
  // release: pairs with the acquire in find().
  slabs_[number].store(&records, std::memory_order_release);
  free_.push_chain(first + 1, last, Links{*this});
  return &records[0];
}

void ThreadTable::free(ThreadRecord& record) {
  free_.push(record.index, Links{*this});
  taken_.fetch_sub(1);
}

}  // namespace tb
