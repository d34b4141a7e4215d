// What a CPU keeps of threads that have ended, for the ones it makes next: records, and stacks of
// each size. Owner CPU only, preemption off, but for the counts.
#pragma once

#include <array>
#include <atomic>
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

  // A record that no thread has, its id drawn, and with it a stack of at least `stack_size` bytes,
  // its highest page mapped. Errors: InvalidStackSize, ThreadLimitReached, OutOfMemory.
  std::expected<ThreadRecord*, Error> take(std::size_t stack_size) {
    ThreadRecord* const record = take_at_hand(stack_size);
    return record != nullptr ? record : take_slowly(stack_size);
  }

  // The same if it is at hand; else null, and nothing is done.
  [[gnu::always_inline]] ThreadRecord* take_at_hand(std::size_t stack_size) {
    return stack_size >= least_stack_ && stack_size <= StackPool::kMaximumSize
               ? take_quickly(StackPool::class_for(stack_size))
               : nullptr;
  }

  // The same without a stack. Errors: ThreadLimitReached, OutOfMemory.
  std::expected<ThreadRecord*, Error> take_record();

  // Its thread is gone for good. If it has a stack, that is the pool's.
  void give_record(ThreadRecord& record) {
    record.life.release();
    note_attached(record, 1);
    const SpareChain<ThreadRecord> surplus = records_.give(record);
    if (surplus.first != nullptr) [[unlikely]] {
      thread_table().give(surplus);
    }
  }

  // It does without its stack, if it has one; nobody stands on that any more.
  void take_stack_from(ThreadRecord& record);

  // From anywhere, as of some moment ago.
  std::uint32_t records() const { return records_.count(); }

  // Of stacks that no thread has: those that lie here, and how many came here with a record more
  // than left; the sum over all CPUs counts.
  std::int64_t stacks() const;

 private:
  // What is at hand: null if something has to be found elsewhere.
  [[gnu::always_inline]] ThreadRecord* take_quickly(std::size_t stack_class) {
    ThreadRecord* const record = records_.next();
    if (record == nullptr) {
      return nullptr;
    }
    if (StackPool::class_of(record->stack) == stack_class) {
      begin_life(*records_.take());
      return record;
    }
    SpareList<SpareStack>& stacks = stacks_[stack_class];
    if (record->stack.lowest != nullptr || stacks.next() == nullptr) {
      return nullptr;
    }
    begin_life(*records_.take());
    record->stack = StackPool::stack_of(*stacks.take());
    return record;
  }

  std::expected<ThreadRecord*, Error> take_slowly(std::size_t stack_size);
  std::expected<ThreadRecord*, Error> take_any();

  void begin_life(ThreadRecord& record) {
    record.generation = record.life.begin();
    note_attached(record, -1);
  }

  void note_attached(const ThreadRecord& record, int change) {
    if (record.stack.lowest != nullptr) {
      // Relaxed: only the owner writes; pairs with stacks(), for which any recent value will do.
      attached_.store(attached_.load(std::memory_order_relaxed) + change,
                      std::memory_order_relaxed);
    }
  }

  std::expected<ThreadRecord*, Error> change_stack(ThreadRecord& record, std::size_t stack_class);
  std::expected<Stack, Error> take_stack(std::size_t stack_class);

  SpareList<ThreadRecord> records_;  // with or without a stack
  std::array<SpareList<SpareStack>, StackPool::kClasses> stacks_;
  std::size_t least_stack_ = 0;            // constant after start
  std::atomic<std::int64_t> attached_{0};  // written by the owner CPU only
};

// Threads that exist, those that have ended but are not joined included; a snapshot.
std::size_t live_threads();

// Stacks that wait for their next thread; a snapshot.
std::size_t unused_stacks();

}  // namespace tb
