// Holding the other CPUs still: while they are held no thread runs there, afterwards all go on.
#include "runtime/pause.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

#include "runtime/thread.h"
#include "tests/image/suite.h"

namespace {

using namespace std::chrono_literals;
using tb::CpuId;
using tb::CpuSet;
using tb::test::Suite;

constexpr std::uint32_t kMostCpus = 64;

// A thread on each CPU that counts without end.
class Counters {
 public:
  Counters() {
    for (std::uint32_t i = 0; i < tb::cpu_count(); ++i) {
      threads_[i] = std::move(*tb::spawn(
          [this, i] {
            while (!ends_) {
              ++counts_[i];
            }
          },
          tb::SpawnOptions{.affinity = CpuSet::only(CpuId{i})}));
    }
  }
  Counters(const Counters&) = delete;
  Counters& operator=(const Counters&) = delete;
  ~Counters() {
    ends_ = true;
    for (std::uint32_t i = 0; i < tb::cpu_count(); ++i) {
      static_cast<void>(threads_[i].join());
    }
  }

  std::uint64_t of(std::uint32_t cpu) const { return counts_[cpu]; }

  // All count after the call.
  void wait_for_all() const {
    for (std::uint32_t i = 0; i < tb::cpu_count(); ++i) {
      const std::uint64_t before = of(i);
      while (of(i) == before) {
        tb::this_thread::yield();
      }
    }
  }

 private:
  std::array<tb::Thread, kMostCpus> threads_;
  std::array<std::atomic<std::uint64_t>, kMostCpus> counts_{};
  std::atomic<bool> ends_ = false;
};

void spin(tb::Duration duration) {
  const tb::Time end = tb::now() + duration;
  while (tb::now() < end) {
  }
}

void hold_still(Suite& suite) {
  const auto counters = std::make_unique<Counters>();
  for (int round = 0; round < 8; ++round) {
    counters->wait_for_all();
    int moved = 0;
    {
      const tb::OtherCpusPaused paused;
      std::array<std::uint64_t, kMostCpus> before{};
      for (std::uint32_t i = 0; i < tb::cpu_count(); ++i) {
        before[i] = counters->of(i);
      }
      spin(2ms);
      for (std::uint32_t i = 0; i < tb::cpu_count(); ++i) {
        moved += counters->of(i) == before[i] ? 0 : 1;
      }
    }
    suite.equal(moved, 0, "CPUs that counted while they were held");
  }
  counters->wait_for_all();
}

void hold_sleeping_ones(Suite& suite) {
  for (int round = 0; round < 25; ++round) {
    tb::this_thread::sleep_for(100us);
    const tb::OtherCpusPaused paused;
  }
  suite.check(true, "nobody waits for ever");
}

void hold_each_other(Suite& suite) {
  std::atomic<int> inside = 0;
  std::atomic<int> together = 0;
  std::array<tb::Thread, 4> threads;
  for (std::uint32_t i = 0; i < threads.size(); ++i) {
    threads[i] = std::move(*tb::spawn(
        [&] {
          for (int round = 0; round < 25; ++round) {
            const tb::OtherCpusPaused paused;
            together += ++inside == 1 ? 0 : 1;
            --inside;
          }
        },
        tb::SpawnOptions{.affinity = CpuSet::only(CpuId{i % tb::cpu_count()})}));
  }
  for (tb::Thread& thread : threads) {
    suite.check(thread.join().has_value(), "the thread ended");
  }
  suite.equal(together.load(), 0, "times that two held the others at once");
}

}  // namespace

int main() {
  Suite suite;
  suite.test("busy CPUs are held and go on", hold_still);
  suite.test("sleeping CPUs are held and go on", hold_sleeping_ones);
  suite.test("those who hold each other take turns", hold_each_other);
  return suite.status();
}
