// How a scenario is explored.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <source_location>
#include <string>

namespace tb::explorer {

enum class Search {
  kEverything,  // every choice there is, depth first
  kRandom,      // each choice by lot
  // The thread of highest priority runs; priorities are drawn by lot, and fall at a few random
  // steps. Finds a bug that needs d threads' steps in one certain order with a known probability
  // (Burckhardt, Kothari, Musuvathi, Nagarakatte, "A randomized scheduler with probabilistic
  // guarantees of finding bugs", ASPLOS 2010). Writes are chosen by lot.
  kPriorities,
};

// Two runs that differ only in the order of steps that commute end in the same way.
enum class Reduction {
  // One of them is enough, if threads share nothing but ExploredAtomic and ExploredData (sleep
  // sets:
  // Godefroid, "Partial-order methods for the verification of concurrent systems", 1996).
  kSleepSets,
  kNone,
};

// One place in the source that names a memory order. A compare-exchange names two.
struct Site {
  enum class Access { kLoad, kStore, kUpdate, kFailure };

  std::source_location where;
  Access access;
};

// Gives the order that is used instead of the one that the source has.
using OrderRule = std::function<std::memory_order(const Site&, std::memory_order)>;

// Every operation seq_cst: interleavings alone, without old writes.
inline std::memory_order make_seq_cst(const Site& /*site*/, std::memory_order /*order*/) {
  return std::memory_order_seq_cst;
}

struct Options {
  Search search = Search::kEverything;
  Reduction reduction = Reduction::kSleepSets;

  // The most; kEverything usually ends before.
  std::size_t runs = 10'000'000;

  std::uint64_t seed = 1;

  // Of kPriorities: how often in a run the running thread becomes the last of all.
  std::size_t priority_changes = 2;

  // How many steps a run may have; a longer one is a failure, for it may never end.
  std::size_t steps = 1'000;

  // How often in a run compare_exchange_weak may fail without a reason.
  std::size_t spurious_failures = 0;

  OrderRule order_rule = nullptr;

  // The path that a report has named: runs that one only.
  std::string replay = "";
};

}  // namespace tb::explorer
