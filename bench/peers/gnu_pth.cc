// GNU Pth: threads of the library alone, all on one CPU.
#include <pth.h>

#include <cstdint>
#include <vector>

#include "bench/peers/measure.h"

namespace {

pth_t spawn(pth_attr_t attributes, void* (*function)(void*), void* argument) {
  return pth_spawn(attributes, function, argument);
}

pth_attr_t with_small_stack() {
  pth_attr_t attributes = pth_attr_new();
  pth_attr_set(attributes, PTH_ATTR_STACK_SIZE, 16 * 1024);
  return attributes;
}

void join_all(const std::vector<pth_t>& threads) {
  for (const pth_t thread : threads) {
    pth_join(thread, nullptr);
  }
}

void measure_yields(peers::Session& session, std::uint64_t threads) {
  const peers::Row row{.operation = "yield", .threads = threads};
  if (!session.wants(row)) {
    return;
  }
  bool stop = false;
  const pth_attr_t attributes = with_small_stack();
  std::vector<pth_t> others;
  for (std::uint64_t i = 1; i < threads; ++i) {
    others.push_back(spawn(
        attributes,
        [](void* over) -> void* {
          while (!*static_cast<volatile bool*>(over)) {
            pth_yield(nullptr);
          }
          return nullptr;
        },
        &stop));
  }
  const std::uint64_t rounds = std::max<std::uint64_t>(1, 5'000 / threads);
  session.measure(row, rounds * threads, [&] {
    const std::uint64_t begin = peers::ticks();
    for (std::uint64_t i = 0; i < rounds; ++i) {
      pth_yield(nullptr);
    }
    return peers::ticks() - begin;
  });
  stop = true;
  join_all(others);
}

// It has no park and wake of its own below this.
struct Turns {
  pth_mutex_t mutex = PTH_MUTEX_INIT;
  pth_cond_t changed = PTH_COND_INIT;
  int turn = 0;

  int wait_until_not(int value) {
    pth_mutex_acquire(&mutex, FALSE, nullptr);
    while (turn == value) {
      pth_cond_await(&changed, &mutex, nullptr);
    }
    const int now = turn;
    pth_mutex_release(&mutex);
    return now;
  }
  void set(int value) {
    pth_mutex_acquire(&mutex, FALSE, nullptr);
    turn = value;
    pth_cond_notify(&changed, FALSE);
    pth_mutex_release(&mutex);
  }
};

void measure_wakes(peers::Session& session) {
  constexpr std::uint64_t kRounds = 2'000;
  Turns turns;
  const pth_t partner = spawn(
      PTH_ATTR_DEFAULT,
      [](void* shared) -> void* {
        auto* const turn = static_cast<Turns*>(shared);
        while (turn->wait_until_not(0) != 2) {
          turn->set(0);
        }
        return nullptr;
      },
      &turns);
  for (const char* const operation : {"block_wake", "condition_variable"}) {
    session.measure({.operation = operation, .threads = 2}, kRounds, [&] {
      const std::uint64_t begin = peers::ticks();
      for (std::uint64_t i = 0; i < kRounds; ++i) {
        turns.set(1);
        turns.wait_until_not(1);
      }
      return peers::ticks() - begin;
    });
  }
  turns.set(2);
  pth_join(partner, nullptr);
}

void* do_nothing(void*) { return nullptr; }

void measure_spawns(peers::Session& session) {
  constexpr std::uint64_t kRounds = 500;
  const pth_attr_t attributes = with_small_stack();
  session.measure({.operation = "spawn_join"}, kRounds, [&] {
    const std::uint64_t begin = peers::ticks();
    for (std::uint64_t i = 0; i < kRounds; ++i) {
      pth_join(spawn(attributes, do_nothing, nullptr), nullptr);
    }
    return peers::ticks() - begin;
  });
}

void measure_many(peers::Session& session, std::uint64_t threads) {
  const pth_attr_t attributes = with_small_stack();
  session.measure({.operation = "spawn_many", .threads = threads}, threads, [&] {
    std::vector<pth_t> crowd;
    crowd.reserve(threads);
    const std::uint64_t begin = peers::ticks();
    for (std::uint64_t i = 0; i < threads; ++i) {
      crowd.push_back(spawn(attributes, do_nothing, nullptr));
    }
    join_all(crowd);
    return peers::ticks() - begin;
  });
}

void measure_free_mutex(peers::Session& session) {
  constexpr std::uint64_t kRounds = 100'000;
  pth_mutex_t mutex = PTH_MUTEX_INIT;
  session.measure({.operation = "mutex_free"}, kRounds, [&] {
    const std::uint64_t begin = peers::ticks();
    for (std::uint64_t i = 0; i < kRounds; ++i) {
      pth_mutex_acquire(&mutex, FALSE, nullptr);
      pth_mutex_release(&mutex);
    }
    return peers::ticks() - begin;
  });
}

}  // namespace

int main(int argc, char** argv) {
  peers::Session session("GNU Pth", peers::Stacks::kOwn, argc, argv);
  peers::pin_to(0);
  pth_init();
  for (const std::uint64_t threads : {2, 100, 1'000}) {
    measure_yields(session, session.sized(threads, threads == 2 ? 2 : 10));
  }
  measure_wakes(session);
  measure_spawns(session);
  measure_many(session, session.sized(10'000, 100));
  measure_free_mutex(session);
  session.measure_sleeps([] { pth_usleep(50); });
  return 0;
}
