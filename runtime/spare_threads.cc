// Stacks from all CPUs, and how many of everything there are.
#include "runtime/spare_threads.h"

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

std::expected<Stack, Error> SpareThreads::take_shared_stack(std::size_t stack_class) {
  SpareList<SpareStack>& spares = stacks_[stack_class];
  if (const SpareChain<SpareStack> more = stack_pool().take(stack_class); more.first != nullptr) {
    spares.put_in(more);
    return StackPool::stack_of(*spares.take());
  }
  return stack_pool().make(stack_class);
}

std::uint32_t SpareThreads::stacks() const {
  std::uint32_t count = 0;
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
  std::size_t unused = stack_pool().unused();
  for (std::uint32_t i = 0; i < arch::cpu_count(); ++i) {
    unused += cpu_at(CpuId{i}).spares.stacks();
  }
  return unused;
}

}  // namespace tb
