// Boost.Fiber with its default scheduler, round robin, and, on several CPUs, with work stealing.
#include <boost/fiber/algo/work_stealing.hpp>
#include <boost/fiber/all.hpp>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "bench/peers/measure.h"

namespace {

namespace fibers = boost::fibers;

using PooledStacks = fibers::pooled_fixedsize_stack;

constexpr std::size_t kStack = 8 * 1024;

// What the library does once for each thread of the kernel does not fit on a small stack: the
// loader binds functions, keeping all vector registers there, and locks ask for random numbers.
void warm_up() {
  fibers::mutex mutex;
  fibers::condition_variable changed;
  bool over = false;
  fibers::fiber waiter([&] {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return over; });
  });
  boost::this_fiber::yield();
  {
    const std::lock_guard lock(mutex);
    over = true;
    changed.notify_all();
  }
  waiter.join();
}

void measure_yields(peers::Session& session, std::uint64_t threads) {
  const peers::Row row{.operation = "yield", .threads = threads};
  if (!session.wants(row)) {
    return;
  }
  PooledStacks stacks(kStack);
  bool stop = false;
  std::vector<fibers::fiber> others;
  for (std::uint64_t i = 1; i < threads; ++i) {
    others.emplace_back(fibers::launch::post, std::allocator_arg, stacks, [&stop] {
      while (!stop) {
        boost::this_fiber::yield();
      }
    });
  }
  const std::uint64_t rounds = std::max<std::uint64_t>(1, 100'000 / threads);
  session.measure(row, rounds * threads, [&] {
    const std::uint64_t begin = peers::ticks();
    for (std::uint64_t i = 0; i < rounds; ++i) {
      boost::this_fiber::yield();
    }
    return peers::ticks() - begin;
  });
  stop = true;
  for (fibers::fiber& fiber : others) {
    fiber.join();
  }
}

// The library's own park and wake, below its locks: fibers of one thread need no more.
void measure_wakes(peers::Session& session) {
  constexpr std::uint64_t kRounds = 20'000;
  fibers::context* const self = fibers::context::active();
  fibers::context* partner = nullptr;
  bool stop = false;
  fibers::fiber other(fibers::launch::dispatch, [&] {
    partner = fibers::context::active();
    while (!stop) {
      partner->suspend();
      partner->schedule(self);
    }
  });
  session.measure({.operation = "block_wake", .threads = 2}, kRounds, [&] {
    const std::uint64_t begin = peers::ticks();
    for (std::uint64_t i = 0; i < kRounds; ++i) {
      self->schedule(partner);
      self->suspend();
    }
    return peers::ticks() - begin;
  });
  stop = true;
  self->schedule(partner);
  self->suspend();
  other.join();
}

// Two fibers take turns on the values 0 and 1; 2 is the end.
class Turns {
 public:
  int wait_until_not(int value) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return turn_ != value; });
    return turn_;
  }
  void set(int value) {
    const std::lock_guard lock(mutex_);
    turn_ = value;
    changed_.notify_one();
  }
  void answer() {
    while (wait_until_not(0) != 2) {
      set(0);
    }
  }

 private:
  fibers::mutex mutex_;
  fibers::condition_variable changed_;
  int turn_ = 0;
};

std::uint64_t take_turns(Turns& turns, std::uint64_t rounds) {
  const std::uint64_t begin = peers::ticks();
  for (std::uint64_t i = 0; i < rounds; ++i) {
    turns.set(1);
    turns.wait_until_not(1);
  }
  return peers::ticks() - begin;
}

void measure_condition_variables(peers::Session& session) {
  constexpr std::uint64_t kRounds = 10'000;
  Turns turns;
  fibers::fiber partner([&] { turns.answer(); });
  session.measure({.operation = "condition_variable", .threads = 2}, kRounds,
                  [&] { return take_turns(turns, kRounds); });
  turns.set(2);
  partner.join();
}

void meet(fibers::barrier& barrier, std::uint64_t times) {
  for (std::uint64_t i = 0; i < times; ++i) {
    barrier.wait();
  }
}

// `Partner` is a fiber of this thread of the kernel, or another such thread.
template <class Partner>
void measure_barriers(peers::Session& session, unsigned cpus) {
  constexpr std::uint64_t kRounds = 5'000;
  session.measure({.operation = "barrier", .threads = 2, .cpus = cpus}, kRounds, [cpus] {
    fibers::barrier barrier(2);
    Partner partner([&] {
      peers::pin_to(cpus - 1);
      meet(barrier, 1 + kRounds);
    });
    meet(barrier, 1);
    const std::uint64_t begin = peers::ticks();
    meet(barrier, kRounds);
    const std::uint64_t taken = peers::ticks() - begin;
    partner.join();
    return taken;
  });
}

// Between threads of the kernel nothing below the locks is safe, so this is its block and wake.
void measure_two_cpus(peers::Session& session) {
  if (peers::allowed_cpus().size() < 2) {
    return;
  }
  constexpr std::uint64_t kRounds = 2'000;
  Turns turns;
  std::jthread partner([&] {
    peers::pin_to(1);
    turns.answer();
  });
  for (const char* const operation : {"block_wake", "condition_variable"}) {
    session.measure({.operation = operation, .threads = 2, .cpus = 2}, kRounds,
                    [&] { return take_turns(turns, kRounds); });
  }
  turns.set(2);
  measure_barriers<std::jthread>(session, 2);
}

void measure_spawns(peers::Session& session) {
  constexpr std::uint64_t kRounds = 5'000;
  PooledStacks stacks(kStack);
  session.measure({.operation = "spawn_join"}, kRounds, [&] {
    const std::uint64_t begin = peers::ticks();
    for (std::uint64_t i = 0; i < kRounds; ++i) {
      fibers::fiber(fibers::launch::dispatch, std::allocator_arg, stacks, [] {}).join();
    }
    return peers::ticks() - begin;
  });
}

void measure_many(peers::Session& session, std::uint64_t threads) {
  const peers::Row row{.operation = "spawn_many", .threads = threads};
  PooledStacks stacks(kStack);
  session.measure(row, threads, [&] {
    std::vector<fibers::fiber> crowd;
    crowd.reserve(threads);
    const std::uint64_t begin = peers::ticks();
    for (std::uint64_t i = 0; i < threads; ++i) {
      crowd.emplace_back(fibers::launch::post, std::allocator_arg, stacks, [] {});
    }
    for (fibers::fiber& fiber : crowd) {
      fiber.join();
    }
    return peers::ticks() - begin;
  });
}

void measure_memory(peers::Session& session, std::uint64_t threads) {
  const peers::Row row{.operation = "memory_parked", .threads = threads};
  if (!session.wants(row)) {
    return;
  }
  PooledStacks stacks(kStack);
  std::vector<fibers::fiber> crowd;
  crowd.reserve(threads);
  fibers::mutex mutex;
  fibers::condition_variable changed;
  bool over = false;
  const std::uint64_t before = peers::resident_bytes();
  for (std::uint64_t i = 0; i < threads; ++i) {
    crowd.emplace_back(fibers::launch::dispatch, std::allocator_arg, stacks, [&] {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return over; });
    });
  }
  const std::uint64_t bytes = peers::resident_bytes() - before;
  {
    const std::lock_guard lock(mutex);
    over = true;
  }
  changed.notify_all();
  for (fibers::fiber& fiber : crowd) {
    fiber.join();
  }
  session.report(row, "bytes", {static_cast<double>(bytes) / static_cast<double>(threads)});
}

template <class Stacks, class Function>
fibers::fiber spawn(Stacks& stacks, Function function) {
  return fibers::fiber(fibers::launch::dispatch, std::allocator_arg, stacks, std::move(function));
}

// A fiber for each of ten parts, until one leaf is left; the sum of all leaves' numbers.
template <class Stacks>
std::uint64_t skynet(Stacks& stacks, std::uint64_t first, std::uint64_t leaves) {
  if (leaves == 1) {
    return first;
  }
  std::uint64_t sums[10];
  fibers::fiber parts[10];
  for (std::uint64_t i = 0; i < 10; ++i) {
    parts[i] = spawn(stacks, [=, &sums, &stacks] {
      sums[i] = skynet(stacks, first + i * (leaves / 10), leaves / 10);
    });
  }
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < 10; ++i) {
    parts[i].join();
    sum += sums[i];
  }
  return sum;
}

// A fiber for each call.
template <class Stacks>
std::uint64_t fibonacci(Stacks& stacks, std::uint64_t n) {
  if (n < 2) {
    return n;
  }
  std::uint64_t results[2];
  fibers::fiber left = spawn(stacks, [&] { results[0] = fibonacci(stacks, n - 1); });
  fibers::fiber right = spawn(stacks, [&] { results[1] = fibonacci(stacks, n - 2); });
  left.join();
  right.join();
  return results[0] + results[1];
}

template <class Stacks>
void measure_trees(peers::Session& session, Stacks stacks, unsigned cpus) {
  const std::uint64_t leaves = session.sized(1'000'000, 1'000);
  session.measure({.operation = "skynet", .threads = leaves, .cpus = cpus}, 1, [&] {
    const std::uint64_t begin = peers::ticks();
    const bool right = skynet(stacks, 0, leaves) == leaves * (leaves - 1) / 2;
    return right ? peers::ticks() - begin : 0;
  });
  const std::uint64_t n = session.sized(27, 10);
  session.measure({.operation = "fibonacci", .threads = n, .cpus = cpus}, 1, [&] {
    const std::uint64_t begin = peers::ticks();
    fibonacci(stacks, n);
    return peers::ticks() - begin;
  });
}

// Each of two threads steals from the other. The pool of stacks is for one thread only.
void measure_stealing(peers::Session& session) {
  if (peers::allowed_cpus().size() < 2) {
    return;
  }
  fibers::mutex mutex;
  fibers::condition_variable changed;
  bool over = false;
  std::jthread helper([&] {
    peers::pin_to(1);
    fibers::use_scheduling_algorithm<fibers::algo::work_stealing>(2);
    warm_up();
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return over; });
  });
  std::jthread main_worker([&] {
    peers::pin_to(0);
    fibers::use_scheduling_algorithm<fibers::algo::work_stealing>(2);
    warm_up();
    measure_trees(session, fibers::fixedsize_stack(kStack), 2);
    const std::lock_guard lock(mutex);
    over = true;
    changed.notify_all();
  });
}

void measure_locks(peers::Session& session) {
  constexpr std::uint64_t kRounds = 100'000;
  fibers::mutex mutex;
  session.measure({.operation = "mutex_free"}, kRounds, [&] {
    const std::uint64_t begin = peers::ticks();
    for (std::uint64_t i = 0; i < kRounds; ++i) {
      const std::lock_guard guard(mutex);
      asm volatile("" : : : "memory");
    }
    return peers::ticks() - begin;
  });
}

// Items from one fiber to another, by the item.
template <class Channel>
void measure_channel(peers::Session& session, std::string_view operation, Channel& channel) {
  constexpr std::uint64_t kItems = 20'000;
  fibers::fiber producer([&] {
    while (channel.push(1) == fibers::channel_op_status::success) {
    }
  });
  session.measure({.operation = operation, .threads = 2}, kItems, [&] {
    const std::uint64_t begin = peers::ticks();
    for (std::uint64_t i = 0; i < kItems; ++i) {
      channel.value_pop();
    }
    return peers::ticks() - begin;
  });
  channel.close();
  producer.join();
}

}  // namespace

int main(int argc, char** argv) {
  peers::Session session("Boost.Fiber", peers::Stacks::kOwn, argc, argv);
  peers::pin_to(0);
  warm_up();
  // First, before the heap has kept the memory of others.
  measure_memory(session, session.sized(100'000, 100));
  for (const std::uint64_t threads : {2, 100, 1'000, 100'000}) {
    measure_yields(session, session.sized(threads, threads == 2 ? 2 : 10));
  }
  measure_wakes(session);
  measure_condition_variables(session);
  measure_barriers<fibers::fiber>(session, 1);
  measure_two_cpus(session);
  measure_spawns(session);
  for (const std::uint64_t threads : {10'000, 100'000}) {
    measure_many(session, session.sized(threads, 100));
  }
  measure_trees(session, PooledStacks(kStack), 1);
  measure_locks(session);
  fibers::buffered_channel<int> buffered(64);
  measure_channel(session, "channel_64", buffered);
  fibers::unbuffered_channel<int> unbuffered;
  measure_channel(session, "channel_handover", unbuffered);
  session.measure_sleeps([] { boost::this_fiber::sleep_for(std::chrono::microseconds(50)); });
  measure_stealing(session);
  return 0;
}
