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
#include "sched/classes.h"
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

namespace {

using Queue = tb::sched::RunQueue<tb::sched::Classes<tb::sched::Entity>>;

// Threads that nobody runs, each with what its class wants to know of it.
struct Crowd {
  explicit Crowd(std::size_t size)
      : entities(std::make_unique<tb::sched::Entity[]>(size)),
        details(std::make_unique<tb::sched::EntityDetails[]>(size)) {}

  std::unique_ptr<tb::sched::Entity[]> entities;
  std::unique_ptr<tb::sched::EntityDetails[]> details;
};

// One goes to the back of so many, the first one is taken.
void measure_pick_among(Session& session, std::string_view operation, Crowd& crowd,
                        std::size_t ready) {
  constexpr std::uint64_t kRounds = 10'000;
  Queue queue{tb::sched::Config()};
  for (std::size_t i = 1; i < ready; ++i) {
    queue.enqueue(crowd.entities[i], tb::sched::EnqueueReason::kSpawned);
  }
  tb::sched::Entity* running = crowd.entities.get();
  session.measure({.operation = operation, .threads = ready}, kRounds, [&] {
    const std::uint64_t begin = tb::ticks();
    for (std::uint64_t i = 0; i < kRounds; ++i) {
      // As its next job would have it.
      if (running->policy == tb::sched::PolicyKind::kDeadline) {
        tb::sched::server_of(*running).deadline += std::chrono::seconds(1);
      }
      tb::sched::Entity* next = queue.exchange_usual(*running);
      if (next == nullptr) {
        queue.enqueue(*running, tb::sched::EnqueueReason::kYielded);
        next = queue.take_next();
      }
      running = next;
    }
    return tb::ticks() - begin;
  });
  while (queue.take_next() != nullptr) {
  }
}

// By chance, the same in each run.
void become_deadline_threads(Crowd& crowd, std::size_t size) {
  std::uint64_t random = 1;
  for (std::size_t i = 0; i < size; ++i) {
    random = random * 6364136223846793005 + 1442695040888963407;
    crowd.entities[i].details = &crowd.details[i];
    tb::sched::set_parameters(crowd.entities[i], {.policy = tb::sched::PolicyKind::kDeadline});
    crowd.details[i].server.deadline = tb::Time(tb::Duration(random >> 34));
  }
}

void become_fifo_threads(Crowd& crowd, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    tb::sched::set_parameters(
        crowd.entities[i],
        {.policy = tb::sched::PolicyKind::kFifo,
         .priority = tb::sched::Priority{static_cast<std::uint8_t>(1 + i % 99)}});
  }
}

}  // namespace

// The run queue that boots, and nothing else, for each class of policies.
void measure_pick(Session& session) {
  constexpr std::size_t kMost = 100'000;
  Crowd crowd(kMost);
  for (const std::size_t ready : {std::size_t{2}, std::size_t{10}, std::size_t{1'000}, kMost}) {
    measure_pick_among(session, "pick", crowd, ready);
  }
  become_fifo_threads(crowd, kMost);
  for (const std::size_t ready : {std::size_t{10}, std::size_t{1'000}, kMost}) {
    measure_pick_among(session, "pick_fifo", crowd, ready);
  }
  become_deadline_threads(crowd, kMost);
  for (const std::size_t ready : {std::size_t{10}, std::size_t{1'000}, kMost}) {
    measure_pick_among(session, "pick_deadline", crowd, ready);
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
