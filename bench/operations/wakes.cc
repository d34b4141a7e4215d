// Blocking and waking by park() and wake(): on one CPU, between two, and out of the sleep of a CPU.
#include <array>
#include <atomic>
#include <chrono>
#include <optional>

#include "arch/cpu.h"
#include "base/cache_line.h"
#include "bench/operations/operations.h"
#include "bench/operations/threads.h"

namespace bench {
namespace {

constexpr std::uint32_t kHere = 0;

void spin_for(std::uint64_t ticks) {
  for (const std::uint64_t end = tb::ticks() + ticks; tb::ticks() < end;) {
    tb::arch::relax();
  }
}

// Wakes whoever it is answering whenever it is woken itself, until it is over.
class Partner {
 public:
  explicit Partner(std::uint32_t cpu)
      : thread_(spawn_on(cpu, [this, self = tb::this_thread::id()] {
          for (std::uint64_t answers = 1; !over_; ++answers) {
            tb::this_thread::park();
            answers_.store(answers, std::memory_order_release);  // pairs with the caller's acquire
            wake_up(self);
          }
        })) {}
  ~Partner() {
    over_ = true;
    wake_up(thread_.id());
    join(thread_);
  }
  Partner(const Partner&) = delete;
  Partner& operator=(const Partner&) = delete;

  // There and back.
  void call() {
    wake_up(thread_.id());
    do {
      tb::this_thread::park();
      // acquire: pairs with the partner's release.
    } while (answers_.load(std::memory_order_acquire) == answers_seen_);
    ++answers_seen_;
  }

 private:
  std::atomic<bool> over_ = false;
  // Each has lines of its own: the test of a wake is not to be one of the cache.
  alignas(tb::kCacheLineSize) std::atomic<std::uint64_t> answers_ = 0;  // the partner's
  alignas(tb::kCacheLineSize) std::uint64_t answers_seen_ = 0;          // the caller's
  tb::Thread thread_;
};

void measure_round_trips(Session& session, std::uint32_t partner_cpu) {
  const std::uint64_t rounds = session.sized(partner_cpu == kHere ? 10'000 : 2'000, 2'000, 100);
  Partner partner(partner_cpu);
  session.measure({.operation = "block_wake", .threads = 2, .cpus = partner_cpu + 1}, rounds, [&] {
    const std::uint64_t begin = tb::ticks();
    for (std::uint64_t i = 0; i < rounds; ++i) {
      partner.call();
    }
    return tb::ticks() - begin;
  });
}

// Says when it was woken: from the call of wake() to its first instruction after park().
class Sleeper {
 public:
  explicit Sleeper(std::uint32_t cpu, const tb::SchedulingParameters& scheduling = {})
      : thread_(spawn_on(cpu, [this] { sleep(); }, scheduling)) {}
  ~Sleeper() {
    over_ = true;
    wake_up(thread_.id());
    join(thread_);
  }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;

  std::uint64_t ticks_to_wake() {
    arrived_ = 0;
    expected_ = true;
    const std::uint64_t begin = tb::ticks();
    wake_up(thread_.id());
    while (arrived_ == 0) {
      tb::arch::relax();
    }
    return arrived_ - begin;
  }

 private:
  void sleep() {
    while (!over_) {
      tb::this_thread::park();
      if (expected_) {
        expected_ = false;
        arrived_ = tb::ticks();
      }
    }
  }

  std::atomic<bool> over_ = false;
  std::atomic<bool> expected_ = false;
  std::atomic<std::uint64_t> arrived_ = 0;
  tb::Thread thread_;
};

}  // namespace

// The least that two CPUs take to answer each other: what any other round trip is to be compared
// with.
void measure_word(Session& session) {
  if (tb::cpu_count() < 2) {
    return;
  }
  const std::uint64_t rounds = session.sized(10'000, 2'000, 100);
  std::atomic<std::uint64_t> word = 0;  // odd: the partner's turn
  std::atomic<bool> over = false;
  tb::Thread partner = spawn_on(kHere + 1, [&] {
    while (!over) {
      if (const std::uint64_t seen = word.load(); seen % 2 == 1) {
        word = seen + 1;
      }
    }
  });
  session.measure({.operation = "word", .threads = 2, .cpus = 2}, rounds, [&] {
    const std::uint64_t begin = tb::ticks();
    for (std::uint64_t i = 0; i < rounds; ++i) {
      const std::uint64_t mine = word.load();
      word = mine + 1;
      while (word.load() == mine + 1) {
      }
    }
    return tb::ticks() - begin;
  });
  over = true;
  join(partner);
}

// Between two CPUs nobody waits for long, so the CPU of the one that waits still polls.
void measure_block_wake(Session& session) {
  if (session.wants({.operation = "block_wake"})) {
    measure_round_trips(session, kHere);
  }
  if (tb::cpu_count() > 1) {
    measure_round_trips(session, kHere + 1);
  }
}

// The two halves on one CPU: waking threads that are parked, and their way back into their parks,
// one after the other: each returns from park(), and calls it again, which goes on to the next.
void measure_wake_and_park(Session& session) {
  constexpr std::uint64_t kThreads = 100;
  std::atomic<bool> over = false;
  std::vector<tb::Thread> crowd;
  for (std::uint64_t i = 0; i < kThreads; ++i) {
    crowd.push_back(spawn_on(kHere, [&over] {
      while (!over) {
        tb::this_thread::park();
      }
    }));
  }
  tb::this_thread::yield();
  // A thread that always computes would let each one that it wakes go first.
  const auto rest = [] { tb::this_thread::sleep_for(std::chrono::microseconds(10)); };
  for (int i = 0; i < 50; ++i) {
    rest();
  }
  const auto wake_all = [&crowd] {
    for (const tb::Thread& thread : crowd) {
      wake_up(thread.id());
    }
  };
  const std::array<Row, 2> rows{
      {{.operation = "wake", .threads = kThreads}, {.operation = "park", .threads = kThreads}}};
  session.measure_together(rows, kThreads, [&wake_all, &rest] {
    rest();
    const std::uint64_t begin = tb::ticks();
    wake_all();
    const std::uint64_t woken = tb::ticks();
    tb::this_thread::yield();
    return std::array{woken - begin, tb::ticks() - woken};
  });
  over = true;
  wake_all();
  join_all(crowd);
}

// One way, the partner's CPU having been without work for half a millisecond: it sleeps. Many, for
// a virtual machine's CPU takes half as long again in some seconds as in others.
void measure_wake_asleep(Session& session) {
  if (tb::cpu_count() < 2) {
    return;
  }
  const std::uint64_t rounds = session.sized(200, 20, 20);
  Sleeper sleeper(kHere + 1);
  session.measure({.operation = "wake_asleep", .threads = 2, .cpus = 2}, rounds, [&] {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < rounds; ++i) {
      spin_for(session.ticks_in(std::chrono::microseconds(500)));
      sum += sleeper.ticks_to_wake();
    }
    return sum;
  });
}

// One way, while another thread computes on the partner's CPU: the interrupt that tells that CPU,
// and whatever the policy makes of it.
void measure_wake_busy(Session& session) {
  if (tb::cpu_count() < 2) {
    return;
  }
  const std::uint64_t rounds = session.sized(10, 2, 1);
  const Hog hog(kHere + 1);
  Sleeper sleeper(kHere + 1);
  session.measure({.operation = "wake_busy", .threads = 3, .cpus = 2}, rounds, [&] {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < rounds; ++i) {
      spin_for(session.ticks_in(std::chrono::microseconds(100)));
      sum += sleeper.ticks_to_wake();
    }
    return sum;
  });
}

// The same of a thread that goes before whatever else there is; each wake is a sample.
void measure_wake_urgent(Session& session) {
  if (tb::cpu_count() < 2) {
    return;
  }
  const Hog hog(kHere + 1);
  Sleeper sleeper(kHere + 1,
                  {.policy = tb::SchedulingPolicy::kFifo, .priority = tb::sched::kHighestPriority});
  std::vector<std::uint64_t> samples(session.sized(10'000, 20, 20));
  for (std::uint64_t& sample : samples) {
    spin_for(session.ticks_in(std::chrono::microseconds(100)));
    sample = 100 * sleeper.ticks_to_wake();
  }
  session.report({.operation = "wake_urgent", .threads = 3, .cpus = 2}, "ticks",
                 std::move(samples));
}

}  // namespace bench
