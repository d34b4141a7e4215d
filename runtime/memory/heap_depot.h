// Free blocks of one class that no CPU keeps for itself, by the spans they lie in, so that a span
// whose blocks are all free can go.
#pragma once

#include <cstddef>

#include "base/cache_line.h"
#include "base/intrusive_list.h"
#include "runtime/memory/small_span.h"
#include "runtime/spin_lock.h"

namespace tb {

// Blocks on their way between a depot and a CPU.
struct BlockChain {
  FreeBlock* first = nullptr;
  std::size_t count = 0;
};

class alignas(kCacheLineSize) Depot {
 public:
  constexpr Depot() = default;

  // Up to `count` blocks; none when memory is short. Any CPU, preemption on or off.
  BlockChain take(std::size_t size_class, std::size_t count);

  // Takes blocks back. One empty span stays, for a program that takes and gives around a border;
  // others go. Any CPU, preemption on or off.
  void give(std::size_t size_class, BlockChain blocks);

  // Lets the empty span go too. Tells whether there was one.
  bool trim(std::size_t size_class);

 private:
  using Spans = IntrusiveList<SmallSpan, &SmallSpan::hook>;

  SmallSpan* ready_span(std::size_t size_class);
  void note_empty(SmallSpan& span, Spans& leaving);

  SpinLock lock_;
  Spans spans_;                 // under the lock: not exhausted, the empty one last
  SmallSpan* empty_ = nullptr;  // under the lock: the one of them that is empty, if one is
};

}  // namespace tb
