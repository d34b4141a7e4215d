// All thread records: made in slabs, found by id, never unmade.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>

#include "base/atomic.h"
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
  // kMaxThreads. Before the first allocate().
  void set_limit(std::size_t limit);
  std::size_t limit() const { return limit_; }

  // A record that no thread has, its id drawn. Lock-free. Errors: ThreadLimitReached, OutOfMemory.
  std::expected<ThreadRecord*, Error> allocate();

  // Its thread is gone for good, and its life released. Lock-free.
  void free(ThreadRecord& record);

  // The record with that number, whoever has it; null if there is none yet.
  ThreadRecord* find(std::uint32_t index) const {
    if (index >= kMaxThreads) {
      return nullptr;
    }
    // acquire: the slab's records; pairs with the release in make_slab().
    Slab* const slab = slabs_[index / kSlabRecords].load(std::memory_order_acquire);
    return slab != nullptr ? &(*slab)[index % kSlabRecords] : nullptr;
  }

  // Records that are not free here; a snapshot.
  std::size_t taken() const { return taken_.load(); }

 private:
  struct Links {
    const ThreadTable& table;
    std::size_t size() const { return kMaxThreads; }
    Atomic<std::uint32_t>& operator[](std::uint32_t index) const {
      return table.find(index)->free_link;
    }
  };

  std::expected<ThreadRecord*, Error> make_slab();
  std::expected<Slab*, Error> map_slab(std::size_t number);

  Directory& slabs_;                   // shared
  Atomic<std::size_t> slabs_made_{0};  // shared
  Atomic<std::size_t> taken_{0};       // shared
  TaggedIndexStack<> free_;            // shared
  std::size_t limit_ = kMaxThreads;    // constant after start
};

namespace detail {
extern ThreadTable the_thread_table;
}  // namespace detail

inline ThreadTable& thread_table() { return detail::the_thread_table; }

}  // namespace tb
