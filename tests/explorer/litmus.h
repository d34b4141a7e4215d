// For tests with a few loads and stores whose possible outcomes are known.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <functional>
#include <set>
#include <vector>

#include "tests/explorer/passes.h"

namespace tb::explorer {

inline constexpr auto kRelaxed = std::memory_order_relaxed;
inline constexpr auto kAcquire = std::memory_order_acquire;
inline constexpr auto kRelease = std::memory_order_release;
inline constexpr auto kAcqRel = std::memory_order_acq_rel;
inline constexpr auto kSeqCst = std::memory_order_seq_cst;

using Threads = std::vector<std::function<void()>>;
using Outcome = std::vector<int>;

// Two locations, and what the threads have read.
struct Litmus {
  Litmus() {
    name(x, "x");
    name(y, "y");
  }

  ExploredAtomic<int> x{0};
  ExploredAtomic<int> y{0};
  std::array<int, 4> r{};
};

// All outcomes of a scenario that has an outcome() in place of a check().
template <class Test>
std::set<Outcome> outcomes(const Options& options = {}) {
  static std::set<Outcome> seen;
  struct Noting : Test {
    void check() { seen.insert(this->outcome()); }
  };
  seen.clear();
  const Report report = explore<Noting>(options);
  EXPECT_TRUE(passes(report));
  EXPECT_EQ(report.coverage == Coverage::kEverything, options.search == Search::kEverything);
  return seen;
}

template <class Test>
bool allows(const Outcome& outcome) {
  return outcomes<Test>().contains(outcome);
}

}  // namespace tb::explorer
