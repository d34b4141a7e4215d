// Policies and priorities: who is more urgent runs at once, wherever the change comes from.
#include "runtime/scheduling.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <variant>
#include <vector>

#include "runtime/console.h"
#include "runtime/thread.h"
#include "tests/image/suite.h"

namespace {

using namespace std::chrono_literals;
using tb::CpuId;
using tb::CpuSet;
using tb::Priority;
using tb::SchedulingParameters;
using tb::SchedulingPolicy;
using tb::SpawnOptions;
using tb::test::Suite;

constexpr SchedulingParameters kIdle{.policy = SchedulingPolicy::kIdle, .nice = 19};

SchedulingParameters fifo(int priority) {
  return {.policy = SchedulingPolicy::kFifo,
          .priority = Priority{static_cast<std::uint8_t>(priority)}};
}

const CpuSet kHere = CpuSet::only(CpuId{0});

SpawnOptions here(const SchedulingParameters& parameters) {
  return {.affinity = kHere, .scheduling = parameters};
}

void become(const SchedulingParameters& parameters) {
  tb::expects(tb::set_scheduling(tb::this_thread::id(), parameters).has_value(), "it is possible");
}

template <class Kind>
bool fails_with(const SchedulingParameters& parameters) {
  const auto done = tb::set_scheduling(tb::this_thread::id(), parameters);
  const auto spawned = tb::spawn([] {}, SpawnOptions{.scheduling = parameters});
  return !done && std::holds_alternative<Kind>(done.error()) && !spawned &&
         std::holds_alternative<Kind>(spawned.error());
}

// Everything on one CPU, so that after a call that must have an effect it can be looked at.
void wake_somebody_urgent(Suite& suite) {
  int turns = 0;
  bool over = false;
  auto urgent = tb::spawn(
      [&] {
        while (!over) {
          tb::this_thread::park();
          ++turns;
        }
      },
      here(fifo(50)));
  suite.check(urgent.has_value(), "a Fifo thread");
  for (int wakes = 0; wakes < 1'000; ++wakes) {
    suite.equal(turns, wakes, "turns so far");
    static_cast<void>(tb::wake(urgent->id()));
  }
  over = true;
  static_cast<void>(tb::wake(urgent->id()));
  suite.check(urgent->join().has_value(), "it ends");
}

void spawn_by_priority(Suite& suite) {
  std::vector<int> order;
  std::vector<tb::Thread> threads;
  become(fifo(99));
  for (const int priority : {7, 3, 98, 50, 1, 51}) {
    auto thread =
        tb::spawn([&order, priority] { order.push_back(priority); }, here(fifo(priority)));
    threads.push_back(std::move(*thread));
  }
  auto idle = tb::spawn([&order] { order.push_back(-1); }, here(kIdle));
  auto normal = tb::spawn([&order] { order.push_back(0); }, here({}));
  suite.equal(order.size(), std::size_t{0}, "threads that ran before the most urgent one");
  for (tb::Thread& thread : threads) {
    suite.check(thread.join().has_value(), "it ends");
  }
  suite.check(normal->join() && idle->join(), "they end");
  suite.check(order == std::vector{98, 51, 50, 7, 3, 1, 0, -1},
              "the order is that of the priorities");
  become({});
}

void change_others(Suite& suite) {
  int turns = 0;
  auto ready = tb::spawn([&turns] { ++turns; }, here({}));
  suite.check(tb::set_scheduling(ready->id(), fifo(1)).has_value(), "a ready thread");
  suite.equal(turns, 1, "turns of it when the call returns");
  suite.check(ready->join().has_value(), "it ends");

  auto parked = tb::spawn(
      [&turns] {
        tb::this_thread::park();
        ++turns;
      },
      here(fifo(2)));
  suite.check(tb::set_scheduling(parked->id(), {}).has_value(), "a parked thread");
  suite.check(tb::scheduling(parked->id()) == SchedulingParameters(), "is what it was told to be");
  static_cast<void>(tb::wake(parked->id()));
  suite.equal(turns, 1, "turns of a thread that is not urgent any more");
  suite.check(parked->join().has_value(), "it ends");
}

// A Fifo thread has its CPU for itself, for much longer than any slice.
void keep_the_cpu(Suite& suite) {
  std::atomic<int> others = 0;
  become(fifo(10));
  auto normal = tb::spawn([&others] { ++others; }, here({}));
  for (const tb::Time end = tb::now() + 150ms; tb::now() < end;) {
  }
  suite.equal(others.load(), 0, "turns of a Normal thread meanwhile");
  become({});
  suite.check(normal->join().has_value(), "then it runs");
}

void share_with_an_idle_one(Suite& suite) {
  std::atomic<bool> over = false;
  std::atomic<int> turns = 0;
  auto idle = tb::spawn(
      [&] {
        while (!over) {
          ++turns;
          tb::this_thread::yield();
        }
      },
      here(kIdle));
  for (const tb::Time end = tb::now() + 50ms; tb::now() < end;) {
    tb::this_thread::yield();
  }
  suite.equal(turns.load(), 0, "turns of an Idle thread beside one that yields");
  tb::this_thread::sleep_for(5ms);
  suite.check(turns > 0, "it runs when nobody else does");
  over = true;
  suite.check(idle->join().has_value(), "it ends");
}

void refuse_what_cannot_be(Suite& suite) {
  using Policy = SchedulingPolicy;
  suite.check(fails_with<tb::InvalidPriority>({.policy = Policy::kFifo}), "Fifo without priority");
  suite.check(fails_with<tb::InvalidPriority>(fifo(100)), "a priority too high");
  suite.check(fails_with<tb::InvalidPriority>({.priority = Priority{1}}), "Normal with a priority");
  suite.check(fails_with<tb::InvalidNice>({.nice = 20}), "too nice");
  suite.check(fails_with<tb::InvalidNice>({.nice = -21}), "not nice enough");
  suite.check(fails_with<tb::InvalidNice>({.policy = Policy::kIdle}), "an Idle thread is nice");
  suite.check(fails_with<tb::PolicyNotSupported>({.policy = Policy{4}}), "no such policy");
  const auto nobody = tb::set_scheduling({.index = 1'000'000, .generation = 1}, fifo(1));
  suite.check(!nobody && std::holds_alternative<tb::ThreadNotFound>(nobody.error()), "no thread");
}

// Always ready, on one CPU: all get on, by whatever algorithm.
void compute_side_by_side(Suite& suite) {
  std::atomic<bool> over = false;
  std::vector<std::atomic<std::uint64_t>> rounds(3);
  std::vector<tb::Thread> threads;
  for (std::size_t i = 0; i < rounds.size(); ++i) {
    threads.push_back(*tb::spawn(
        [&, i] {
          while (!over) {
            ++rounds[i];
          }
        },
        here({.nice = static_cast<std::int8_t>(i * 5)})));
  }
  tb::this_thread::sleep_for(1s);
  over = true;
  for (std::size_t i = 0; i < rounds.size(); ++i) {
    suite.check(threads[i].join().has_value(), "it ends");
    suite.check(rounds[i] > 0, "everybody gets on");
  }
}

}  // namespace

int main() {
  tb::expects(tb::set_affinity(tb::this_thread::id(), kHere).has_value(), "CPU 0 exists");
  Suite suite;
  suite.test("who is more urgent runs as soon as it is woken", wake_somebody_urgent);
  suite.test("threads run by their priorities", spawn_by_priority);
  suite.test("a change has its effect before the call returns", change_others);
  suite.test("a Fifo thread keeps its CPU", keep_the_cpu);
  suite.test("an Idle thread runs when nobody else does", share_with_an_idle_one);
  suite.test("what cannot be is refused", refuse_what_cannot_be);
  suite.test("those who compute get on side by side", compute_side_by_side);
  return suite.status();
}
