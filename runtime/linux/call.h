// What every answer to a system call is made of. The C library was made for Linux: numbers, structs
// and error numbers are that system's, from its own headers.
#pragma once

#include <concepts>
#include <cstdint>

#include "arch/system_call.h"
#include "base/time.h"
#include "runtime/files/errno.h"

namespace tb::linux_abi {

using arch::SystemCall;

// What the trap returns: a value, or an error number below zero.
class Result {
 public:
  constexpr Result(Errno error)  // NOLINT(google-explicit-constructor): as std::unexpected reads
      : raw_(static_cast<std::uint64_t>(-static_cast<std::int64_t>(error))) {}
  template <std::integral T>
  constexpr Result(T value)  // NOLINT(google-explicit-constructor)
      : raw_(static_cast<std::uint64_t>(value)) {}
  Result(const void* address)  // NOLINT(google-explicit-constructor)
      : raw_(reinterpret_cast<std::uintptr_t>(address)) {}

  constexpr std::uint64_t raw() const { return raw_; }

 private:
  std::uint64_t raw_;
};

using Handler = Result (*)(SystemCall& call);

// The argument at `index` as the call declares it.
template <class T>
T argument(const SystemCall& call, std::size_t index) {
  return static_cast<T>(call.arguments[index]);
}
template <class T>
T* pointer(const SystemCall& call, std::size_t index) {
  return reinterpret_cast<T*>(call.arguments[index]);
}

// For all that may give the CPU away: the C library keeps values in vector registers across a
// system call.
template <class Action>
void blocking(Action action) {
  arch::keep_vector_state([](void* pointer) { (*static_cast<Action*>(pointer))(); }, &action);
}

}  // namespace tb::linux_abi
