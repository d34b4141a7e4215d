// All thread records: made in slabs, found by id, never unmade.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>

#include "base/atomic.h"
#include "base/spare_list.h"
#include "base/tagged_index_stack.h"
#include "runtime/error.h"
#include "runtime/thread_record.h"

namespace tb {

class ThreadTable {
 public:
  static constexpr std::size_t kSlabRecords = 32;
  static constexpr std::size_t kMaxThreads = 1 << 21;

  using Slab = std::array<ThreadRecord, kSlabRecords>;
  using Directory = std::array<Atomic<Slab*>, kMaxThreads / kSlabRecords>;

  // `directory` is empty; it lies outside so that an image holds no zeros for it.
  explicit constexpr ThreadTable(Directory& directory) : slabs_(directory) {}

  // How many threads may exist at once, those that have ended but are not joined included; 1 to
  // kMaxThreads. New records are given out so many at a time; 1 to kSlabRecords. Before the first
  // take().
  void set_limit(std::size_t limit, std::uint32_t chain_length);
  std::size_t limit() const { return limit_; }

  // Records that no thread has, one at least. Lock-free. Errors: ThreadLimitReached, OutOfMemory.
  std::expected<SpareChain<ThreadRecord>, Error> take();

  // Their threads are gone for good, and their lives released. Lock-free.
  void give(SpareChain<ThreadRecord> records);

  // The record with that number, whoever has it; null if there is none yet.
  ThreadRecord* find(std::uint32_t index) const {
    if (index >= kMaxThreads) {
      return nullptr;
    }
    // acquire: the slab's records; pairs with the release in make_slab().
    Slab* const slab = slabs_[index / kSlabRecords].load(std::memory_order_acquire);
    return slab != nullptr ? &(*slab)[index % kSlabRecords] : nullptr;
  }

  // What few threads need, in memory that the record keeps from then on; all zeros at first. Not
  // from interrupts. Lock-free but for a wait of a page's zeros. Errors: OutOfMemory.
  std::expected<ThreadDetails*, Error> details_of(ThreadRecord& record);

  // Pages that hold them.
  std::size_t details_pages() const { return details_pages_.load(); }

  // Records that are not free here; a snapshot.
  std::size_t taken() const;

 private:
  struct Links {
    const ThreadTable& table;
    std::size_t size() const { return kMaxThreads; }
    Atomic<std::uint32_t>& operator[](std::uint32_t index) const {
      return table.find(index)->free_link;
    }
  };

  std::expected<SpareChain<ThreadRecord>, Error> make_slab();
  std::expected<Slab*, Error> map_slab(std::size_t number);
  std::expected<void, Error> make_details_page(std::uintptr_t page, ThreadRecord& first);

  Directory& slabs_;                           // shared
  Atomic<std::size_t> slabs_made_{0};          // shared
  Atomic<std::size_t> records_made_{0};        // shared
  Atomic<std::size_t> records_free_{0};        // shared: of the chains in free_
  Atomic<std::size_t> details_pages_{0};       // shared
  TaggedIndexStack<> free_;                    // shared: the first of each chain
  std::size_t limit_ = kMaxThreads;            // constant after start
  std::uint32_t chain_length_ = kSlabRecords;  // constant after start
};

namespace detail {
extern ThreadTable the_thread_table;
}  // namespace detail

inline ThreadTable& thread_table() { return detail::the_thread_table; }

}  // namespace tb
