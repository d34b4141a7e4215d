// A pairing heap whose links lie in its elements: run queues ordered by deadline or virtual time,
// and timers, without allocation. No recursion, for stacks are small. One owner; nothing is atomic.
#pragma once

#include <type_traits>
#include <utility>

#include "base/assert.h"

namespace tb {

// A member of an element for each heap it can be in at the same time; only the heap touches it.
template <class T>
struct HeapHook {
  constexpr HeapHook() = default;
  HeapHook(const HeapHook&) = delete;
  HeapHook& operator=(const HeapHook&) = delete;

  T* child = nullptr;
  T* next = nullptr;
  T* previous = nullptr;  // The left sibling, or the parent of a first child.
  bool linked = false;
};

// `Before` is a stateless strict order; what it reads of an element must not change while the
// element is in the heap. Elements that compare equal leave in any order: add a sequence number if
// it matters.
template <class T, HeapHook<T> T::* Hook, class Before>
class IntrusiveHeap {
 public:
  static_assert(std::is_empty_v<Before>, "the order must not have a state");

  constexpr IntrusiveHeap() = default;
  IntrusiveHeap(const IntrusiveHeap&) = delete;
  IntrusiveHeap& operator=(const IntrusiveHeap&) = delete;

  // Tells whether no element is in the heap.
  constexpr bool empty() const { return root_ == nullptr; }

  // Returns the element that comes before all others, or nullptr.
  constexpr T* top() const { return root_; }

  // Tells whether the element is in some heap by this hook.
  static constexpr bool is_linked(const T& element) { return (element.*Hook).linked; }

  // Adds the element in constant time.
  constexpr void push(T& element) {
    expects(!is_linked(element), "the element is in no heap yet");
    hook(element).linked = true;
    root_ = meld(root_, &element);
  }

  // Takes the element that comes before all others, or returns nullptr when there is none.
  constexpr T* pop() {
    T* const element = root_;
    if (element != nullptr) {
      remove(*element);
    }
    return element;
  }

  // Takes any element of this heap out, in logarithmic amortised time.
  constexpr void remove(T& element) {
    expects(is_linked(element), "the element is in a heap");
    T* const orphans = merge_siblings(std::exchange(hook(element).child, nullptr));
    if (&element == root_) {
      root_ = orphans;
    } else {
      cut(element);
      root_ = meld(root_, orphans);
    }
    hook(element).linked = false;
  }

 private:
  static constexpr HeapHook<T>& hook(T& element) { return element.*Hook; }

  // Joins two trees without siblings, each of which may be missing.
  static constexpr T* meld(T* one, T* other) {
    if (one == nullptr || other == nullptr) {
      return one != nullptr ? one : other;
    }
    if (Before{}(*other, *one)) {
      std::swap(one, other);
    }
    T* const sibling = hook(*one).child;
    hook(*other).next = sibling;
    hook(*other).previous = one;
    if (sibling != nullptr) {
      hook(*sibling).previous = other;
    }
    hook(*one).child = other;
    return one;
  }

  // Makes one tree of a row of siblings: in pairs from the left, then all pairs from the right. The
  // pairs are what makes removal logarithmic.
  static constexpr T* merge_siblings(T* first) {
    T* pairs = nullptr;
    while (first != nullptr) {
      T* const second = detach(*first);
      T* const rest = second != nullptr ? detach(*second) : nullptr;
      T* const pair = meld(first, second);
      hook(*pair).next = pairs;
      pairs = pair;
      first = rest;
    }
    T* merged = nullptr;
    while (pairs != nullptr) {
      T* const rest = detach(*pairs);
      merged = meld(merged, pairs);
      pairs = rest;
    }
    return merged;
  }

  // Forgets the siblings of an element and returns the next one.
  static constexpr T* detach(T& element) {
    hook(element).previous = nullptr;
    return std::exchange(hook(element).next, nullptr);
  }

  // Takes an element that is not the root, with its subtree, from among its siblings.
  static constexpr void cut(T& element) {
    T* const previous = hook(element).previous;
    expects(previous != nullptr, "the element is in this heap");
    T* const next = detach(element);
    HeapHook<T>& left = hook(*previous);
    (left.child == &element ? left.child : left.next) = next;
    if (next != nullptr) {
      hook(*next).previous = previous;
    }
  }

  T* root_ = nullptr;
};

}  // namespace tb
