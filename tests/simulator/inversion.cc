// An inversion of priorities with exact times.
#include <array>
#include <chrono>
#include <mutex>

#include "arch/sim/simulator.h"
#include "runtime/console.h"
#include "runtime/sync/mutex.h"
#include "runtime/thread.h"
#include "tests/scenarios/crowd.h"
#include "tests/simulator/scenario_list.h"

namespace tb::simulator {

// After L. Sha et al. (1990), in milliseconds from the start: the low one computes 1, has the mutex
// for 4, computes 1; from 2 on the high one does 1, 2 and 1; from 3 on the middle one computes 10.
// The high one ends at 9, for the low one gives the mutex back at 6. Else it would at 16, and the
// high one end at 19.
void inversion_times(test::Suite& suite) {
  using namespace std::chrono_literals;
  Mutex mutex;
  const Time start = after(now(), 1ms);
  std::array<Duration, 3> ends{};
  test::Crowd crowd(suite);
  const auto run = [&](std::uint32_t who, Duration begin, std::array<Duration, 3> lengths) {
    crowd.spawn(
        [&, who, begin, lengths] {
          this_thread::sleep_until(after(start, begin));
          test::spend(lengths[0]);
          if (lengths[1] > 0ms) {
            const std::lock_guard guard(mutex);
            test::spend(lengths[1]);
          }
          test::spend(lengths[2]);
          ends[who] = now() - start;
        },
        {.affinity = CpuSet::only(CpuId{cpu_count() - 1}),
         .scheduling = {.policy = SchedulingPolicy::kFifo,
                        .priority = Priority{static_cast<std::uint8_t>(1 + who)}}});
  };
  run(0, 0ms, {1ms, 4ms, 1ms});
  run(1, 3ms, {10ms, 0ms, 0ms});
  run(2, 2ms, {1ms, 2ms, 1ms});
  crowd.join();
  constexpr std::array<Duration, 3> kExpected = {20ms, 19ms, 9ms};
  // Sleeps, switches, and interrupts each millisecond that others wait, each in microseconds.
  const Duration slack = 200us * arch::sim::slowness();
  for (std::uint32_t who = 0; who < ends.size(); ++who) {
    println("priority {} ends after {} us", who + 1, ends[who] / 1us);
    suite.check(
        wishes().has_delays || (ends[who] >= kExpected[who] && ends[who] <= kExpected[who] + slack),
        "each ends when it should");
  }
}

}  // namespace tb::simulator
