// Who goes on, and which write is read: the choices that make one run different from the next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "tests/explorer/options.h"
#include "tests/explorer/view.h"

namespace tb::explorer {

// What a thread will do as soon as it goes on. Two steps that do not touch the same location have
// the same effect in both orders, nor do two loads; but a seq_cst load limits later ones.
struct Step {
  enum class Kind { kLoad, kStrictLoad, kWrite, kWait };

  Kind kind;
  LocationId location;

  bool commutes_with(const Step& other) const {
    if (kind == Kind::kWait || other.kind == Kind::kWait) {
      return false;
    }
    const bool both_load = kind != Kind::kWrite && other.kind != Kind::kWrite;
    const bool both_strict = kind == Kind::kStrictLoad && other.kind == Kind::kStrictLoad;
    return location != other.location || (both_load && !both_strict);
  }
};

struct Candidate {
  ThreadIndex thread;
  Step step;
};

class Strategy {
 public:
  virtual ~Strategy() = default;

  // False when there is nothing left to try.
  virtual bool begin_run() = 0;

  // The index of one of the candidates, who can all go on. The first one has just run, unless it
  // cannot go on.
  virtual std::size_t choose_thread(std::span<const Candidate> candidates) = 0;

  // One of `possible` writes, two or more, counted from the newest; also for other decisions.
  virtual std::size_t choose_write(std::size_t possible) = 0;

  // Whether this run turned out to be like an earlier one.
  virtual bool is_redundant() const { return false; }
};

std::unique_ptr<Strategy> make_strategy(const Options& options);

// Takes these choices and no others, as a Path has them.
std::unique_ptr<Strategy> make_replay(std::vector<std::size_t> path);

}  // namespace tb::explorer
