// What a CPU keeps of threads that have ended, for the ones it makes next: records, and stacks of
// each size. Owner CPU only, preemption off, but for the counts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>

#include "base/spare_list.h"
#include "runtime/error.h"
#include "runtime/memory/stack_pool.h"
#include "runtime/thread_record.h"
#include "runtime/thread_table.h"

namespace tb {

class SpareThreads {
 public:
  static constexpr std::size_t kMost = 64;  // of records, and of stacks of a size

  // While the machine starts: in chains of that length, at most kMost / 2, it keeps records.
  void start(std::uint32_t chain_length);

  // A record that no thread has, its id drawn. Errors: ThreadLimitReached, OutOfMemory.
  std::expected<ThreadRecord*, Error> take_record() {
    ThreadRecord* record = records_.take();
    if (record == nullptr) [[unlikely]] {
      const auto more = thread_table().take();
      if (!more) {
        return std::unexpected(more.error());
      }
      records_.put_in(*more);
      record = records_.take();
    }
    record->generation = record->life.begin();
    return record;
  }

  // Its thread is gone for good.
  void give_record(ThreadRecord& record) {
    record.life.release();
    const SpareChain<ThreadRecord> surplus = records_.give(record);
    if (surplus.first != nullptr) [[unlikely]] {
      thread_table().give(surplus);
    }
  }

  // A stack of at least `size` bytes, its highest page mapped. Errors: InvalidStackSize,
  // OutOfMemory.
  std::expected<Stack, Error> take_stack(std::size_t size) {
    if (size < least_stack_ || size > StackPool::kMaximumSize) [[unlikely]] {
      return std::unexpected(InvalidStackSize{
          .requested = size, .minimum = least_stack_, .maximum = StackPool::kMaximumSize});
    }
    const std::size_t stack_class = StackPool::class_for(size);
    SpareStack* const spare = stacks_[stack_class].take();
    return spare != nullptr ? StackPool::stack_of(*spare) : take_shared_stack(stack_class);
  }

  // Nobody stands on it any more.
  void give_stack(Stack stack) {
    const std::size_t stack_class = StackPool::class_of(stack);
    const SpareChain<SpareStack> surplus = stacks_[stack_class].give(StackPool::spare_of(stack));
    if (surplus.first != nullptr) [[unlikely]] {
      stack_pool().give(stack_class, surplus);
    }
  }

  // From anywhere, as of some moment ago.
  std::uint32_t records() const { return records_.count(); }
  std::uint32_t stacks() const;

 private:
  std::expected<Stack, Error> take_shared_stack(std::size_t stack_class);

  SpareList<ThreadRecord> records_;
  std::array<SpareList<SpareStack>, StackPool::kClasses> stacks_;
  std::size_t least_stack_ = 0;  // constant after start
};

// Threads that exist, those that have ended but are not joined included; a snapshot.
std::size_t live_threads();

// Stacks that wait for their next thread; a snapshot.
std::size_t unused_stacks();

}  // namespace tb
