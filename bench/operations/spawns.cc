// Beginning and ending threads.
#include <array>

#include "bench/operations/operations.h"
#include "bench/operations/threads.h"

namespace bench {

void measure_spawn_join(Session& session) {
  const std::uint64_t rounds = session.sized(5'000, 1'000, 100);
  session.measure({.operation = "spawn_join"}, rounds, [rounds] {
    const std::uint64_t begin = tb::ticks();
    for (std::uint64_t i = 0; i < rounds; ++i) {
      tb::Thread thread = spawn_on(0, [] {});
      join(thread);
    }
    return tb::ticks() - begin;
  });
}

namespace {

// All are spawned before the first is joined; how many have not ended by then, the policy decides.
// The first round, which does not count, has filled their stacks.
void measure_spawn_of(Session& session, std::uint64_t threads) {
  std::vector<tb::Thread> crowd;
  crowd.reserve(threads);
  session.measure({.operation = "spawn_many", .threads = threads}, threads, [&] {
    const std::uint64_t begin = tb::ticks();
    for (std::uint64_t i = 0; i < threads; ++i) {
      crowd.push_back(spawn_on(0, [] {}));
    }
    join_all(crowd);
    const std::uint64_t end = tb::ticks();
    crowd.clear();
    return end - begin;
  });
}

}  // namespace

void measure_spawn_many(Session& session) {
  if (session.size() == Size::kShort) {
    measure_spawn_of(session, 100);
    return;
  }
  measure_spawn_of(session, 10'000);
  if (session.size() == Size::kFull) {
    measure_spawn_of(session, 100'000);
  }
}

// The same in steps: threads are made, have their turn one after the other, and are joined when
// they have ended.
void measure_steps_of_a_life(Session& session) {
  constexpr std::uint64_t kThreads = 100;
  std::vector<tb::Thread> crowd;
  crowd.reserve(kThreads);
  const std::array<Row, 3> rows{{{.operation = "spawn", .threads = kThreads},
                                 {.operation = "begin_end", .threads = kThreads},
                                 {.operation = "join", .threads = kThreads}}};
  session.measure_together(rows, kThreads, [&crowd] {
    const std::uint64_t begin = tb::ticks();
    for (std::uint64_t i = 0; i < kThreads; ++i) {
      crowd.push_back(spawn_on(0, [] {}));
    }
    const std::uint64_t spawned = tb::ticks();
    tb::this_thread::yield();
    const std::uint64_t ended = tb::ticks();
    join_all(crowd);
    const std::uint64_t joined = tb::ticks();
    crowd.clear();
    return std::array{spawned - begin, ended - spawned, joined - ended};
  });
}

}  // namespace bench
