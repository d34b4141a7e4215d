// A set of CPUs, such as those a thread may run on.
#pragma once

#include <array>
#include <cstdint>

#include "base/assert.h"
#include "base/cpu_id.h"

namespace tb {

class CpuSet {
 public:
  static constexpr std::uint32_t kMaxCpus = 1024;

  // Empty.
  constexpr CpuSet() = default;

  // All that there could be.
  static constexpr CpuSet everywhere() {
    CpuSet set;
    set.words_.fill(~std::uint64_t{0});
    return set;
  }

  constexpr void insert(CpuId cpu) {
    expects(index_of(cpu) < kMaxCpus, "the CPU's number is possible");
    words_[index_of(cpu) / kBits] |= std::uint64_t{1} << index_of(cpu) % kBits;
  }

  constexpr bool contains(CpuId cpu) const {
    return index_of(cpu) < kMaxCpus &&
           (words_[index_of(cpu) / kBits] >> index_of(cpu) % kBits & 1) != 0;
  }

  constexpr bool empty() const { return *this == CpuSet(); }

  constexpr bool operator==(const CpuSet&) const = default;

 private:
  static constexpr std::uint32_t kBits = 64;

  std::array<std::uint64_t, kMaxCpus / kBits> words_{};
};

}  // namespace tb
