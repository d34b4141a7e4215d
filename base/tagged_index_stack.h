// A lock-free stack of indices for any number of CPUs, to keep free slots of a pool. The links lie
// in an array outside that lives as long as the stack: a stale reader never touches freed memory.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "base/assert.h"
#include "base/atomic.h"

namespace tb {

// The tag changes with every pop, so a popper that slept cannot mistake a slot that left and came
// back for one that stayed; it would have to sleep through exactly 2^32 pops.
template <template <class> class AtomicType = Atomic>
class TaggedIndexStack {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  constexpr TaggedIndexStack() : head_(pack(kNone, 0)) {}
  TaggedIndexStack(const TaggedIndexStack&) = delete;
  TaggedIndexStack& operator=(const TaggedIndexStack&) = delete;

  // `next` is anything with size() and an operator[] that gives the AtomicType<uint32_t> of an
  // index.

  // Gives an index back; whatever the caller wrote before is seen by whoever pops it.
  template <class Links>
  void push(std::uint32_t index, Links&& next) {
    push_chain(index, index, next);
  }

  // Gives indices back in one step; the caller has linked them through `next` from first to last.
  template <class Links>
  void push_chain(std::uint32_t first, std::uint32_t last, Links&& next) {
    expects(first < next.size() && last < next.size(), "the index has a link");
    // relaxed: pairs with nothing, for the head is only compared and stored again.
    std::uint64_t head = head_.load(std::memory_order_relaxed);
    std::uint64_t pushed = 0;
    do {
      // relaxed: pairs with the load of the link in pop(); the release below publishes it.
      next[last].store(index_in(head), std::memory_order_relaxed);
      pushed = pack(first, tag_in(head));
      // release: pairs with the acquire loads in pop().
    } while (!head_.compare_exchange_weak(head, pushed, std::memory_order_release));
  }

  // Takes the index that was given back last, or none when the stack is empty.
  template <class Links>
  std::optional<std::uint32_t> pop(Links&& next) {
    // acquire: pairs with the release in push_chain().
    std::uint64_t head = head_.load(std::memory_order_acquire);
    while (index_in(head) != kNone) {
      // relaxed: pairs with the store of the link in push_chain(); if another CPU changes the link
      // meanwhile, the tag has changed too and the exchange fails.
      const std::uint32_t below = next[index_in(head)].load(std::memory_order_relaxed);
      const std::uint64_t popped = pack(below, tag_in(head) + 1);
      // acquire: pairs with the release in push_chain(), for the next turn when it fails.
      if (head_.compare_exchange_weak(head, popped, std::memory_order_acquire)) {
        return index_in(head);
      }
    }
    return std::nullopt;
  }

 private:
  static constexpr std::uint64_t pack(std::uint32_t index, std::uint32_t tag) {
    return std::uint64_t{tag} << 32 | index;
  }
  static constexpr std::uint32_t index_in(std::uint64_t head) {
    return static_cast<std::uint32_t>(head);
  }
  static constexpr std::uint32_t tag_in(std::uint64_t head) {
    return static_cast<std::uint32_t>(head >> 32);
  }

  AtomicType<std::uint64_t> head_;
};

}  // namespace tb
