// Stacks from all CPUs, and how many of everything there are.
#include "runtime/spare_threads.h"

#include <algorithm>
#include <utility>

#include "arch/context.h"
#include "arch/smp.h"
#include "runtime/cpu.h"

namespace tb {

void SpareThreads::start(std::uint32_t chain_length) {
  expects(chain_length <= kMost / 2, "two chains are kept");
  records_.set_chain_length(chain_length);
  for (std::size_t i = 0; i < stacks_.size(); ++i) {
    stacks_[i].set_chain_length(StackPool::chain_length(i));
  }
  least_stack_ = arch::minimum_stack_size();
}

void SpareThreads::take_stack_from(ThreadRecord& record) {
  if (record.stack.lowest == nullptr) {
    return;
  }
  const Stack stack = std::exchange(record.stack, {});
  const std::size_t stack_class = StackPool::class_of(stack);
  const SpareChain<SpareStack> surplus = stacks_[stack_class].give(StackPool::spare_of(stack));
  if (surplus.first != nullptr) {
    stack_pool().give(stack_class, surplus);
  }
}

[[gnu::cold]] std::expected<ThreadRecord*, Error> SpareThreads::take_any() {
  ThreadRecord* record = records_.take();
  if (record == nullptr) {
    const auto more = thread_table().take();
    if (!more) {
      return std::unexpected(more.error());
    }
    records_.put_in(*more);
    record = records_.take();
  }
  begin_life(*record);
  return record;
}

[[gnu::cold]] std::expected<ThreadRecord*, Error> SpareThreads::take_slowly(
    std::size_t stack_size) {
  if (stack_size < least_stack_ || stack_size > StackPool::kMaximumSize) {
    return std::unexpected(InvalidStackSize{
        .requested = stack_size, .minimum = least_stack_, .maximum = StackPool::kMaximumSize});
  }
  const auto record = take_any();
  const std::size_t stack_class = StackPool::class_for(stack_size);
  if (!record || StackPool::class_of((*record)->stack) == stack_class) {
    return record;
  }
  return change_stack(**record, stack_class);
}

std::expected<ThreadRecord*, Error> SpareThreads::take_record() {
  const auto record = take_any();
  if (record) {
    take_stack_from(**record);
  }
  return record;
}

[[gnu::cold]] std::expected<ThreadRecord*, Error> SpareThreads::change_stack(
    ThreadRecord& record, std::size_t stack_class) {
  take_stack_from(record);
  const auto stack = take_stack(stack_class);
  if (!stack) {
    give_record(record);
    return std::unexpected(stack.error());
  }
  record.stack = *stack;
  return &record;
}

[[gnu::cold]] std::expected<Stack, Error> SpareThreads::take_stack(std::size_t stack_class) {
  SpareList<SpareStack>& spares = stacks_[stack_class];
  if (SpareStack* const spare = spares.take()) {
    return StackPool::stack_of(*spare);
  }
  if (const SpareChain<SpareStack> more = stack_pool().take(stack_class); more.first != nullptr) {
    spares.put_in(more);
    return StackPool::stack_of(*spares.take());
  }
  return stack_pool().make(stack_class);
}

std::int64_t SpareThreads::stacks() const {
  // Relaxed: pairs with note_attached(), by which nothing is published.
  std::int64_t count = attached_.load(std::memory_order_relaxed);
  for (const SpareList<SpareStack>& list : stacks_) {
    count += list.count();
  }
  return count;
}

std::size_t live_threads() {
  std::size_t spare = 0;
  const std::size_t taken = thread_table().taken();
  for (std::uint32_t i = 0; i < arch::cpu_count(); ++i) {
    spare += cpu_at(CpuId{i}).spares.records();
  }
  return taken > spare ? taken - spare : 0;
}

std::size_t unused_stacks() {
  auto unused = static_cast<std::int64_t>(stack_pool().unused());
  for (std::uint32_t i = 0; i < arch::cpu_count(); ++i) {
    unused += cpu_at(CpuId{i}).spares.stacks();
  }
  return static_cast<std::size_t>(std::max<std::int64_t>(unused, 0));
}

}  // namespace tb
