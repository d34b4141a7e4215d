// The kinds of checks of torture.cc, counted by any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace tb::test {

// A kind of check; any thread counts.
struct Kind {
  std::string sentence;
  std::atomic<long> failures = 0;
  std::atomic<long> turns = 0;

  void expect(bool condition) { failures += condition ? 0 : 1; }
};

// Random numbers without a state: each number gives another.
inline std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

}  // namespace tb::test
