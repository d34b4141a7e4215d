// Records that go to all CPUs or come from them.
#include "runtime/spare_threads.h"

#include "arch/smp.h"
#include "runtime/cpu.h"
#include "runtime/thread_table.h"

namespace tb {

std::expected<ThreadRecord*, Error> SpareThreads::take_record_of_all() {
  return thread_table().allocate();
}

void SpareThreads::give_half_of_the_records() {
  while (records() > kept_ / 2) {
    ThreadRecord& record = *first_record_;
    first_record_ = record.next_spare;
    count(records_, -1);
    thread_table().free(record);
  }
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
