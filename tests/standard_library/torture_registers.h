// What an interrupt or a switch could spoil without anybody asking for it: the red zone, which is
// the 128 bytes that a function which calls no other may use below its stack pointer, and the
// vector registers.
#pragma once

#include <array>
#include <cstdint>

namespace tb::test {

// Writes all of it, spends so many turns, and counts the words that have changed. The compiler's
// own red zone is left aside first.
inline std::uint64_t spoiled_words(std::uint64_t seed, std::uint64_t turns) {
  std::uint64_t spoiled = 0;
  std::uint64_t word = 0;
  asm volatile(
      "leaq -128(%%rsp), %%rsp\n"
      ".set slot, 8\n"
      ".rept 16\n"
      "leaq slot(%[seed]), %[word]\n"
      "movq %[word], -slot(%%rsp)\n"
      ".set slot, slot + 8\n"
      ".endr\n"
      "1: decq %[turns]\n"
      "jnz 1b\n"
      ".set slot, 8\n"
      ".rept 16\n"
      "leaq slot(%[seed]), %[word]\n"
      "xorq -slot(%%rsp), %[word]\n"
      "negq %[word]\n"
      "adcq $0, %[spoiled]\n"
      ".set slot, slot + 8\n"
      ".endr\n"
      "leaq 128(%%rsp), %%rsp\n"
      : [spoiled] "+&r"(spoiled), [word] "=&r"(word), [turns] "+&r"(turns)
      : [seed] "r"(seed)
      : "cc", "memory");
  return spoiled;
}

// The same as a compiler does it: this function keeps its array below the stack pointer.
[[gnu::noinline]] inline std::uint64_t leaf_sum(std::uint64_t seed, std::uint64_t turns) {
  volatile std::uint64_t kept[12];
  for (std::uint64_t i = 0; i < 12; ++i) {
    kept[i] = seed + i;
  }
  for (std::uint64_t i = 0; i < turns; ++i) {
    asm volatile("");
  }
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < 12; ++i) {
    sum += kept[i];
  }
  return sum;
}

// Eight sums that stay in vector registers, and the same in one ordinary register.
template <class Vector>
[[gnu::always_inline]] inline bool sums_agree(std::uint32_t seed) {
  constexpr std::uint32_t kLanes = sizeof(Vector) / sizeof(std::uint32_t);
  std::array<Vector, 8> sums;
  for (std::uint32_t i = 0; i < 8 * kLanes; ++i) {
    sums[i / kLanes][i % kLanes] = seed + i;
  }
  std::uint32_t scalar = seed;
  for (std::uint32_t turn = 0; turn < 20'000; ++turn) {
    std::uint32_t step = turn * seed;
    asm volatile("" : "+r"(step));
    for (Vector& sum : sums) {
      sum += step;
    }
    scalar += step;
  }
  bool agree = true;
  for (std::uint32_t i = 0; i < 8 * kLanes; ++i) {
    agree = agree && sums[i / kLanes][i % kLanes] == scalar + i;
  }
  return agree;
}

using Narrow [[gnu::vector_size(16)]] = std::uint32_t;
using Wide [[gnu::vector_size(32)]] = std::uint32_t;

[[gnu::noinline]] inline bool narrow_sums_agree(std::uint32_t seed) {
  return sums_agree<Narrow>(seed);
}

[[gnu::noinline, gnu::target("avx2")]] inline bool wide_sums_agree(std::uint32_t seed) {
  return sums_agree<Wide>(seed);
}

inline bool has_avx2() {
  static const bool has = __builtin_cpu_supports("avx2");
  return has;
}

}  // namespace tb::test
