// Stacks for threads: each in a slot of its own size class, above a page that is never mapped.
// Pages come on first touch and stay with the slot, which is used again for the next thread.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>

#include "base/atomic.h"
#include "base/cache_line.h"
#include "base/spare_list.h"
#include "base/tagged_index_stack.h"
#include "base/units.h"
#include "runtime/error.h"
#include "runtime/memory/address_plan.h"

namespace tb {

struct Stack {
  std::byte* lowest = nullptr;
  std::size_t size = 0;

  std::byte* top() const { return lowest + size; }
  std::span<std::byte> bytes() const { return {lowest, size}; }
};

// The highest bytes of a stack that has no thread.
struct SpareStack {
  SpareStack* next_spare;
  Atomic<std::uint32_t> free_link;  // shared: while it is the first of a free chain
};

enum class StackFault { kNotAStack, kOverflow, kFilled, kOutOfMemory };

class StackPool {
 public:
  // Stacks end at different places of their highest page. If all ended at the same, their first
  // lines would share a few sets of the caches, and a thousand threads would drive each other out.
  static constexpr std::size_t kTops = 16;
  static constexpr std::size_t kLeastUnused = kPageSize + kTops * kCacheLineSize;  // of a slot

  static constexpr std::size_t kDefaultSize = 64 * kKiB - kLeastUnused;
  static constexpr std::size_t kMaximumSize = 64 * kMiB - kLeastUnused;
  static constexpr std::size_t kClasses = 13;  // slots of 16 KiB to 64 MiB

  constexpr StackPool() = default;

  // The class of stacks for at least `size` bytes, at most kMaximumSize.
  static constexpr std::size_t class_for(std::size_t size) {
    return static_cast<std::size_t>(std::bit_width((size + kLeastUnused - 1) / kSmallestSlot));
  }
  static std::size_t class_of(const Stack& stack) { return class_at(stack.lowest); }

  // How many make a chain; of large ones nobody keeps many.
  static constexpr std::uint32_t chain_length(std::size_t stack_class) {
    return stack_class <= class_for(kDefaultSize) ? 32 : 1;
  }

  static SpareStack& spare_of(const Stack& stack) {
    return *reinterpret_cast<SpareStack*>(stack.top() - sizeof(SpareStack));
  }
  static Stack stack_of(SpareStack& spare) {
    auto* const top = reinterpret_cast<std::byte*>(&spare + 1);
    const std::size_t slot = slot_size(class_at(top));
    const std::uintptr_t begin = align_down(reinterpret_cast<std::uintptr_t>(top) - 1, slot);
    auto* const lowest = reinterpret_cast<std::byte*>(begin + kPageSize);
    return {lowest, static_cast<std::size_t>(top - lowest)};
  }

  // A new stack of that class, its highest page mapped. Lock-free. Errors: OutOfMemory.
  std::expected<Stack, Error> make(std::size_t stack_class);

  // A chain of unused stacks, whose highest pages are mapped; an empty one if there is none.
  // Lock-free.
  SpareChain<SpareStack> take(std::size_t stack_class);

  // Nobody stands on them any more; they are a chain's length. Lock-free.
  void give(std::size_t stack_class, SpareChain<SpareStack> stacks);

  // Judges a page fault at the address and, if it is the first touch of a stack's page, fills it.
  // From page faults.
  StackFault handle_fault(std::uintptr_t address);

  // Stacks that are waiting for their next thread here; a snapshot.
  std::size_t unused() const { return unused_.load(); }

 private:
  static constexpr std::size_t kSmallestSlot = 16 * kKiB;

  struct SlotLinks {
    std::size_t stack_class;
    std::size_t count;
    std::size_t size() const { return count; }
    Atomic<std::uint32_t>& operator[](std::uint32_t index) const {
      return spare_of(stack_in(stack_class, index)).free_link;
    }
  };

  struct Class {
    TaggedIndexStack<> free;        // shared: the first of each chain
    Atomic<std::uint32_t> made{0};  // shared: slots that have been used at least once
  };

  static constexpr std::size_t slot_size(std::size_t stack_class) {
    return kSmallestSlot << stack_class;
  }
  static constexpr std::uintptr_t slot_begin(std::size_t stack_class, std::uint32_t index) {
    return kStackArea + stack_class * kClassSpan + index * slot_size(stack_class);
  }
  static std::size_t class_at(const std::byte* place) {
    return (reinterpret_cast<std::uintptr_t>(place) - kStackArea) / kClassSpan;
  }
  static Stack stack_in(std::size_t stack_class, std::uint32_t index) {
    return {reinterpret_cast<std::byte*>(slot_begin(stack_class, index) + kPageSize),
            slot_size(stack_class) - kPageSize - index % kTops * kCacheLineSize};
  }

  std::array<Class, kClasses> classes_{};
  Atomic<std::size_t> unused_{0};  // shared
};

StackPool& stack_pool();

}  // namespace tb
