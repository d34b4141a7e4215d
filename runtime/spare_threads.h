// What a CPU keeps of threads that have ended, for the ones it makes next: records, and stacks of
// the usual size. Owner CPU only, preemption off, but for the counts.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>

#include "runtime/error.h"
#include "runtime/memory/stack_pool.h"
#include "runtime/thread_record.h"

namespace tb {

class SpareThreads {
 public:
  static constexpr std::uint32_t kMost = 64;  // of each

  // A record that no thread has, its id drawn. Errors: ThreadLimitReached, OutOfMemory.
  std::expected<ThreadRecord*, Error> take_record() {
    if (first_record_ == nullptr) [[unlikely]] {
      return take_record_of_all();
    }
    ThreadRecord& record = *first_record_;
    first_record_ = record.next_spare;
    count(records_, -1);
    record.generation = record.life.begin();
    return &record;
  }

  // Its thread is gone for good.
  void give_record(ThreadRecord& record) {
    record.life.release();
    record.next_spare = first_record_;
    first_record_ = &record;
    count(records_, 1);
    if (records() > kept_) [[unlikely]] {
      give_half_of_the_records();
    }
  }

  // A stack of at least `size` bytes, its highest page mapped. Errors: InvalidStackSize,
  // OutOfMemory.
  std::expected<Stack, Error> take_stack(std::size_t size) {
    if (size != StackPool::kDefaultSize || first_stack_ == nullptr) [[unlikely]] {
      return stack_pool().allocate(size);
    }
    std::byte* const lowest = first_stack_;
    first_stack_ = next_stack(lowest);
    count(stacks_, -1);
    return Stack{lowest, StackPool::kDefaultSize};
  }

  // Nobody stands on it any more.
  void give_stack(Stack stack) {
    if (stack.size != StackPool::kDefaultSize || stacks() >= kMost) [[unlikely]] {
      stack_pool().free(stack);
      return;
    }
    next_stack(stack.lowest) = first_stack_;
    first_stack_ = stack.lowest;
    count(stacks_, 1);
  }

  // From anywhere, as of some moment ago. Relaxed: pairs with count(), by which nothing is
  // published.
  std::uint32_t records() const { return records_.load(std::memory_order_relaxed); }
  std::uint32_t stacks() const { return stacks_.load(std::memory_order_relaxed); }

  // While the machine starts: how many records this CPU may keep, so that those which lie idle do
  // not count much against the limit of threads.
  void keep_at_most(std::uint32_t records) { kept_ = records < kMost ? records : kMost; }

 private:
  std::expected<ThreadRecord*, Error> take_record_of_all();
  void give_half_of_the_records();

  // In the highest word of a stack, which is mapped.
  static std::byte*& next_stack(std::byte* lowest) {
    return reinterpret_cast<std::byte**>(lowest + StackPool::kDefaultSize)[-1];
  }

  // Relaxed: only the owner writes; pairs with the loads above.
  static void count(std::atomic<std::uint32_t>& counter, int by) {
    counter.store(counter.load(std::memory_order_relaxed) + static_cast<std::uint32_t>(by),
                  std::memory_order_relaxed);
  }

  ThreadRecord* first_record_ = nullptr;
  std::byte* first_stack_ = nullptr;
  std::uint32_t kept_ = kMost;
  std::atomic<std::uint32_t> records_{0};  // read by anybody
  std::atomic<std::uint32_t> stacks_{0};   // read by anybody
};

// Threads that exist, those that have ended but are not joined included; a snapshot.
std::size_t live_threads();

// Stacks that wait for their next thread; a snapshot.
std::size_t unused_stacks();

}  // namespace tb
