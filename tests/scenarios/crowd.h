// What scenarios are made of: threads that are joined together, and a note of the CPUs that ran.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/cpu_set.h"
#include "runtime/thread.h"
#include "tests/image/random.h"  // IWYU pragma: export
#include "tests/image/suite.h"

namespace tb::test {

// Which CPUs have run something; anybody notes.
class CpusSeen {
 public:
  void note() { seen_[index_of(this_thread::cpu())] = true; }

  std::uint32_t count() const {
    std::uint32_t count = 0;
    for (const std::atomic<bool>& each : seen_) {
      count += each ? 1 : 0;
    }
    return count;
  }

 private:
  std::array<std::atomic<bool>, CpuSet::kMaxCpus> seen_{};
};

// Threads of one scenario.
class Crowd {
 public:
  explicit Crowd(Suite& suite) : suite_(suite) {}
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;
  ~Crowd() { join(); }

  template <class Function>
  ThreadId spawn(Function function, const SpawnOptions& options = {}) {
    auto thread = tb::spawn(std::move(function), options);
    suite_.check(thread.has_value(), "a thread begins");
    if (!thread) {
      return {};
    }
    threads_.push_back(std::move(*thread));
    return threads_.back().id();
  }

  void join() {
    for (Thread& thread : threads_) {
      suite_.check(thread.join().has_value(), "a thread has ended");
    }
    threads_.clear();
  }

 private:
  Suite& suite_;
  std::vector<Thread> threads_;
};

// Counts down; one thread waits for the end.
class Countdown {
 public:
  explicit Countdown(std::uint32_t count) : left_(count), waiter_(this_thread::id()) {}

  void count() {
    const ThreadId waiter = waiter_;
    // Whoever waits may be gone as soon as nothing is left.
    if (left_.fetch_sub(1) == 1) {
      static_cast<void>(wake(waiter));
    }
  }

  // By the thread that has made it.
  void wait() const {
    while (left_ != 0) {
      this_thread::park();
    }
  }

 private:
  std::atomic<std::uint32_t> left_;
  const ThreadId waiter_;
};

}  // namespace tb::test
