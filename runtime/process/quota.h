// So much of something that may be taken, by many at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>

#include "base/assert.h"
#include "base/atomic.h"

namespace tb {

inline constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

template <template <class> class AtomicType = Atomic>
class Quota {
 public:
  explicit constexpr Quota(std::size_t limit = kNoLimit) : limit_(limit) {}

  // False if no so much is left; then nothing is taken.
  bool take(std::size_t amount) {
    std::size_t used = used_.load();
    do {
      if (amount > limit_.load() || used > limit_.load() - amount) {
        return false;
      }
    } while (!used_.compare_exchange_weak(used, used + amount));
    return true;
  }

  // Of what was taken; returns how much is still.
  std::size_t give(std::size_t amount) {
    const std::size_t used = used_.fetch_sub(amount);
    expects(used >= amount, "what is given back was taken");
    return used - amount;
  }

  // What somebody else may have taken; no more than is. Returns how much.
  std::size_t give_at_most(std::size_t amount) {
    std::size_t used = used_.load();
    while (!used_.compare_exchange_weak(used, used > amount ? used - amount : 0)) {
    }
    return std::min(used, amount);
  }

  std::size_t used() const { return used_.load(); }
  std::size_t limit() const { return limit_.load(); }

  // What is taken above it stays taken.
  void set_limit(std::size_t limit) { limit_ = limit; }

  // Before anybody takes.
  void begin(std::size_t limit) {
    limit_ = limit;
    used_ = 0;
  }

 private:
  AtomicType<std::size_t> used_{0};  // shared
  AtomicType<std::size_t> limit_;    // shared
};

}  // namespace tb
