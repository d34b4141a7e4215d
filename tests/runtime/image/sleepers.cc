// A hundred thousand threads asleep at once, each until a time of its own.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <vector>

#include "runtime/console.h"
#include "runtime/thread.h"
#include "tests/image/suite.h"

namespace {

using namespace std::chrono_literals;
using tb::Duration;
using tb::Time;
using tb::test::Suite;

constexpr std::uint32_t kThreads = 100'000;
constexpr Duration kStep = 2us;  // between two who wake one after the other

struct Night {
  std::atomic<std::uint32_t> asleep = 0;
  std::atomic<std::uint32_t> early = 0;
};

// Neighbours fall asleep one after the other and wake far apart.
Time wake_up_at(Time first, std::uint32_t number) {
  constexpr std::uint64_t kStride = 61'813;  // prime to their number
  return tb::after(first, static_cast<Duration::rep>(number * kStride % kThreads) * kStep);
}

// Whether all were asleep when the first one was to wake.
bool sleep_together(Suite& suite, Night& night, Duration until_first) {
  const Time first = tb::after(tb::now(), until_first);
  std::vector<tb::Thread> threads;
  threads.reserve(kThreads);
  for (std::uint32_t i = 0; i < kThreads; ++i) {
    auto thread = tb::spawn([&night, wake_up = wake_up_at(first, i)] {
      ++night.asleep;
      tb::this_thread::sleep_until(wake_up);
      night.early += tb::now() < wake_up ? 1 : 0;
    });
    suite.check(thread.has_value(), "there is room for one more");
    threads.push_back(std::move(*thread));
  }
  while (night.asleep < kThreads && tb::now() < first) {
    tb::this_thread::sleep_for(1ms);
  }
  const bool together = night.asleep == kThreads && tb::now() < first;
  for (tb::Thread& thread : threads) {
    suite.check(thread.join().has_value(), "each wakes and ends");
  }
  return together;
}

// On a slow host it takes longer until all are asleep.
void many_sleepers(Suite& suite) {
  bool together = false;
  for (Duration until_first = 2s; !together && until_first < 200s; until_first *= 3) {
    Night night;
    together = sleep_together(suite, night, until_first);
    suite.equal(night.asleep.load(), kThreads, "threads that slept");
    suite.equal(night.early.load(), 0U, "threads that woke too early");
  }
  suite.check(together, "all were asleep at once");
}

}  // namespace

int main() {
  Suite suite;
  suite.test("a hundred thousand threads sleep at once", many_sleepers);
  return suite.status();
}
