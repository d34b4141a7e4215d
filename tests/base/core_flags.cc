// Compiled with the flags of the core: it must not need vector registers, exceptions or RTTI.
#include "tests/base/core_flags.h"

#include <array>
#include <atomic>
#include <cstdint>

#include "base/assert.h"
#include "base/cache_line.h"
#include "base/cpu_id.h"
#include "base/cpu_set.h"
#include "base/format.h"
#include "base/intrusive_heap.h"
#include "base/intrusive_list.h"
#include "base/tagged_index_stack.h"
#include "base/time.h"
#include "base/units.h"

namespace {

struct Thread {
  tb::Time deadline;
  tb::ListHook<Thread> list_hook;
  tb::HeapHook<Thread> heap_hook;
};

struct Earlier {
  bool operator()(const Thread& one, const Thread& other) const {
    return one.deadline < other.deadline;
  }
};

void append_text(tb::TextSink sink, const Thread& thread) {
  tb::format_to(sink, "<{}>", thread.deadline.time_since_epoch());
}

}  // namespace

std::string_view use_everything(std::span<char> buffer) {
  std::array<Thread, 3> threads;
  std::array<std::atomic<std::uint32_t>, 3> links;
  tb::IntrusiveHeap<Thread, &Thread::heap_hook, Earlier> timers;
  tb::IntrusiveList<Thread, &Thread::list_hook> queue;
  tb::TaggedIndexStack<> pool;
  for (std::uint32_t index = 0; index < threads.size(); ++index) {
    threads[index].deadline = tb::after(tb::Time(), tb::Duration(30 - 10 * index));
    timers.push(threads[index]);
    pool.push(index, links);
  }
  while (Thread* const thread = timers.pop()) {
    queue.push_back(*thread);
  }
  const Thread* const first = queue.pop_front();
  const std::uint32_t index = pool.pop(links).value_or(0);
  return tb::format_into(buffer, "{} {:04x} {:>4} {}", *first, tb::align_up(index, tb::kPageSize),
                         tb::index_of(tb::CpuId{7}), tb::kCacheLineSize == 64);
}
