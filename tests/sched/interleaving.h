// Runs a few short threads in every possible order of their atomic operations: threads stop before
// each operation, and only one goes on at a time. It knows sequential consistency only, no store
// buffers. A thread must not wait for another.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <semaphore>
#include <thread>
#include <utility>
#include <vector>

namespace tb {

// One run of all threads along one path of choices.
class Interleaving {
 public:
  struct Choice {
    std::size_t taken;
    std::size_t possible;
  };

  // Follows `path` as far as it goes, takes the first choice from there on, and notes every choice.
  void run(const std::vector<std::function<void()>>& bodies, std::vector<Choice>& path) {
    std::vector<std::jthread> threads;
    for (std::size_t index = 0; index < bodies.size(); ++index) {
      batons_.push_back(std::make_unique<Baton>());
      threads.emplace_back(
          [this, &baton = *batons_.back(), &body = bodies[index]] { live(baton, body); });
    }
    std::vector<std::size_t> alive(bodies.size());
    for (std::size_t index = 0; index < alive.size(); ++index) {
      alive[index] = index;
    }
    for (std::size_t step = 0; !alive.empty(); ++step) {
      if (step == path.size()) {
        path.push_back({0, alive.size()});
      }
      const std::size_t choice = path[step].taken;
      Baton& baton = *batons_[alive[choice]];
      baton.go.release();
      back_.acquire();
      if (baton.done) {
        alive.erase(alive.begin() + static_cast<std::ptrdiff_t>(choice));
      }
    }
  }

  // Called before each atomic operation; does nothing outside of run().
  static void stop() {
    if (current_run != nullptr) {
      current_run->back_.release();
      current_baton->go.acquire();
    }
  }

 private:
  struct Baton {
    std::binary_semaphore go{0};
    bool done = false;
  };

  void live(Baton& baton, const std::function<void()>& body) {
    baton.go.acquire();
    current_run = this;
    current_baton = &baton;
    body();
    baton.done = true;
    back_.release();
  }

  static inline thread_local Interleaving* current_run = nullptr;
  static inline thread_local Baton* current_baton = nullptr;

  std::vector<std::unique_ptr<Baton>> batons_;
  std::binary_semaphore back_{0};
};

// A scenario is made anew for every run: its threads, and what must hold when all have ended.
template <class S>
concept InterleavingScenario = std::default_initializable<S> && requires(S scenario) {
  { scenario.threads() } -> std::same_as<std::vector<std::function<void()>>>;
  scenario.check();
};

// Goes through all interleavings and returns how many there were.
template <InterleavingScenario Scenario>
std::size_t explore_interleavings() {
  std::vector<Interleaving::Choice> path;
  std::size_t runs = 0;
  do {
    Scenario scenario;
    Interleaving().run(scenario.threads(), path);
    scenario.check();
    ++runs;
    while (!path.empty() && path.back().taken + 1 == path.back().possible) {
      path.pop_back();
    }
    if (!path.empty()) {
      ++path.back().taken;
    }
  } while (!path.empty());
  return runs;
}

// Stands for std::atomic in what is explored. Memory orders are accepted and ignored.
template <class T>
class ExploredAtomic {
 public:
  constexpr ExploredAtomic(T value = {}) : value_(value) {}  // NOLINT: as std::atomic does.

  template <class... Orders>
  T load(Orders...) const {
    Interleaving::stop();
    return value_;
  }

  template <class... Orders>
  void store(T value, Orders...) {
    Interleaving::stop();
    value_ = value;
  }

  template <class... Orders>
  T exchange(T value, Orders...) {
    Interleaving::stop();
    return std::exchange(value_, value);
  }

  template <class... Orders>
  bool compare_exchange_strong(T& expected, T desired, Orders...) {
    Interleaving::stop();
    if (value_ != expected) {
      expected = value_;
      return false;
    }
    value_ = desired;
    return true;
  }

  template <class... Orders>
  bool compare_exchange_weak(T& expected, T desired, Orders... orders) {
    return compare_exchange_strong(expected, desired, orders...);
  }

 private:
  T value_;
};

}  // namespace tb
