// What a CPU keeps of things that come and go: two chains of them. Whoever takes and gives around a
// border goes to what all CPUs share once in the length of a chain, not every time (J. Bonwick,
// J. Adams, 2001, "Magazines and Vmem"). Owner CPU only, preemption off, but for the count.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace tb {

// Spare things on their way between a CPU and what all share. Item has `Item* next_spare`.
template <class Item>
struct SpareChain {
  Item* first = nullptr;
  std::uint32_t length = 0;
};

template <class Item>
class SpareList {
 public:
  // Two chains of so many are kept; none if it is zero. While the machine starts.
  void set_chain_length(std::uint32_t length) { chain_length_ = length; }

  // Null if there is none: then put_in() a chain.
  Item* take() {
    if (chain_.first == nullptr) [[unlikely]] {
      chain_ = std::exchange(full_, {});
      if (chain_.first == nullptr) {
        return nullptr;
      }
    }
    Item* const taken = chain_.first;
    chain_.first = taken->next_spare;
    --chain_.length;
    note_count();
    return taken;
  }

  // What take() would return, or null if it had to look further for that.
  Item* next() const { return chain_.first; }

  // While the list is empty.
  void put_in(SpareChain<Item> chain) {
    chain_ = chain;
    note_count();
  }

  // Returns a chain that is too much now, if there is one.
  [[nodiscard]] SpareChain<Item> give(Item& item) {
    SpareChain<Item> surplus;
    if (chain_.length >= chain_length_) [[unlikely]] {
      if (chain_length_ == 0) {
        item.next_spare = nullptr;
        return {&item, 1};
      }
      surplus = std::exchange(full_, std::exchange(chain_, {}));
    }
    item.next_spare = chain_.first;
    chain_.first = &item;
    ++chain_.length;
    note_count();
    return surplus;
  }

  // From anywhere, as of some moment ago. Relaxed: pairs with note_count(), by which nothing is
  // published.
  std::uint32_t count() const { return count_.load(std::memory_order_relaxed); }

 private:
  void note_count() {
    // Relaxed: only the owner writes; pairs with count().
    count_.store(chain_.length + full_.length, std::memory_order_relaxed);
  }

  SpareChain<Item> chain_;
  SpareChain<Item> full_;  // or empty
  std::uint32_t chain_length_ = 0;
  std::atomic<std::uint32_t> count_{0};  // read by anybody
};

}  // namespace tb
