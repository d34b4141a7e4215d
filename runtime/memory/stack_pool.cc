// Making, recycling and filling stacks.
#include "runtime/memory/stack_pool.h"

#include "arch/context.h"
#include "arch/memory.h"
#include "runtime/memory/frame_allocator.h"

namespace tb {
namespace {

constinit StackPool pool;

}  // namespace

StackPool& stack_pool() { return pool; }

Atomic<std::uint32_t>& StackPool::SlotLinks::operator[](std::uint32_t index) const {
  const std::uintptr_t end = slot_begin(stack_class, index) + slot_size(stack_class);
  return *reinterpret_cast<Atomic<std::uint32_t>*>(end - sizeof(std::uint32_t));
}

std::size_t StackPool::class_for(std::size_t size) {
  std::size_t stack_class = 0;
  while (slot_size(stack_class) - kPageSize < size) {
    ++stack_class;
  }
  return stack_class;
}

std::expected<Stack, Error> StackPool::allocate(std::size_t size) {
  const std::size_t minimum = arch::minimum_stack_size();
  if (size < minimum || size > kMaximumSize) {
    return std::unexpected(
        InvalidStackSize{.requested = size, .minimum = minimum, .maximum = kMaximumSize});
  }
  const std::size_t stack_class = class_for(size);
  Class& list = classes_[stack_class];
  if (const auto index = list.free.pop(SlotLinks{stack_class, list.made.load()})) {
    unused_.fetch_sub(1);
    return Stack{reinterpret_cast<std::byte*>(slot_begin(stack_class, *index) + kPageSize),
                 slot_size(stack_class) - kPageSize};
  }
  return make(stack_class);
}

std::expected<Stack, Error> StackPool::make(std::size_t stack_class) {
  const std::size_t size = slot_size(stack_class);
  const OutOfMemory out_of_memory{.requested = kPageSize,
                                  .available = frames().free_frames() * kPageSize};
  const std::uintptr_t frame = frames().allocate();
  if (frame == 0) {
    return std::unexpected(out_of_memory);
  }
  const std::uint32_t index = classes_[stack_class].made.fetch_add(1);
  const std::uintptr_t begin = slot_begin(stack_class, index);
  if (index >= kClassSpan / size ||
      !arch::map(begin + size - kPageSize, frame, arch::Access::kReadWrite, allocate_frame)) {
    frames().free(frame);
    // Unless somebody has drawn a number meanwhile, this one goes back.
    std::uint32_t drawn = index + 1;
    classes_[stack_class].made.compare_exchange_strong(drawn, index);
    return std::unexpected(out_of_memory);
  }
  return Stack{reinterpret_cast<std::byte*>(begin + kPageSize), size - kPageSize};
}

void StackPool::free(Stack stack) {
  const std::size_t stack_class = class_for(stack.size);
  const std::uintptr_t begin = reinterpret_cast<std::uintptr_t>(stack.lowest) - kPageSize;
  const auto index =
      static_cast<std::uint32_t>((begin - slot_begin(stack_class, 0)) / slot_size(stack_class));
  Class& list = classes_[stack_class];
  list.free.push(index, SlotLinks{stack_class, list.made.load()});
  unused_.fetch_add(1);
}

StackFault StackPool::handle_fault(std::uintptr_t address) {
  if (address < kStackArea || address >= kStackArea + kClasses * kClassSpan) {
    return StackFault::kNotAStack;
  }
  const std::size_t stack_class = (address - kStackArea) / kClassSpan;
  const std::size_t offset = (address - kStackArea) % kClassSpan;
  if (offset / slot_size(stack_class) >= classes_[stack_class].made.load()) {
    return StackFault::kNotAStack;
  }
  if (offset % slot_size(stack_class) < kPageSize) {
    return StackFault::kOverflow;
  }
  const std::uintptr_t frame = frames().allocate();
  if (frame == 0) {
    return StackFault::kOutOfMemory;
  }
  const auto mapped =
      arch::map(align_down(address, kPageSize), frame, arch::Access::kReadWrite, allocate_frame);
  if (!mapped) {
    frames().free(frame);
    // Mapped by another CPU at the same moment is as good as mapped here.
    return mapped.error() == arch::MapError::kAlreadyMapped ? StackFault::kFilled
                                                            : StackFault::kOutOfMemory;
  }
  return StackFault::kFilled;
}

}  // namespace tb
