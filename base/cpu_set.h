// A set of CPUs, such as those a thread may run on.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "base/assert.h"
#include "base/cpu_id.h"

namespace tb {

class CpuSet {
 public:
  static constexpr std::uint32_t kMaxCpus = 1024;
  static constexpr std::uint32_t kWordBits = 64;
  static constexpr std::uint32_t kWords = kMaxCpus / kWordBits;

  // Empty.
  constexpr CpuSet() = default;

  // All that there could be.
  static constexpr CpuSet everywhere() {
    CpuSet set;
    set.words_.fill(~std::uint64_t{0});
    return set;
  }

  // The first so many CPUs.
  static constexpr CpuSet first(std::uint32_t cpus) {
    CpuSet set;
    for (std::uint32_t i = 0; i < cpus; ++i) {
      set.insert(CpuId{i});
    }
    return set;
  }

  static constexpr CpuSet only(CpuId cpu) {
    CpuSet set;
    set.insert(cpu);
    return set;
  }

  constexpr void insert(CpuId cpu) {
    expects(index_of(cpu) < kMaxCpus, "the CPU's number is possible");
    words_[index_of(cpu) / kWordBits] |= std::uint64_t{1} << index_of(cpu) % kWordBits;
  }

  constexpr void erase(CpuId cpu) {
    expects(index_of(cpu) < kMaxCpus, "the CPU's number is possible");
    words_[index_of(cpu) / kWordBits] &= ~(std::uint64_t{1} << index_of(cpu) % kWordBits);
  }

  constexpr bool contains(CpuId cpu) const {
    return index_of(cpu) < kMaxCpus &&
           (words_[index_of(cpu) / kWordBits] >> index_of(cpu) % kWordBits & 1) != 0;
  }

  constexpr bool empty() const { return *this == CpuSet(); }

  constexpr std::uint32_t size() const {
    std::uint32_t count = 0;
    for (const std::uint64_t word : words_) {
      count += static_cast<std::uint32_t>(std::popcount(word));
    }
    return count;
  }

  // CPUs 64 * number and on, the lowest bit first.
  constexpr std::uint64_t word(std::uint32_t number) const { return words_[number]; }

  // The first of the set from `from` on, in the order of their numbers and around the end; kNoCpu
  // if it is empty.
  constexpr CpuId first_from(CpuId from) const {
    const std::uint32_t begin = index_of(from) / kWordBits;
    const std::uint64_t upper = ~std::uint64_t{0} << index_of(from) % kWordBits;
    // The first word twice: its upper part at the beginning, its lower part in the end.
    for (std::uint32_t i = 0; i <= kWords; ++i) {
      const std::uint32_t number = (begin + i) % kWords;
      const std::uint64_t part = i == 0 ? upper : i == kWords ? ~upper : ~std::uint64_t{0};
      if (const std::uint64_t found = words_[number] & part; found != 0) {
        return CpuId{number * kWordBits + static_cast<std::uint32_t>(std::countr_zero(found))};
      }
    }
    return kNoCpu;
  }

  constexpr CpuSet operator&(const CpuSet& other) const {
    CpuSet both;
    for (std::uint32_t i = 0; i < kWords; ++i) {
      both.words_[i] = words_[i] & other.words_[i];
    }
    return both;
  }

  constexpr bool operator==(const CpuSet&) const = default;

 private:
  std::array<std::uint64_t, kWords> words_{};
};

}  // namespace tb
