// What the simulator has in place of std::atomic: each operation is a point, before which any other
// CPU may have come. One thread of the host runs all CPUs, so the value itself is an ordinary one,
// and the memory orders make no difference: other than the strongest are explored by
// tests/explorer.
#pragma once

#include <atomic>
#include <type_traits>

#include "arch_impl/point.h"

namespace tb {

template <class T>
class Atomic {
  static_assert(std::is_trivially_copyable_v<T>);
  static_assert(sizeof(T) <= sizeof(void*), "no processor has it in one instruction");

  // What is added to a pointer are elements.
  using Difference = std::conditional_t<std::is_pointer_v<T>, std::ptrdiff_t, T>;

 public:
  using value_type = T;
  static constexpr bool is_always_lock_free = true;

  constexpr Atomic() : value_{} {}
  constexpr Atomic(T value) : value_(value) {}  // NOLINT: as std::atomic
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  T load(std::memory_order = std::memory_order_seq_cst) const {
    arch::sim::point();
    return value_;
  }
  operator T() const { return load(); }  // NOLINT: as std::atomic

  void store(T value, std::memory_order = std::memory_order_seq_cst) {
    static_cast<void>(change([value](T) { return value; }));
  }
  T operator=(T value) {  // NOLINT: as std::atomic
    store(value);
    return value;
  }

  T exchange(T value, std::memory_order = std::memory_order_seq_cst) {
    return change([value](T) { return value; });
  }

  bool compare_exchange_strong(T& expected, T desired,
                               std::memory_order = std::memory_order_seq_cst,
                               std::memory_order = std::memory_order_seq_cst) {
    arch::sim::point();
    if (value_ != expected) {
      expected = value_;
      return false;
    }
    value_ = desired;
    arch::sim::stored(&value_);
    return true;
  }
  bool compare_exchange_weak(T& expected, T desired,
                             std::memory_order success = std::memory_order_seq_cst,
                             std::memory_order failure = std::memory_order_seq_cst) {
    return compare_exchange_strong(expected, desired, success, failure);
  }

  T fetch_add(Difference by, std::memory_order = std::memory_order_seq_cst) {
    return change([by](T old) { return static_cast<T>(old + by); });
  }
  T fetch_sub(Difference by, std::memory_order = std::memory_order_seq_cst) {
    return change([by](T old) { return static_cast<T>(old - by); });
  }
  T fetch_and(T with, std::memory_order = std::memory_order_seq_cst) {
    return change([with](T old) { return static_cast<T>(old & with); });
  }
  T fetch_or(T with, std::memory_order = std::memory_order_seq_cst) {
    return change([with](T old) { return static_cast<T>(old | with); });
  }
  T fetch_xor(T with, std::memory_order = std::memory_order_seq_cst) {
    return change([with](T old) { return static_cast<T>(old ^ with); });
  }

  T operator++() { return static_cast<T>(fetch_add(1) + 1); }
  T operator--() { return static_cast<T>(fetch_sub(1) - 1); }
  T operator++(int) { return fetch_add(1); }
  T operator--(int) { return fetch_sub(1); }
  T operator+=(Difference by) { return static_cast<T>(fetch_add(by) + by); }
  T operator-=(Difference by) { return static_cast<T>(fetch_sub(by) - by); }
  T operator&=(T with) { return static_cast<T>(fetch_and(with) & with); }
  T operator|=(T with) { return static_cast<T>(fetch_or(with) | with); }
  T operator^=(T with) { return static_cast<T>(fetch_xor(with) ^ with); }

 private:
  // One step of the machine: nobody comes in between. Returns the old value.
  template <class New>
  T change(New new_value) {
    arch::sim::point();
    const T old = value_;
    value_ = new_value(old);
    arch::sim::stored(&value_);
    return old;
  }

  T value_;
};

}  // namespace tb
