// Scenarios of work that has to be shared, and of CPUs that are held while they share it.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

#include "base/atomic.h"
#include "runtime/pause.h"
#include "runtime/thread.h"
#include "tests/scenarios/crowd.h"
#include "tests/simulator/scenario_list.h"

namespace tb::simulator {

using namespace std::chrono_literals;
using test::Crowd;
using test::Suite;

// CPUs are held at every point of their way into the scheduler, and out of it.
void pauses(Suite& suite) {
  constexpr int kRounds = 300;
  Atomic<bool> ends{false};
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i + 1 < cpu_count(); ++i) {
    crowd.spawn([&ends, i] {
      while (!ends.load()) {
        if (i % 2 == 0) {
          this_thread::yield();
        } else {
          this_thread::sleep_for(5us);
        }
        test::spend(1us);
      }
    });
  }
  for (int round = 0; round < kRounds; ++round) {
    this_thread::sleep_for(20us);
    const OtherCpusPaused paused;
  }
  ends.store(true);
}

// A few threads that may run anywhere stand behind many that may not.
void hidden(Suite& suite) {
  constexpr int kPinned = 60;
  constexpr int kMovable = 4;
  Crowd crowd(suite);
  for (std::uint32_t i = 1; i < cpu_count(); ++i) {
    crowd.spawn([] { test::spend(3ms); }, {.affinity = CpuSet::only(CpuId{i})});
  }
  this_thread::sleep_for(200us);
  for (int i = 0; i < kPinned; ++i) {
    crowd.spawn([] { test::spend(1ms); }, {.affinity = CpuSet::only(CpuId{0})});
  }
  for (int i = 0; i < kMovable; ++i) {
    crowd.spawn([] { test::spend(1ms); }, {.cpu = CpuId{0}});
  }
}

// Threads that never pause, more than there are CPUs, get about the same.
void equal_shares(Suite& suite) {
  constexpr std::size_t kThreads = 12;
  Atomic<bool> ends{false};
  std::array<int, kThreads> work{};
  {
    Crowd crowd(suite);
    for (int& mine : work) {
      crowd.spawn([&ends, &mine] {
        while (!ends.load()) {
          test::spend(100us);
          ++mine;
        }
      });
    }
    this_thread::sleep_for(100ms);
    ends.store(true);
  }
  const auto [least, most] = std::ranges::minmax(work);
  suite.check(most <= 6 * least, "nobody gets more than six times the share of another");
}

}  // namespace tb::simulator
