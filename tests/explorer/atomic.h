// Stands for std::atomic in what is explored: every operation is a step of the scenario, with the
// memory order that the source names.
#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <optional>
#include <source_location>
#include <type_traits>

#include "tests/explorer/machine.h"

namespace tb::explorer {

// The functions of std::atomic without its operators, which could not name their place.
template <class T>
class ExploredAtomic {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(Value));

  using Place = std::source_location;
  using Order = std::memory_order;

  static constexpr bool kIsPointer = std::is_pointer_v<T>;
  static constexpr bool kIsInteger = std::integral<T> && !std::same_as<T, bool>;
  static constexpr Order kStrictest = std::memory_order_seq_cst;

 public:
  using value_type = T;
  using difference_type = std::conditional_t<kIsPointer, std::ptrdiff_t, T>;

  ExploredAtomic(T value = {})  // NOLINT: as std::atomic does.
      : id_(Machine::current().add_location(this, encode(value))) {}

  ExploredAtomic(const ExploredAtomic&) = delete;
  ExploredAtomic& operator=(const ExploredAtomic&) = delete;

  T load(Order order = kStrictest, Place place = Place::current()) const {
    return decode(Machine::current().load(operation("load", place), order));
  }

  void store(T value, Order order = kStrictest, Place place = Place::current()) {
    Machine::current().store(operation("store", place), encode(value), order);
  }

  T exchange(T value, Order order = kStrictest, Place place = Place::current()) {
    return update("exchange", order, place, [&](T) { return value; });
  }

  T fetch_add(difference_type value, Order order = kStrictest, Place place = Place::current())
    requires(kIsPointer || kIsInteger)
  {
    return update("fetch_add", order, place, [&](T old) { return static_cast<T>(old + value); });
  }

  T fetch_sub(difference_type value, Order order = kStrictest, Place place = Place::current())
    requires(kIsPointer || kIsInteger)
  {
    return update("fetch_sub", order, place, [&](T old) { return static_cast<T>(old - value); });
  }

  T fetch_or(T value, Order order = kStrictest, Place place = Place::current())
    requires kIsInteger
  {
    return update("fetch_or", order, place, [&](T old) { return static_cast<T>(old | value); });
  }

  T fetch_and(T value, Order order = kStrictest, Place place = Place::current())
    requires kIsInteger
  {
    return update("fetch_and", order, place, [&](T old) { return static_cast<T>(old & value); });
  }

  T fetch_xor(T value, Order order = kStrictest, Place place = Place::current())
    requires kIsInteger
  {
    return update("fetch_xor", order, place, [&](T old) { return static_cast<T>(old ^ value); });
  }

  bool compare_exchange_strong(T& expected, T desired, Order order = kStrictest,
                               Place place = Place::current()) {
    return exchange_if(expected, desired, order, std::nullopt, SpuriousFailures::kNever, place);
  }

  bool compare_exchange_strong(T& expected, T desired, Order success, Order failure,
                               Place place = Place::current()) {
    return exchange_if(expected, desired, success, failure, SpuriousFailures::kNever, place);
  }

  bool compare_exchange_weak(T& expected, T desired, Order order = kStrictest,
                             Place place = Place::current()) {
    return exchange_if(expected, desired, order, std::nullopt, SpuriousFailures::kPossible, place);
  }

  bool compare_exchange_weak(T& expected, T desired, Order success, Order failure,
                             Place place = Place::current()) {
    return exchange_if(expected, desired, success, failure, SpuriousFailures::kPossible, place);
  }

 private:
  bool exchange_if(T& expected, T desired, Order success, std::optional<Order> failure,
                   SpuriousFailures spurious, Place place) {
    return compare_exchange(expected, operation("exchange if equal", place),
                            {.expected = encode(expected),
                             .desired = encode(desired),
                             .success = success,
                             .failure = failure,
                             .spurious = spurious});
  }

  static Value encode(T value) {
    Value bits = 0;
    std::memcpy(&bits, &value, sizeof value);
    return bits;
  }

  static T decode(Value bits) {
    T value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }

  Operation operation(const char* name, const Place& place) const {
    return {id_, name, this, kIsPointer ? ValueKind::kPointer : ValueKind::kNumber, place};
  }

  template <class Change>
  T update(const char* name, Order order, const Place& place, const Change& change) {
    return decode(Machine::current().update(operation(name, place), order, [&change](Value old) {
      return encode(change(decode(old)));
    }));
  }

  static bool compare_exchange(T& expected, const Operation& operation,
                               const CompareExchange& wanted) {
    const ExchangeReading reading = Machine::current().compare_exchange(operation, wanted);
    if (reading.outcome == ExchangeOutcome::kDone) {
      return true;
    }
    expected = decode(reading.value);
    return false;
  }

  LocationId id_;
};

}  // namespace tb::explorer
