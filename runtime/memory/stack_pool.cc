// Making, recycling and filling stacks.
#include "runtime/memory/stack_pool.h"

#include "arch/memory.h"
#include "runtime/memory/frame_allocator.h"

namespace tb {
namespace {

constinit StackPool pool;

}  // namespace

StackPool& stack_pool() { return pool; }

SpareChain<SpareStack> StackPool::take(std::size_t stack_class) {
  Class& list = classes_[stack_class];
  const auto index = list.free.pop(SlotLinks{stack_class, list.made.load()});
  if (!index) {
    return {};
  }
  unused_.fetch_sub(chain_length(stack_class));
  return {&spare_of(stack_in(stack_class, *index)), chain_length(stack_class)};
}

void StackPool::give(std::size_t stack_class, SpareChain<SpareStack> stacks) {
  expects(stacks.length == chain_length(stack_class), "the chain is a whole one");
  Class& list = classes_[stack_class];
  const auto offset = reinterpret_cast<std::uintptr_t>(stacks.first) - slot_begin(stack_class, 0);
  unused_.fetch_add(stacks.length);
  list.free.push(static_cast<std::uint32_t>(offset / slot_size(stack_class)),
                 SlotLinks{stack_class, list.made.load()});
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
  return stack_in(stack_class, index);
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
