// Barriers at which some are not expected any more, and arrivals of several at once.
#include <atomic>
#include <chrono>
#include <cstdint>

#include "runtime/sync/barrier.h"
#include "runtime/sync/latch.h"
#include "runtime/sync/semaphore.h"
#include "tests/scenarios/crowd.h"
#include "tests/scenarios/synchronisation.h"

namespace tb::test {

using namespace std::chrono_literals;

// In each phase another one arrives for the last time; it does not wait, and the others wait for
// it once more and then for those who are left.
void drop_outs(Suite& suite) {
  const std::uint32_t count = crowd_size() + 20;
  std::atomic<std::uint32_t> arrived = 0;
  std::uint32_t completed = 0;  // by one thread at a time
  std::uint32_t expected = 0;   // likewise: arrivals by the end of the phase
  const auto complete = [&] {
    expected += count - completed;
    ++completed;
    suite.equal(arrived.load(), expected, "arrivals when a phase is complete");
  };
  Barrier barrier(count, complete);
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < count; ++i) {
    crowd.spawn(
        [&, i] {
          Random random(i);
          for (std::uint32_t phase = 0; phase < i; ++phase) {
            spend(Duration(random.below(2'000)));
            ++arrived;
            barrier.arrive_and_wait();
          }
          ++arrived;
          barrier.arrive_and_drop();
        },
        there(i));
  }
  crowd.join();
  suite.equal(completed, count, "phases");
}

// Each counts for as many as it says, and for no more.
void counts_at_once(Suite& suite) {
  const std::uint32_t count = crowd_size();
  Latch latch(3 * count + 2);
  Barrier barrier(3 * count + 2);
  Semaphore semaphore(0);
  std::atomic<std::uint32_t> went = 0;
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < count; ++i) {
    crowd.spawn(
        [&] {
          latch.count_down(1);
          const auto arrival = barrier.arrive(3);
          latch.arrive_and_wait(2);
          barrier.wait(arrival);
          semaphore.acquire();
          ++went;
        },
        there(i));
  }
  const auto arrival = barrier.arrive(1);
  latch.count_down();
  suite.check(!latch.wait_until(now() + 30us), "one is missing at the latch");
  latch.count_down();
  suite.check(!barrier.wait_until(arrival, now() + 30us), "and at the barrier");
  static_cast<void>(barrier.arrive());
  latch.wait();
  barrier.wait(arrival);
  suite.equal(went.load(), 0U, "threads that have gone on without a permit");
  semaphore.release(count + 2);
  crowd.join();
  suite.equal(went.load(), count, "threads that have gone on");
  suite.check(semaphore.try_acquire() && semaphore.try_acquire() && !semaphore.try_acquire(),
              "what is too much is left");
  Semaphore full(Semaphore::max() - 1);
  full.release();
  suite.check(full.try_acquire(), "as many as there can be");
  const Latch large(Latch::max());
  Barrier large_barrier(Barrier<>::max());
  static_cast<void>(large_barrier.arrive(Barrier<>::max() - 1));
  large_barrier.arrive_and_wait();
}

}  // namespace tb::test
