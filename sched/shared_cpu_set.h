// CPUs that offer something, which others take notice of without a lock: those that have nothing to
// run. Whoever has a thread to give away takes one of them off the set and pushes the thread on its
// inbox; so two givers do not choose the same one.
//
// A CPU announces itself, then looks for work once more, then sleeps. A giver makes its work
// visible, then looks at the set. Both steps of both are sequentially consistent, so one of the two
// sees the other: no CPU sleeps on work that it could have had.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>

#include "base/atomic.h"
#include "base/cache_line.h"
#include "base/cpu_id.h"
#include "base/cpu_set.h"

namespace tb::sched {

template <template <class> class AtomicType = Atomic>
class SharedCpuSet {
 public:
  // The CPU itself, before it looks for work for the last time.
  void announce(CpuId cpu) {
    // The count before the bit: it may be too high for a moment, never too low.
    size_.fetch_add(1);
    if ((word_of(cpu).fetch_or(bit_of(cpu)) & bit_of(cpu)) != 0) {
      size_.fetch_sub(1);
    }
  }

  // The CPU itself, when it has found work or been told. From here on nobody counts on it.
  void withdraw(CpuId cpu) { static_cast<void>(claim(cpu)); }

  bool contains(CpuId cpu) const { return (word_of(cpu).load() & bit_of(cpu)) != 0; }

  // Whether there is somebody to claim; one read.
  bool any() const { return size_.load() > 0; }

  // Anybody: takes that CPU off; false if somebody else was faster. Who gets it pushes to it.
  bool claim(CpuId cpu) {
    if (!contains(cpu) || (word_of(cpu).fetch_and(~bit_of(cpu)) & bit_of(cpu)) == 0) {
      return false;
    }
    size_.fetch_sub(1);
    return true;
  }

  // Anybody: takes one of the allowed CPUs off, from `near` on in the order of their numbers.
  std::optional<CpuId> claim_any(const CpuSet& allowed, CpuId near) {
    const std::uint32_t first = index_of(near) / CpuSet::kWordBits;
    const std::uint64_t upper = ~std::uint64_t{0} << index_of(near) % CpuSet::kWordBits;
    // The first word twice: its upper part at the beginning, its lower part in the end.
    for (std::uint32_t i = 0; i <= CpuSet::kWords && any(); ++i) {
      const std::uint32_t number = (first + i) % CpuSet::kWords;
      const std::uint64_t part = i == 0 ? upper : i == CpuSet::kWords ? ~upper : ~std::uint64_t{0};
      if (const std::uint64_t candidates = allowed.word(number) & part; candidates != 0) {
        if (const auto cpu = claim_in(number, candidates)) {
          return cpu;
        }
      }
    }
    return std::nullopt;
  }

 private:
  static constexpr std::uint64_t bit_of(CpuId cpu) {
    return std::uint64_t{1} << index_of(cpu) % CpuSet::kWordBits;
  }
  auto& word_of(CpuId cpu) { return words_[index_of(cpu) / CpuSet::kWordBits]; }
  const auto& word_of(CpuId cpu) const { return words_[index_of(cpu) / CpuSet::kWordBits]; }

  std::optional<CpuId> claim_in(std::uint32_t number, std::uint64_t candidates) {
    for (;;) {
      const std::uint64_t idle = words_[number].load() & candidates;
      if (idle == 0) {
        return std::nullopt;
      }
      const CpuId cpu{number * CpuSet::kWordBits +
                      static_cast<std::uint32_t>(std::countr_zero(idle))};
      if (claim(cpu)) {
        return cpu;
      }
    }
  }

  // Shared.
  alignas(kCacheLineSize) AtomicType<std::uint32_t> size_{0};
  std::array<AtomicType<std::uint64_t>, CpuSet::kWords> words_{};
};

}  // namespace tb::sched
