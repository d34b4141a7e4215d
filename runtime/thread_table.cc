// Slabs of records in addresses of their own.
#include "runtime/thread_table.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

#include "arch/memory.h"
#include "runtime/memory/address_plan.h"
#include "runtime/memory/frame_allocator.h"
#include "runtime/memory/no_memory.h"
#include "runtime/preemption.h"

namespace tb {
namespace {

constinit ThreadTable::Directory directory{};
}  // namespace

namespace detail {
constinit ThreadTable the_thread_table{directory};
}  // namespace detail

void ThreadTable::set_limit(std::size_t limit, std::uint32_t chain_length) {
  expects(limit >= 1 && limit <= kMaxThreads, "the limit of threads is possible");
  expects(chain_length >= 1 && chain_length <= kSlabRecords, "a slab has a chain");
  limit_ = limit;
  chain_length_ = chain_length;
}

std::expected<SpareChain<ThreadRecord>, Error> ThreadTable::take() {
  const auto index = free_.pop(Links{*this});
  if (!index) {
    return make_slab();
  }
  ThreadRecord& first = *find(*index);
  records_free_.fetch_sub(first.chain_length);
  return SpareChain<ThreadRecord>{&first, first.chain_length};
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
      return std::unexpected(detail::no_memory_for(bytes));
    }
  }
  return reinterpret_cast<Slab*>(begin);
}

std::expected<SpareChain<ThreadRecord>, Error> ThreadTable::make_slab() {
  const std::size_t number = slabs_made_.fetch_add(1);
  const std::size_t begin = number * kSlabRecords;
  const auto slab =
      begin < limit_ ? map_slab(number) : std::unexpected<Error>(ThreadLimitReached{limit_});
  if (!slab) {
    // Unless somebody has drawn a number meanwhile, this one goes back.
    std::size_t drawn = number + 1;
    slabs_made_.compare_exchange_strong(drawn, number);
    return std::unexpected(slab.error());
  }
  Slab& records = **slab;
  std::uninitialized_default_construct(records.begin(), records.end());
  for (std::uint32_t i = 0; i < kSlabRecords; ++i) {
    records[i].index = static_cast<std::uint32_t>(begin) + i;
  }
  // release: pairs with the acquire in find().
  slabs_[number].store(&records, std::memory_order_release);
  const auto usable = static_cast<std::uint32_t>(std::min(kSlabRecords, limit_ - begin));
  records_made_.fetch_add(usable);
  // From the last chain to the first, which is the caller's.
  SpareChain<ThreadRecord> chain;
  for (std::uint32_t i = usable; i > 0; --i) {
    if (chain.length == chain_length_) {
      give(std::exchange(chain, {}));
    }
    records[i - 1].next_spare = chain.first;
    chain = {&records[i - 1], chain.length + 1};
  }
  return chain;
}

void ThreadTable::give(SpareChain<ThreadRecord> records) {
  ThreadRecord& first = *records.first;
  first.chain_length = records.length;
  records_free_.fetch_add(records.length);
  free_.push(first.index, Links{*this});
}

std::expected<ThreadDetails*, Error> ThreadTable::details_of(ThreadRecord& record) {
  if (ThreadDetails* const found = record.find_details()) {
    return found;
  }
  constexpr std::size_t kSize = std::bit_ceil(sizeof(ThreadDetails));
  constexpr std::uint32_t kInPage = kPageSize / kSize;
  const std::uintptr_t place = kDetailsArea + record.index * kSize;
  ThreadRecord& first = *find(record.index / kInPage * kInPage);
  if (!first.details_page_is_ready.load()) {
    if (const auto made = make_details_page(align_down(place, kPageSize), first); !made) {
      return std::unexpected(made.error());
    }
  }
  auto* const details = reinterpret_cast<ThreadDetails*>(place);
  record.details.store(details);
  return details;
}

// Whoever is too late waits for the one who is making it, who stays on his CPU for that.
std::expected<void, Error> ThreadTable::make_details_page(std::uintptr_t page,
                                                          ThreadRecord& first) {
  const PreemptionGuard guard;
  const std::uintptr_t frame = frames().allocate();
  if (frame == 0) {
    return std::unexpected(detail::no_memory_for(kPageSize));
  }
  const auto mapped = arch::map(page, frame, arch::Access::kReadWrite, allocate_frame);
  if (mapped) {
    std::memset(reinterpret_cast<void*>(page), 0, kPageSize);
    details_pages_.fetch_add(1);
    first.details_page_is_ready.store(true);
    return {};
  }
  frames().free(frame);
  if (mapped.error() != arch::MapError::kAlreadyMapped) {
    return std::unexpected(detail::no_memory_for(kPageSize));
  }
  while (!first.details_page_is_ready.load()) {
    arch::relax();
  }
  return {};
}

std::size_t ThreadTable::taken() const {
  // In this order: what is made meanwhile may seem taken, nothing free may.
  const std::size_t free = records_free_.load();
  return records_made_.load() - free;
}

}  // namespace tb
