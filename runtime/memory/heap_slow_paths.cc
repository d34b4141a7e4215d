// Between the lists of the CPUs and the depots, and everything that seldom happens.
#include "runtime/memory/heap_slow_paths.h"

#include <array>
#include <utility>

#include "base/assert.h"
#include "base/format.h"
#include "runtime/memory/cpu_heap.h"
#include "runtime/memory/heap.h"
#include "runtime/memory/heap_depot.h"
#include "runtime/memory/heap_spans.h"
#include "runtime/panic.h"
#include "runtime/preemption.h"

namespace tb {
namespace {

constinit std::array<Depot, kSizeClasses> depots{};

// The blocks behind the first `count`, of which there are so many. Preemption is off.
BlockChain take_all_but(CpuList& list, std::size_t count) {
  if (count == 0) {
    return {.first = std::exchange(list.first, nullptr)};
  }
  FreeBlock* last = list.first;
  for (std::size_t i = 1; i < count; ++i) {
    expects(last != nullptr, "a block is freed once");
    last = last->next();
  }
  expects(last != nullptr, "a block is freed once");
  FreeBlock* const rest = last->next();
  last->link_to(nullptr);
  return {.first = rest};
}

// Of which the caller keeps the first. Preemption is off.
FreeBlock* take_batch(std::size_t size_class) {
  const BlockChain taken = depots[size_class].take(size_class, batch_of_class(size_class));
  if (taken.first != nullptr) {
    CpuList& list = own_heap().lists[size_class];
    list.first = taken.first->next();
    list.room -= static_cast<std::uint32_t>(taken.count - 1);
  }
  return taken.first;
}

void enable_preemption() {
  if (arch::enable_preemption()) [[unlikely]] {
    answer_reschedule_request();
  }
}

}  // namespace

namespace detail {

void* allocate_from_depot(CpuList& list) {
  const std::size_t size_class = class_of_list(list);
  void* block = take_batch(size_class);
  enable_preemption();
  if (block == nullptr) {
    trim();
    const PreemptionGuard guard;
    block = take_batch(size_class);
  }
  return block;
}

void* allocate_from_depot_or_panic(CpuList& list) {
  const std::size_t size_class = class_of_list(list);
  void* const block = allocate_from_depot(list);
  if (block == nullptr) {
    panic_without_memory(size_of_class(size_class));
  }
  return block;
}

void give_batch_back(CpuList& list) {
  const std::size_t size_class = class_of_list(list);
  const std::size_t batch = batch_of_class(size_class);
  depots[size_class].give(size_class, take_all_but(list, batch));
  list.room = static_cast<std::uint32_t>(batch);
  enable_preemption();
}

void refuse_second_free() { expects(false, "a block is freed once"); }

void* allocate_large(std::size_t size, std::size_t alignment) {
  expects(!arch::in_interrupt(), "interrupt handlers do not allocate");
  void* block = make_large_block(size, alignment);
  if (block == nullptr) {
    trim();
    block = make_large_block(size, alignment);
  }
  return block;
}

void* allocate_large_or_panic(std::size_t size) {
  void* const block = allocate_large(size, kSmallestBlock);
  if (block == nullptr) {
    panic_without_memory(size);
  }
  return block;
}

void deallocate_other(void* block, UnitMark mark) {
  if (block != nullptr) {
    expects(mark == kLargeMark, "the pointer is a block of the heap");
    free_large_block(block);
  }
}

void* refuse_in_interrupt() {
  expects(false, "interrupt handlers neither allocate nor free memory");
  return nullptr;
}

void* reschedule_and_return(void* block) {
  answer_reschedule_request();
  return block;
}

void* panic_without_memory(std::size_t size) {
  std::array<char, 100> text;
  panic(format_into(text, "out of memory: new of {} bytes", size));
}

}  // namespace detail

void trim() {
  for (std::size_t i = 0; i < kSizeClasses; ++i) {
    {
      const PreemptionGuard guard;
      CpuList& list = own_heap().lists[i];
      depots[i].give(i, take_all_but(list, 0));
      list.room = room_of_class(i);
    }
    depots[i].trim(i);
  }
  release_heap_ranges();
}

}  // namespace tb
