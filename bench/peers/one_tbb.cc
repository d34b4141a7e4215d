// oneTBB: tasks, which run to their end on the stack of a worker; who waits runs other tasks.
#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <cstdint>

#include "bench/peers/measure.h"

namespace {

std::uint64_t skynet(std::uint64_t first, std::uint64_t leaves) {
  if (leaves == 1) {
    return first;
  }
  std::uint64_t sums[10];
  tbb::task_group parts;
  for (std::uint64_t i = 0; i < 10; ++i) {
    parts.run(
        [&sums, i, first, leaves] { sums[i] = skynet(first + i * (leaves / 10), leaves / 10); });
  }
  parts.wait();
  std::uint64_t sum = 0;
  for (const std::uint64_t part : sums) {
    sum += part;
  }
  return sum;
}

std::uint64_t fibonacci(std::uint64_t n) {
  if (n < 2) {
    return n;
  }
  std::uint64_t left = 0;
  std::uint64_t right = 0;
  tbb::task_group calls;
  calls.run([&left, n] { left = fibonacci(n - 1); });
  calls.run([&right, n] { right = fibonacci(n - 2); });
  calls.wait();
  return left + right;
}

void measure_spawns(peers::Session& session) {
  constexpr std::uint64_t kRounds = 10'000;
  session.measure({.operation = "spawn_join"}, kRounds, [] {
    tbb::task_group group;
    const std::uint64_t begin = peers::ticks();
    for (std::uint64_t i = 0; i < kRounds; ++i) {
      group.run([] {});
      group.wait();
    }
    return peers::ticks() - begin;
  });
}

void measure_many(peers::Session& session, std::uint64_t threads) {
  session.measure({.operation = "spawn_many", .threads = threads}, threads, [&] {
    tbb::task_group group;
    const std::uint64_t begin = peers::ticks();
    for (std::uint64_t i = 0; i < threads; ++i) {
      group.run([] {});
    }
    group.wait();
    return peers::ticks() - begin;
  });
}

void measure_trees(peers::Session& session, unsigned cpus) {
  const std::uint64_t leaves = session.sized(1'000'000, 1'000);
  session.measure({.operation = "skynet", .threads = leaves, .cpus = cpus}, 1, [&] {
    const std::uint64_t begin = peers::ticks();
    const bool right = skynet(0, leaves) == leaves * (leaves - 1) / 2;
    return right ? peers::ticks() - begin : 0;
  });
  const std::uint64_t n = session.sized(27, 10);
  session.measure({.operation = "fibonacci", .threads = n, .cpus = cpus}, 1, [&] {
    const std::uint64_t begin = peers::ticks();
    fibonacci(n);
    return peers::ticks() - begin;
  });
}

}  // namespace

int main(int argc, char** argv) {
  peers::Session session("oneTBB", peers::Stacks::kNone, argc, argv);
  for (const unsigned cpus : {1u, 2u}) {
    tbb::global_control limit(tbb::global_control::max_allowed_parallelism, cpus);
    tbb::task_arena arena(static_cast<int>(cpus));
    arena.execute([&] {
      if (cpus == 1) {
        measure_spawns(session);
        for (const std::uint64_t threads : {10'000, 100'000}) {
          measure_many(session, session.sized(threads, 100));
        }
      }
      measure_trees(session, cpus);
    });
  }
  return 0;
}
