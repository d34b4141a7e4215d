// Waiting for atomic variables to change: no change is missed, whoever shares a bucket.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

#include "runtime/sync/atomic_wait.h"
#include "tests/scenarios/crowd.h"
#include "tests/scenarios/synchronisation.h"

namespace tb::test {

using namespace std::chrono_literals;

// Pairs of threads count in turns, each pair with a variable of its own; there are more of those
// who wait than buckets that are near each other.
void atomic_turns(Suite& suite) {
  constexpr std::uint32_t kTurns = 60;
  struct Turns {
    std::array<std::atomic<std::uint32_t>, 64> turn{};
  };
  const auto turns = std::make_unique<Turns>();
  CpusSeen seen;
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < 2 * crowd_size(); ++i) {
    crowd.spawn(
        [&seen, i, &turn = turns->turn[i / 2]] {
          for (std::uint32_t mine = i % 2; mine < kTurns; mine += 2) {
            seen.note();
            for (std::uint32_t now = turn; now != mine; now = turn) {
              atomic_wait(turn, now);
            }
            ++turn;
            atomic_notify_one(turn);
          }
        },
        there(i));
  }
  crowd.join();
  for (std::uint32_t pair = 0; pair < crowd_size(); ++pair) {
    suite.equal(turns->turn[pair].load(), kTurns, "turns of a pair");
  }
  suite.equal(seen.count(), most_cpus(), "CPUs that took part");
}

// All go on at each change, more than are let go at once.
void atomic_crowds(Suite& suite) {
  constexpr std::uint32_t kRounds = 20;
  const std::uint32_t count = crowd_size() + 20;
  std::atomic<std::uint32_t> round = 0;
  std::atomic<std::uint32_t> seen = 0;
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < count; ++i) {
    crowd.spawn([&] {
      for (std::uint32_t mine = 0; mine < kRounds; ++mine) {
        atomic_wait(round, mine);
        suite.check(round > mine, "it has changed");
        ++seen;
        atomic_notify_one(seen);
      }
    });
  }
  for (std::uint32_t next = 1; next <= kRounds; ++next) {
    round = next;
    atomic_notify_all(round);
    for (std::uint32_t now = seen; now < next * count; now = seen) {
      atomic_wait(seen, now);
    }
  }
  crowd.join();
  suite.equal(seen.load(), kRounds * count, "changes that were seen");
}

// A change and a time at about the same instant: whoever says it has changed has seen it, and who
// does not wait any more is in nobody's way. In the end a change that comes, one that does not come
// in time, and one that a stop puts an end to.
void impatient_atomics(Suite& suite) {
  constexpr std::uint32_t kRounds = 60;
  std::atomic<std::uint32_t> value = 0;
  std::atomic<std::uint32_t> ends = 0;
  StopSource source;
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < crowd_size(); ++i) {
    crowd.spawn([&, i, token = source.get_token()] {
      Random random(i);
      for (std::uint32_t round = 0; round < kRounds; ++round) {
        const std::uint32_t before = value;
        const bool has_changed = atomic_wait_for(value, before, Duration(random.below(40'000)));
        suite.check(!has_changed || value != before, "it has changed");
        ++ends;
      }
      for (std::uint32_t before = value; before != kRounds; before = value) {
        atomic_wait(value, before);
      }
      suite.check(!atomic_wait_for(value, kRounds, 1us), "it changes no more");
      ++ends;
      suite.check(!atomic_wait(value, kRounds, token), "a stop ends the wait");
    });
  }
  Random random(9);
  for (std::uint32_t next = 1; next <= kRounds; ++next) {
    this_thread::sleep_for(Duration(random.below(40'000)));
    value = next;
    atomic_notify_all(value);
  }
  while (ends < crowd_size() * (kRounds + 1)) {
    this_thread::sleep_for(100us);
  }
  source.request_stop();
  crowd.join();
}

}  // namespace tb::test
