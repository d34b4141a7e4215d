// Two threads that wait for each other again and again, and then do not: wherever the scheduler has
// brought them meanwhile, nobody waits for whoever computes.
#include <atomic>
#include <chrono>
#include <cstdint>

#include "runtime/sync/channel.h"
#include "runtime/sync/semaphore.h"
#include "tests/scenarios/crowd.h"
#include "tests/scenarios/synchronisation.h"

namespace tb::test {

using namespace std::chrono_literals;

namespace {

constexpr int kRounds = 4;
constexpr int kTurns = 60;

// Computes until the other one, which has just been told to go on, has done so.
void compute_until(const std::atomic<int>& round, int wanted) {
  while (round != wanted) {
    spend(1us);
  }
}

}  // namespace

void semaphore_pairs(Suite& suite) {
  Semaphore ping(0);
  Semaphore pong(0);
  std::atomic<int> round = 0;
  Crowd crowd(suite);
  crowd.spawn([&] {
    for (int wanted = 1; wanted <= kRounds; ++wanted) {
      for (int turn = 0; turn < kTurns; ++turn) {
        ping.release();
        pong.acquire();
      }
      ping.release();
      compute_until(round, wanted);
    }
  });
  crowd.spawn([&] {
    for (int turn = 1; turn <= kRounds * (kTurns + 1); ++turn) {
      ping.acquire();
      if (turn % (kTurns + 1) == 0) {
        ++round;
      } else {
        pong.release();
      }
    }
  });
  crowd.join();
  suite.equal(round.load(), kRounds, "rounds");
}

// Who waits at a channel without room watches the other one instead, unless the two come together.
void channel_pairs(Suite& suite) {
  Channel<int> channel;
  std::atomic<int> round = 0;
  Crowd crowd(suite);
  crowd.spawn([&] {
    for (int wanted = 1; wanted <= kRounds; ++wanted) {
      for (int turn = 0; turn <= 2 * kTurns; ++turn) {
        suite.check(channel.send(turn).has_value(), "a value is sent");
      }
      compute_until(round, wanted);
    }
  });
  crowd.spawn([&] {
    for (int begun = 0; begun < kRounds; ++begun) {
      for (int turn = 0; turn <= 2 * kTurns; ++turn) {
        const auto value = channel.receive();
        suite.check(value && *value == turn, "the next one is received");
      }
      ++round;
    }
  });
  crowd.join();
  suite.equal(round.load(), kRounds, "rounds");
}

}  // namespace tb::test
