// The lists of a CPU from its first allocation on.
#include "runtime/memory/cpu_heap.h"

#include <utility>

#include "base/assert.h"
#include "runtime/memory/heap.h"

namespace tb {
namespace {

constinit CpuHeap first_lists;  // of the boot CPU, until it has what others have

}  // namespace

void start_heap() {
  expects(arch::cpu_local() == nullptr, "the heap is started once, and first");
  arch::set_cpu_local(&first_lists);
}

void use_heap_lists(CpuHeap& lists) {
  if (arch::cpu_local() != nullptr) {
    std::swap(lists.lists, own_heap().lists);
  }
  arch::set_cpu_local(&lists);
}

}  // namespace tb
