// Synchronisation objects: free, wanted by several threads, and as a way to wait for each other.
#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <vector>

#include "arch/cpu.h"
#include "bench/operations/operations.h"
#include "bench/operations/threads.h"
#include "runtime/sync/barrier.h"
#include "runtime/sync/condition_variable.h"
#include "runtime/sync/mutex.h"
#include "runtime/sync/semaphore.h"

namespace bench {
namespace {

void lock_and_unlock(tb::Mutex& mutex) {
  const std::lock_guard guard(mutex);
  asm volatile("" : : : "memory");
}

// Threads on both CPUs, as many on each, begin together.
template <class Work>
std::uint64_t time_together(std::uint64_t threads, std::uint32_t cpus, Work work) {
  std::atomic<std::uint64_t> ready = 0;
  std::atomic<bool> begin = false;
  std::vector<tb::Thread> others;
  for (std::uint64_t i = 1; i < threads; ++i) {
    others.push_back(spawn_on(static_cast<std::uint32_t>(i % cpus), [&, i] {
      ++ready;
      while (!begin) {
        tb::this_thread::yield();
      }
      work(i);
    }));
  }
  while (ready < threads - 1) {
    tb::this_thread::yield();
  }
  const std::uint64_t first = tb::ticks();
  begin = true;
  work(0);
  join_all(others);
  return tb::ticks() - first;
}

void measure_contended(Session& session, std::uint64_t threads) {
  const std::uint64_t rounds = session.sized(50'000, 5'000, 100);
  session.measure({.operation = "mutex_contended", .threads = threads, .cpus = 2}, threads * rounds,
                  [&] {
                    tb::Mutex mutex;
                    return time_together(threads, 2, [&](std::uint64_t) {
                      for (std::uint64_t i = 0; i < rounds; ++i) {
                        lock_and_unlock(mutex);
                      }
                    });
                  });
}

// How much more often the busiest has had the mutex than the idlest, in a while in which all want
// it.
void measure_shares(Session& session, std::uint64_t threads) {
  std::vector<std::uint64_t> ratios;
  for (std::uint64_t i = 0; i < session.sized(3, 2, 1); ++i) {
    tb::Mutex mutex;
    std::vector<std::uint64_t> turns(threads);
    const std::uint64_t end = tb::ticks() + session.ticks_in(std::chrono::seconds(1));
    time_together(threads, 2, [&](std::uint64_t number) {
      while (tb::ticks() < end) {
        lock_and_unlock(mutex);
        ++turns[number];
      }
    });
    const auto [idlest, busiest] = std::ranges::minmax(turns);
    ratios.push_back(Session::hundredths(busiest, std::max<std::uint64_t>(idlest, 1)));
  }
  session.report({.operation = "mutex_share", .threads = threads, .cpus = 2}, "times",
                 std::move(ratios));
}

void measure_semaphore(Session& session, std::uint32_t partner_cpu) {
  const std::uint64_t rounds = session.sized(partner_cpu == 0 ? 10'000 : 2'000, 2'000, 100);
  tb::Semaphore there(0);
  tb::Semaphore back(0);
  bool over = false;  // written before a release, read after the acquire
  tb::Thread partner = spawn_on(partner_cpu, [&] {
    for (;;) {
      there.acquire();
      if (over) {
        return;
      }
      back.release();
    }
  });
  session.measure({.operation = "semaphore", .threads = 2, .cpus = partner_cpu + 1}, rounds, [&] {
    const std::uint64_t begin = tb::ticks();
    for (std::uint64_t i = 0; i < rounds; ++i) {
      there.release();
      back.acquire();
    }
    return tb::ticks() - begin;
  });
  over = true;
  there.release();
  join(partner);
}

void measure_condition_variable(Session& session, std::uint32_t partner_cpu) {
  const std::uint64_t rounds = session.sized(partner_cpu == 0 ? 10'000 : 2'000, 2'000, 100);
  tb::Mutex mutex;
  tb::ConditionVariable changed;
  int turn = 0;  // guarded
  const auto wait_until_not = [&](int value) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return turn != value; });
    return turn;
  };
  const auto set = [&](int value) {
    const std::lock_guard lock(mutex);
    turn = value;
    changed.notify_one();
  };
  tb::Thread partner = spawn_on(partner_cpu, [&] {
    while (wait_until_not(0) != 2) {
      set(0);
    }
  });
  session.measure({.operation = "condition_variable", .threads = 2, .cpus = partner_cpu + 1},
                  rounds, [&] {
                    const std::uint64_t begin = tb::ticks();
                    for (std::uint64_t i = 0; i < rounds; ++i) {
                      set(1);
                      wait_until_not(1);
                    }
                    return tb::ticks() - begin;
                  });
  set(2);
  join(partner);
}

void measure_barrier(Session& session, std::uint32_t partner_cpu) {
  const std::uint64_t rounds = session.sized(partner_cpu == 0 ? 10'000 : 2'000, 2'000, 100);
  session.measure({.operation = "barrier", .threads = 2, .cpus = partner_cpu + 1}, rounds, [&] {
    tb::Barrier barrier(2);
    const auto meet = [&barrier](std::uint64_t times) {
      for (std::uint64_t i = 0; i < times; ++i) {
        barrier.arrive_and_wait();
      }
    };
    tb::Thread partner = spawn_on(partner_cpu, [&] { meet(1 + rounds); });
    meet(1);  // it has begun
    const std::uint64_t begin = tb::ticks();
    meet(rounds);
    const std::uint64_t taken = tb::ticks() - begin;
    join(partner);
    return taken;
  });
}

// The same with the partner here, and on the second CPU if there is one.
void measure_with_partners(Session& session, void (*measure)(Session&, std::uint32_t)) {
  for (std::uint32_t cpu = 0; cpu < std::min(tb::cpu_count(), 2U); ++cpu) {
    if (session.wants({.operation = "", .cpus = cpu + 1})) {
      measure(session, cpu);
    }
  }
}

}  // namespace

void measure_mutex(Session& session) {
  const std::uint64_t rounds = session.sized(100'000, 10'000, 1'000);
  tb::Mutex mutex;
  session.measure({.operation = "mutex_free"}, rounds, [&] {
    const std::uint64_t begin = tb::ticks();
    for (std::uint64_t i = 0; i < rounds; ++i) {
      lock_and_unlock(mutex);
    }
    return tb::ticks() - begin;
  });
}

void measure_contended_mutex(Session& session) {
  if (tb::cpu_count() < 2) {
    return;
  }
  for (const std::uint64_t threads : {2, 8}) {
    measure_contended(session, threads);
    measure_shares(session, threads);
  }
}

void measure_semaphore(Session& session) { measure_with_partners(session, measure_semaphore); }

void measure_condition_variable(Session& session) {
  measure_with_partners(session, measure_condition_variable);
}

void measure_barrier(Session& session) { measure_with_partners(session, measure_barrier); }

}  // namespace bench
