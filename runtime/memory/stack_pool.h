// Stacks for threads: each in a slot of its own size class, above a page that is never mapped.
// Pages come on first touch and stay with the slot, which is used again for the next thread.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>

#include "base/atomic.h"
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

enum class StackFault { kNotAStack, kOverflow, kFilled, kOutOfMemory };

class StackPool {
 public:
  static constexpr std::size_t kDefaultSize = 64 * kKiB - kPageSize;
  static constexpr std::size_t kMaximumSize = 64 * kMiB - kPageSize;

  constexpr StackPool() = default;

  // A stack of at least `size` bytes, its highest page mapped. Lock-free. Errors: InvalidStackSize,
  // OutOfMemory.
  std::expected<Stack, Error> allocate(std::size_t size);

  // Nobody stands on it any more. Lock-free.
  void free(Stack stack);

  // Judges a page fault at the address and, if it is the first touch of a stack's page, fills it.
  // From page faults.
  StackFault handle_fault(std::uintptr_t address);

  // Stacks that are waiting for their next thread.
  std::size_t unused() const { return unused_.load(); }

 private:
  static constexpr std::size_t kSmallestSlot = 16 * kKiB;
  static constexpr std::size_t kClasses = 13;  // 16 KiB to 64 MiB
  static constexpr std::size_t kClassSpan = std::size_t{1} << 40;

  // The link of a free slot lies in its highest word, which is mapped from the first use on.
  struct SlotLinks {
    std::size_t stack_class;
    std::size_t count;
    std::size_t size() const { return count; }
    Atomic<std::uint32_t>& operator[](std::uint32_t index) const;
  };

  struct Class {
    TaggedIndexStack<> free;        // shared
    Atomic<std::uint32_t> made{0};  // shared: slots that have been used at least once
  };

  static constexpr std::size_t slot_size(std::size_t stack_class) {
    return kSmallestSlot << stack_class;
  }
  static constexpr std::uintptr_t slot_begin(std::size_t stack_class, std::uint32_t index) {
    return kStackArea + stack_class * kClassSpan + index * slot_size(stack_class);
  }
  static std::size_t class_for(std::size_t size);

  std::expected<Stack, Error> make(std::size_t stack_class);

  std::array<Class, kClasses> classes_{};
  Atomic<std::size_t> unused_{0};  // shared
};

StackPool& stack_pool();

}  // namespace tb
