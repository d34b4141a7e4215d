// Moving blocks in and out of their spans.
#include "runtime/memory/heap_depot.h"

#include <mutex>
#include <utility>

#include "runtime/memory/heap_spans.h"

namespace tb {

// The first span, or a new one, with a block to take; null when memory is short. Under the lock.
[[gnu::noinline]] SmallSpan* Depot::ready_span(std::size_t size_class) {
  SmallSpan* span = spans_.front();
  if (span == nullptr) {
    span = make_small_span(size_class);
    if (span == nullptr) {
      return nullptr;
    }
    spans_.push_back(*span);
    empty_ = span;
  }
  return map_next_block(*span) ? span : nullptr;
}

BlockChain Depot::take(std::size_t size_class, std::size_t count) {
  BlockChain taken;
  const std::lock_guard guard(lock_);
  while (taken.count < count) {
    SmallSpan* span = spans_.front();
    if (span == nullptr || !span->ready()) {
      span = ready_span(size_class);
      if (span == nullptr) {
        break;
      }
    }
    if (span == empty_) {
      empty_ = nullptr;
    }
    FreeBlock* const block = span->take();
    block->link_to(taken.first);
    taken.first = block;
    ++taken.count;
    if (span->exhausted()) {
      spans_.remove(*span);
    }
  }
  return taken;
}

// One empty span stays, the others leave. Under the lock.
[[gnu::noinline]] void Depot::note_empty(SmallSpan& span, Spans& leaving) {
  spans_.remove(span);
  if (empty_ == nullptr) {
    empty_ = &span;
    spans_.push_back(span);
  } else {
    leaving.push_back(span);
  }
}

void Depot::give(std::size_t size_class, BlockChain blocks) {
  const std::size_t span_size = span_size_of_class(size_class);
  Spans leaving;
  {
    const std::lock_guard guard(lock_);
    while (FreeBlock* const block = blocks.first) {
      blocks.first = block->next();
      SmallSpan& span = SmallSpan::of(block, span_size);
      if (span.exhausted()) {
        spans_.push_front(span);
      }
      span.give(block);
      if (span.empty()) {
        note_empty(span, leaving);
      }
    }
  }
  while (SmallSpan* const span = leaving.pop_front()) {
    free_small_span(*span, size_class);
  }
}

bool Depot::trim(std::size_t size_class) {
  SmallSpan* span = nullptr;
  {
    const std::lock_guard guard(lock_);
    if (empty_ == nullptr) {
      return false;
    }
    span = std::exchange(empty_, nullptr);
    spans_.remove(*span);
  }
  free_small_span(*span, size_class);
  return true;
}

}  // namespace tb
