// The searches: depth first, random, by priorities; and the replay.
#include "tests/explorer/strategy.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace tb::explorer {
namespace {

// SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, 2014).
class Lots {
 public:
  explicit Lots(std::uint64_t seed) : state_(seed) {}

  std::size_t below(std::size_t bound) {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t mixed = (state_ ^ state_ >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    return static_cast<std::size_t>((mixed ^ mixed >> 31) % bound);
  }

 private:
  std::uint64_t state_;
};

class DepthFirst final : public Strategy {
 public:
  explicit DepthFirst(Reduction reduction) : reduction_(reduction) {}

  bool begin_run() override {
    if (std::exchange(begun_, true)) {
      while (!path_.empty() && path_.back().taken + 1 == path_.back().possible) {
        path_.pop_back();
      }
      if (path_.empty()) {
        return false;
      }
      ++path_.back().taken;
    }
    depth_ = 0;
    asleep_.clear();
    redundant_ = false;
    return true;
  }

  // A thread sleeps when all runs in which it goes first have been seen already, until somebody
  // takes a step that does not commute with its own.
  std::size_t choose_thread(std::span<const Candidate> candidates) override {
    awake_.clear();
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (std::ranges::count(asleep_, candidates[i].thread) == 0) {
        awake_.push_back(i);
      }
    }
    redundant_ = redundant_ || awake_.empty();
    if (redundant_) {
      return 0;
    }
    const std::size_t taken = choose_write(awake_.size());
    if (reduction_ == Reduction::kSleepSets) {
      for (std::size_t i = 0; i < taken; ++i) {
        asleep_.push_back(candidates[awake_[i]].thread);
      }
      const Step& step = candidates[awake_[taken]].step;
      std::erase_if(asleep_, [&](ThreadIndex thread) {
        const auto sleeper = std::ranges::find(candidates, thread, &Candidate::thread);
        return sleeper == candidates.end() || !sleeper->step.commutes_with(step);
      });
    }
    return awake_[taken];
  }

  std::size_t choose_write(std::size_t possible) override {
    if (redundant_ || possible == 1) {
      return 0;
    }
    if (depth_ == path_.size()) {
      path_.push_back({0, possible});
    }
    expects(path_[depth_].possible == possible, "a scenario does the same on the same path");
    return path_[depth_++].taken;
  }

  bool is_redundant() const override { return redundant_; }

 private:
  struct Choice {
    std::size_t taken;
    std::size_t possible;
  };

  Reduction reduction_;
  bool begun_ = false;
  bool redundant_ = false;
  std::vector<Choice> path_;
  std::size_t depth_ = 0;
  std::vector<ThreadIndex> asleep_;
  std::vector<std::size_t> awake_;  // indices of candidates
};

// Each run has lots of its own, so that it does not depend on how many there were before.
class RandomWalk : public Strategy {
 public:
  explicit RandomWalk(const Options& options) : seed_(options.seed) {}

  bool begin_run() override {
    lots_ = Lots(Lots(seed_ + run_++).below(~std::size_t{0}));
    return true;
  }

  std::size_t choose_thread(std::span<const Candidate> candidates) override {
    return lots_.below(candidates.size());
  }

  std::size_t choose_write(std::size_t possible) override { return lots_.below(possible); }

 protected:
  Lots& lots() { return lots_; }

 private:
  std::uint64_t seed_;
  std::uint64_t run_ = 0;
  Lots lots_{0};
};

class Priorities final : public RandomWalk {
 public:
  explicit Priorities(const Options& options)
      : RandomWalk(options), changes_(options.priority_changes) {}

  bool begin_run() override {
    RandomWalk::begin_run();
    longest_ = std::max(longest_, std::exchange(step_, 0));
    last_first_.resize(kMaxThreads);
    for (ThreadIndex thread = 0; thread < kMaxThreads; ++thread) {
      last_first_[thread] = thread;
    }
    for (std::size_t i = kMaxThreads; i > 1; --i) {
      std::swap(last_first_[i - 1], last_first_[lots().below(i)]);
    }
    change_at_.clear();
    for (std::size_t i = 0; i < changes_; ++i) {
      change_at_.push_back(1 + lots().below(longest_));
    }
    return true;
  }

  std::size_t choose_thread(std::span<const Candidate> candidates) override {
    if (std::ranges::count(change_at_, step_++) != 0) {
      const auto first = std::ranges::find(last_first_, candidates[best(candidates)].thread);
      std::rotate(last_first_.begin(), first, first + 1);
    }
    return best(candidates);
  }

 private:
  std::size_t best(std::span<const Candidate> candidates) const {
    const auto rank = [&](const Candidate& candidate) {
      return std::ranges::find(last_first_, candidate.thread);
    };
    return static_cast<std::size_t>(std::ranges::max_element(candidates, {}, rank) -
                                    candidates.begin());
  }

  std::size_t changes_;
  std::size_t longest_ = 1;  // of the runs so far, in steps
  std::size_t step_ = 0;
  std::vector<ThreadIndex> last_first_;  // by priority
  std::vector<std::size_t> change_at_;
};

class Replay final : public Strategy {
 public:
  explicit Replay(std::vector<std::size_t> path) : path_(std::move(path)) {}

  bool begin_run() override { return !std::exchange(begun_, true); }

  std::size_t choose_thread(std::span<const Candidate> candidates) override {
    return choose_write(candidates.size());
  }

  std::size_t choose_write(std::size_t possible) override {
    if (possible == 1 || depth_ == path_.size()) {
      return 0;
    }
    expects(path_[depth_] < possible, "the path is one of this scenario");
    return path_[depth_++];
  }

 private:
  std::vector<std::size_t> path_;
  std::size_t depth_ = 0;
  bool begun_ = false;
};

}  // namespace

std::unique_ptr<Strategy> make_strategy(const Options& options) {
  switch (options.search) {
    case Search::kRandom:
      return std::make_unique<RandomWalk>(options);
    case Search::kPriorities:
      return std::make_unique<Priorities>(options);
    case Search::kEverything:
      break;
  }
  return std::make_unique<DepthFirst>(options.reduction);
}

std::unique_ptr<Strategy> make_replay(std::vector<std::size_t> path) {
  return std::make_unique<Replay>(std::move(path));
}

}  // namespace tb::explorer
