// Going from one thread to another: the bare switch, the choice, and both by yield().
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <memory>

#include "arch/context.h"
#include "bench/operations/operations.h"
#include "bench/operations/threads.h"
#include "runtime/preemption.h"
#include "sched/entity.h"
#include "sched/run_queue.h"

namespace bench {
namespace {

// Of the one thread that measures: the two ends of the bare switch.
constinit tb::arch::Context here{};
constinit tb::arch::Context there{};

void switch_back_for_ever(void*) {
  for (;;) {
    tb::arch::switch_context(there, here);
  }
}

}  // namespace

// No scheduler: the contract's switch, inlined, with preemption off. Both contexts have the same
// thread pointer, as threads without thread_local variables have.
void measure_switch(Session& session) {
  constexpr std::size_t kStack = 32 * tb::kKiB;
  constexpr std::uint64_t kRounds = 10'000;
  const auto stack = std::make_unique<std::array<std::byte, kStack>>();
  tb::arch::make_context(there, *stack, switch_back_for_ever, nullptr,
                         tb::arch::thread_pointer_of(here));
  session.measure({.operation = "switch", .threads = 2}, 2 * kRounds, [] {
    const tb::PreemptionGuard guard;
    const std::uint64_t begin = tb::ticks();
    for (std::uint64_t i = 0; i < kRounds; ++i) {
      tb::arch::switch_context(here, there);
    }
    return tb::ticks() - begin;
  });
}

// The run queue that boots, and nothing else: one goes to the back, the first one is taken.
void measure_pick(Session& session) {
  using Queue = tb::sched::RunQueue<tb::sched::RoundRobin<tb::sched::Entity>>;
  constexpr std::size_t kMost = 1'000;
  constexpr std::uint64_t kRounds = 10'000;
  const auto entities = std::make_unique<std::array<tb::sched::Entity, kMost>>();
  for (const std::size_t ready : {std::size_t{2}, kMost}) {
    Queue queue(std::chrono::milliseconds(10));
    for (std::size_t i = 1; i < ready; ++i) {
      queue.enqueue((*entities)[i], tb::sched::EnqueueReason::kSpawned);
    }
    tb::sched::Entity* running = entities->data();
    session.measure({.operation = "pick", .threads = ready}, kRounds, [&] {
      const std::uint64_t begin = tb::ticks();
      for (std::uint64_t i = 0; i < kRounds; ++i) {
        queue.enqueue(*running, tb::sched::EnqueueReason::kYielded);
        running = queue.take_next();
      }
      return tb::ticks() - begin;
    });
    while (queue.take_next() != nullptr) {
    }
  }
}

namespace {

void measure_yield_of(Session& session, std::uint64_t threads) {
  std::atomic<bool> over = false;
  std::vector<tb::Thread> others;
  others.reserve(threads);
  for (std::uint64_t i = 1; i < threads; ++i) {
    others.push_back(spawn_on(0, [&over] {
      while (!over) {
        tb::this_thread::yield();
      }
    }));
  }
  // Everybody has had a turn when the first one has his next.
  const std::uint64_t turns = std::max<std::uint64_t>(1, 20'000 / threads);
  session.measure({.operation = "yield", .threads = threads}, turns * threads, [turns] {
    const std::uint64_t begin = tb::ticks();
    for (std::uint64_t i = 0; i < turns; ++i) {
      tb::this_thread::yield();
    }
    return tb::ticks() - begin;
  });
  over = true;
  join_all(others);
}

}  // namespace

void measure_yield(Session& session) {
  measure_yield_of(session, 2);
  if (session.size() == Size::kShort) {
    measure_yield_of(session, 10);
    return;
  }
  measure_yield_of(session, 100);
  measure_yield_of(session, 1'000);
  if (session.size() == Size::kFull) {
    measure_yield_of(session, 100'000);
  }
}

}  // namespace bench
