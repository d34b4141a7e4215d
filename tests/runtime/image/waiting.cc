// Parking, waking, sleeping and yielding on real CPUs: no wake is lost, no sleep is short,
// everybody gets a turn.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>

#include "runtime/cpu.h"
#include "runtime/spin_lock.h"
#include "runtime/thread.h"
#include "tests/image/suite.h"

namespace {

using namespace std::chrono_literals;
using tb::CpuId;
using tb::CpuSet;
using tb::SpawnOptions;
using tb::test::Suite;

// Two threads wake each other in turn; one lost wake and neither would ever run again.
void play_ping_pong(Suite& suite, CpuId first, CpuId second) {
  constexpr int kRounds = 5'000;
  std::atomic<int> ball = 0;
  std::atomic<bool> known = false;
  std::array<tb::ThreadId, 2> players;
  const auto play = [&](int me) {
    while (!known) {
      tb::this_thread::yield();
    }
    for (int round = 0; round < kRounds; ++round) {
      while (ball % 2 != me) {
        tb::this_thread::park();
      }
      ++ball;
      static_cast<void>(tb::wake(players[1 - static_cast<std::size_t>(me)]));
    }
  };
  auto a = tb::spawn(play, 0, SpawnOptions{.name = "ping", .affinity = CpuSet::only(first)});
  auto b = tb::spawn(play, 1, SpawnOptions{.name = "pong", .affinity = CpuSet::only(second)});
  players = {a->id(), b->id()};
  known = true;
  suite.check(a->join() && b->join(), "both ended");
  suite.equal(ball.load(), 2 * kRounds, "times the ball was played");
}

// Everybody wakes everybody: wakes meet threads that run, are about to park, or are parked.
void storm(Suite& suite) {
  constexpr std::size_t kThreads = 16;
  constexpr int kWakes = 2'000;
  std::array<tb::Thread, kThreads> threads;
  std::array<std::atomic<int>, kThreads> tokens{};
  std::atomic<bool> known = false;
  for (std::size_t i = 0; i < kThreads; ++i) {
    threads[i] = std::move(*tb::spawn([&, i] {
      while (!known) {
        tb::this_thread::yield();
      }
      for (int n = 0; n < kWakes; ++n) {
        const std::size_t other = (i + 1 + static_cast<std::size_t>(n) % (kThreads - 1)) % kThreads;
        ++tokens[other];
        static_cast<void>(tb::wake(threads[other].id()));
        while (tokens[i] == 0) {
          tb::this_thread::park();
        }
        --tokens[i];
      }
    }));
  }
  known = true;
  int left = 0;
  for (std::size_t i = 0; i < kThreads; ++i) {
    suite.check(threads[i].join().has_value(), "the thread got all its wakes");
    left += tokens[i];
  }
  suite.equal(left, 0, "tokens that nobody took");
}

// The one on the parking thread's CPU never leaves by itself, so a wake that comes while the thread
// is still leaving its stack must bring the timer back.
void wake_in_the_middle(Suite& suite) {
  constexpr int kRounds = 300;
  std::atomic<int> parks = 0;
  std::atomic<int> wakes = 0;
  auto parker = tb::spawn(
      [&] {
        for (int round = 1; round <= kRounds; ++round) {
          parks = round;
          while (wakes < round) {
            tb::this_thread::park();
          }
        }
      },
      SpawnOptions{.name = "parker", .affinity = CpuSet::only(CpuId{0})});
  auto hog = tb::spawn(
      [&] {
        while (parks < kRounds) {
        }
      },
      SpawnOptions{.name = "hog", .affinity = CpuSet::only(CpuId{0})});
  auto waker = tb::spawn(
      [&, target = parker->id()] {
        for (int round = 1; round <= kRounds; ++round) {
          while (parks < round) {
          }
          for (volatile int delay = 0; delay < round; delay = delay + 1) {
          }
          wakes = round;
          static_cast<void>(tb::wake(target));
        }
      },
      SpawnOptions{.name = "waker", .affinity = CpuSet::only(CpuId{1})});
  suite.check(parker->join() && hog->join() && waker->join(), "all ended");
}

// A sleep parks for a reason of its own; a wake that comes meanwhile is for the next park all the
// same.
void keep_wakes_over_sleep(Suite& suite) {
  std::atomic<int> step = 0;
  auto sleeper = tb::spawn([&step] {
    step = 1;
    tb::this_thread::sleep_for(50ms);
    tb::this_thread::park();
    step = 2;
  });
  while (step < 1) {
    tb::this_thread::yield();
  }
  tb::this_thread::sleep_for(5ms);
  static_cast<void>(tb::wake(sleeper->id()));
  suite.check(sleeper->join().has_value(), "the park ended");
  suite.equal(step.load(), 2, "the step it reached");
}

void sleep_in_order(Suite& suite) {
  constexpr std::size_t kSleepers = 200;
  std::array<tb::Thread, kSleepers> threads;
  std::atomic<int> early = 0;
  for (std::size_t i = 0; i < kSleepers; ++i) {
    const tb::Duration length = std::chrono::microseconds(37 * ((i * 7919) % kSleepers));
    threads[i] = std::move(*tb::spawn([&early, length] {
      const tb::Time begin = tb::now();
      tb::this_thread::sleep_for(length);
      early += tb::now() - begin < length ? 1 : 0;
    }));
  }
  for (tb::Thread& thread : threads) {
    suite.check(thread.join().has_value(), "the sleeper woke up");
  }
  suite.equal(early.load(), 0, "sleeps that were short");
  const tb::Time before = tb::now();
  tb::this_thread::sleep_until(before - 1s);
  tb::this_thread::sleep_for(-1s);
  tb::this_thread::sleep_for(0s);
  suite.check(tb::now() - before < 1s, "times that have passed end at once");
}

void take_turns(Suite& suite) {
  constexpr std::size_t kThreads = 5;
  constexpr int kTurns = 100;
  std::array<tb::Thread, kThreads> threads;
  std::atomic<std::size_t> last = kThreads - 1;
  std::atomic<int> out_of_turn = 0;
  std::atomic<std::size_t> ready = 0;
  for (std::size_t i = 0; i < kThreads; ++i) {
    threads[i] = std::move(*tb::spawn(
        [&, i] {
          ++ready;
          while (ready < kThreads) {
            tb::this_thread::yield();
          }
          for (int n = 0; n < kTurns; ++n) {
            out_of_turn += last == i ? 1 : 0;  // nobody runs twice while others are ready
            last = i;
            tb::this_thread::yield();
          }
          --ready;
        },
        SpawnOptions{.affinity = CpuSet::only(CpuId{0})}));
  }
  for (tb::Thread& thread : threads) {
    suite.check(thread.join().has_value(), "the thread had its turns");
  }
  // The last one alone yields to nobody, so its own turns follow each other.
  suite.check(out_of_turn <= kTurns / 2, "yielding lets the others go first");
}

void lock(Suite& suite) {
  constexpr int kRounds = 20'000;
  tb::SpinLock spin_lock;
  int shared = 0;
  std::array<tb::Thread, 4> threads;
  for (tb::Thread& thread : threads) {
    thread = std::move(*tb::spawn([&] {
      for (int i = 0; i < kRounds; ++i) {
        const std::lock_guard guard(spin_lock);
        shared = shared + 1;
      }
    }));
  }
  for (tb::Thread& thread : threads) {
    suite.check(thread.join().has_value(), "the thread ended");
  }
  suite.equal(shared, 4 * kRounds, "additions under the lock");
}

// Without anybody to take turns with, nothing has to interrupt a thread. One interrupt may be left
// over from before.
void run_alone(Suite& suite) {
  std::uint64_t interrupts = 0;
  auto thread = tb::spawn(
      [&interrupts] {
        tb::this_thread::sleep_for(20ms);  // until the joiner waits
        const CpuId here = tb::this_thread::cpu();
        const tb::Time end = tb::now() + 1s;
        const std::uint64_t before = tb::cpu_at(here).timer_interrupts;
        while (tb::now() < end) {
        }
        interrupts = tb::cpu_at(here).timer_interrupts - before;
      },
      SpawnOptions{.affinity = CpuSet::only(CpuId{tb::cpu_count() - 1})});
  suite.check(thread->join().has_value(), "the thread ended");
  suite.check(interrupts <= 1, "at most one timer interrupt in a second");
}

}  // namespace

int main() {
  Suite suite;
  suite.test("two threads of one CPU wake each other 5,000 times",
             [](Suite& s) { play_ping_pong(s, CpuId{0}, CpuId{0}); });
  if (tb::cpu_count() > 1) {
    suite.test("two threads of two CPUs wake each other 5,000 times",
               [](Suite& s) { play_ping_pong(s, CpuId{0}, CpuId{1}); });
  }
  suite.test("no wake is lost when everybody wakes everybody", storm);
  if (tb::cpu_count() > 1) {
    suite.test("a wake in the middle of a park is not forgotten", wake_in_the_middle);
  }
  suite.test("a wake during a sleep ends the next park", keep_wakes_over_sleep);
  suite.test("no sleep is short", sleep_in_order);
  suite.test("threads that yield take turns", take_turns);
  suite.test("a spin lock keeps all but one out", lock);
  suite.test("a lone thread is left alone", run_alone);
  return suite.status();
}
