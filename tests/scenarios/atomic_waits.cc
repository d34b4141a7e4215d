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
// does not wait any more is in nobody's way. Before, a change that is waited for as long as it
// takes; in the end one that does not come in time, and one that a stop puts an end to.
void impatient_atomics(Suite& suite) {
  constexpr std::uint32_t kRounds = 60;
  std::atomic<std::uint32_t> value = 0;
  std::atomic<std::uint32_t> begun = 0;
  std::atomic<std::uint32_t> changed = 0;
  std::atomic<std::uint32_t> late = 0;
  StopSource source;
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < crowd_size(); ++i) {
    crowd.spawn([&, i, token = source.get_token()] {
      const auto wait_for = [&](std::uint32_t before, Duration duration) {
        const bool has_changed = atomic_wait_for(value, before, duration);
        suite.check(!has_changed || value != before, "it has changed");
        ++(has_changed ? changed : late);
        return has_changed;
      };
      ++begun;
      suite.check(wait_for(0, 1h), "it changes in time");
      Random random(i);
      for (std::uint32_t round = 0; round < kRounds; ++round) {
        wait_for(value, Duration(random.below(40'000)));
      }
      for (std::uint32_t before = value; before != kRounds; before = value) {
        atomic_wait(value, before);
      }
      suite.check(!wait_for(kRounds, 1us), "it changes no more");
      suite.check(!atomic_wait(value, kRounds, token), "a stop ends the wait");
    });
  }
  while (begun < crowd_size()) {
    this_thread::sleep_for(100us);
  }
  Random random(9);
  for (std::uint32_t next = 1; next <= kRounds; ++next) {
    this_thread::sleep_for(Duration(random.below(40'000)));
    value = next;
    atomic_notify_all(value);
  }
  while (changed + late < crowd_size() * (kRounds + 2)) {
    this_thread::sleep_for(100us);
  }
  source.request_stop();
  crowd.join();
  suite.check(changed >= crowd_size() && late >= crowd_size(), "waits have ended in both ways");
}

}  // namespace tb::test
