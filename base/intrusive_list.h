// A doubly linked list whose links lie in its elements, so that queueing a thread never allocates.
// The list owns nothing: an element outlives its stay. One owner at a time; nothing here is atomic.
#pragma once

#include "base/assert.h"

namespace tb {

// A member of an element for each list it can be in at the same time; only the list touches it.
template <class T>
struct ListHook {
  constexpr ListHook() = default;
  ListHook(const ListHook&) = delete;
  ListHook& operator=(const ListHook&) = delete;

  T* next = nullptr;
  T* previous = nullptr;
  bool linked = false;
};

template <class T, ListHook<T> T::* Hook>
class IntrusiveList {
 public:
  constexpr IntrusiveList() = default;
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;

  // Tells whether no element is in the list.
  constexpr bool empty() const { return first_ == nullptr; }

  // Returns the element that pop_front() would take, or nullptr.
  constexpr T* front() const { return first_; }

  // Returns the element that was added as the last one to leave, or nullptr.
  constexpr T* back() const { return last_; }

  // Returns the element that leaves after this one, or nullptr; for walks from front().
  static constexpr T* after(const T& element) { return (element.*Hook).next; }

  // Tells whether the element is in some list by this hook.
  static constexpr bool is_linked(const T& element) { return (element.*Hook).linked; }

  // Adds the element as the last one to leave.
  constexpr void push_back(T& element) {
    ListHook<T>& hook = element.*Hook;
    expects(!hook.linked, "the element is in no list yet");
    hook.previous = last_;
    hook.linked = true;
    (last_ != nullptr ? (last_->*Hook).next : first_) = &element;
    last_ = &element;
  }

  // Adds the element as the first one to leave.
  constexpr void push_front(T& element) {
    ListHook<T>& hook = element.*Hook;
    expects(!hook.linked, "the element is in no list yet");
    hook.next = first_;
    hook.linked = true;
    (first_ != nullptr ? (first_->*Hook).previous : last_) = &element;
    first_ = &element;
  }

  // Adds the element as the one that leaves before `next`, which is in the list.
  constexpr void insert_before(T& next, T& element) {
    ListHook<T>& hook = element.*Hook;
    expects(!hook.linked && is_linked(next), "one is in no list yet, the other is");
    hook.next = &next;
    hook.previous = (next.*Hook).previous;
    hook.linked = true;
    (hook.previous != nullptr ? (hook.previous->*Hook).next : first_) = &element;
    (next.*Hook).previous = &element;
  }

  // Adds the element before the first one that it `precedes`, in a list that is in that order.
  // O(n).
  template <class Precedes>
  constexpr void insert_in_order(T& element, Precedes precedes) {
    T* next = first_;
    while (next != nullptr && !precedes(element, *next)) {
      next = after(*next);
    }
    if (next != nullptr) {
      insert_before(*next, element);
    } else {
      push_back(element);
    }
  }

  // Takes the first element, or returns nullptr when there is none.
  constexpr T* pop_front() {
    T* const element = first_;
    if (element != nullptr) {
      ListHook<T>& hook = element->*Hook;
      first_ = hook.next;
      (first_ != nullptr ? (first_->*Hook).previous : last_) = nullptr;
      hook.next = nullptr;
      hook.linked = false;
    }
    return element;
  }

  // As push_back() and then pop_front(); but nothing is done, and nullptr returned, if the list is
  // empty.
  constexpr T* exchange_front(T& element) {
    T* const taken = first_;
    if (taken != nullptr) {
      ListHook<T>& hook = element.*Hook;
      expects(!hook.linked, "the element is in no list yet");
      hook.previous = last_;
      hook.linked = true;
      (last_->*Hook).next = &element;
      last_ = &element;
      ListHook<T>& left = taken->*Hook;
      first_ = left.next;
      (first_->*Hook).previous = nullptr;
      left.next = nullptr;
      left.linked = false;
    }
    return taken;
  }

  // Takes the element out from wherever it stands in this list.
  constexpr void remove(T& element) {
    ListHook<T>& hook = element.*Hook;
    expects(hook.linked, "the element is in a list");
    T*& from_previous = hook.previous != nullptr ? (hook.previous->*Hook).next : first_;
    T*& from_next = hook.next != nullptr ? (hook.next->*Hook).previous : last_;
    expects(from_previous == &element && from_next == &element, "the element is in this list");
    from_previous = hook.next;
    from_next = hook.previous;
    hook.next = nullptr;
    hook.previous = nullptr;
    hook.linked = false;
  }

 private:
  T* first_ = nullptr;
  T* last_ = nullptr;
};

}  // namespace tb
