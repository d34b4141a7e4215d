// System calls as the trap takes and answers them, past the C library.
#pragma once

#include <cstdint>
#include <ctime>

#include <sys/syscall.h>

namespace tb::test {

// The result, or an error number below zero.
template <class... Arguments>
long raw_call(long number, Arguments... arguments) {
  static_assert(sizeof...(arguments) <= 6);
  const long padded[6] = {(long)arguments...};  // NOLINT: pointers and numbers alike
  register long fourth asm("r10") = padded[3];
  register long fifth asm("r8") = padded[4];
  register long sixth asm("r9") = padded[5];
  long result = number;
  asm volatile("syscall"
               : "+a"(result)
               : "D"(padded[0]), "S"(padded[1]), "d"(padded[2]), "r"(fourth), "r"(fifth), "r"(sixth)
               : "rcx", "r11", "memory");
  return result;
}

constexpr std::int64_t kSecond = 1'000'000'000;

// Nanoseconds that the clock shows.
inline std::int64_t shown_by(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return time.tv_sec * kSecond + time.tv_nsec;
}

inline timespec to_timespec(std::int64_t nanoseconds) {
  return {.tv_sec = nanoseconds / kSecond, .tv_nsec = nanoseconds % kSecond};
}

}  // namespace tb::test
