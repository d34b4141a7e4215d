// Threads in a booted machine: how they are started, joined and ended, what goes wrong in words,
// and that nothing is left behind.
#include <atomic>
#include <chrono>
#include <memory>
#include <variant>
#include <vector>

#include "runtime/memory/frame_allocator.h"
#include "runtime/memory/stack_pool.h"
#include "runtime/spare_threads.h"
#include "runtime/thread.h"
#include "runtime/thread_table.h"
#include "tests/image/suite.h"

namespace {

using namespace std::chrono_literals;
using tb::SpawnOptions;
using tb::test::Suite;

template <class Kind>
bool is(const std::expected<void, tb::Error>& result) {
  return !result && std::holds_alternative<Kind>(result.error());
}

template <class Kind>
bool is(const std::expected<tb::Thread, tb::Error>& result) {
  return !result && std::holds_alternative<Kind>(result.error());
}

void pass_arguments(Suite& suite) {
  int sum = 0;
  auto owned = std::make_unique<int>(40);
  auto thread = tb::spawn([&sum](std::unique_ptr<int> first, int second) { sum = *first + second; },
                          std::move(owned), 2);
  suite.check(thread && thread->join(), "the thread ran");
  suite.equal(sum, 42, "the sum of a move-only argument and another");
  auto captured = std::make_unique<int>(7);
  int seen = 0;
  auto second = tb::spawn([&seen, captured = std::move(captured)] { seen = *captured; },
                          SpawnOptions{.name = "a lambda"});
  suite.check(second && second->join(), "the thread ran");
  suite.equal(seen, 7, "what a lambda had captured");
  struct Large {
    std::array<char, 100'000> bytes;
  };
  auto large = std::make_unique<Large>();
  large->bytes[99'999] = 'x';
  char last = 0;
  auto third = tb::spawn([](const Large& copy, char* out) { *out = copy.bytes[99'999]; }, *large,
                         &last, SpawnOptions{});
  suite.check(third && third->join(), "an argument larger than the stack gets a larger stack");
  suite.equal(last, 'x', "its last byte");
}

void name_threads(Suite& suite) {
  bool right = false;
  const auto compare = [&right] {
    right = tb::this_thread::name() == "a name that is as long as allow";
  };
  auto thread =
      tb::spawn(compare, SpawnOptions{.name = "a name that is as long as allowed and longer"});
  suite.check(thread && thread->join(), "the thread ran");
  suite.check(right, "a long name is cut after 31 characters");
  suite.check(tb::this_thread::name() == "main", "the first thread is called main");
}

void refuse(Suite& suite) {
  const auto nothing = [] {};
  suite.check(is<tb::InvalidStackSize>(tb::spawn(nothing, SpawnOptions{.stack_size = 0})),
              "a stack of 0 bytes is refused");
  suite.check(is<tb::InvalidStackSize>(tb::spawn(nothing, SpawnOptions{.stack_size = 100})),
              "a stack of 100 bytes is refused");
  suite.check(is<tb::InvalidStackSize>(tb::spawn(nothing, SpawnOptions{.stack_size = 1 << 30})),
              "a stack of 1 GiB is refused");
  suite.check(
      is<tb::InvalidStackSize>(tb::spawn(nothing, SpawnOptions{.stack_size = ~std::size_t{0}})),
      "the largest number is refused");
  const std::array<char, 1000> large{};
  suite.check(is<tb::InvalidStackSize>(tb::spawn([](const std::array<char, 1000>&) {}, large,
                                                 SpawnOptions{.stack_size = ~std::size_t{0}})),
              "also with an argument that needs room on the stack");
  suite.check(is<tb::InvalidCpu>(tb::spawn(nothing, SpawnOptions{.cpu = tb::CpuId{1000}})),
              "a CPU that does not exist is refused");
  suite.check(is<tb::JoinsItself>(tb::join(tb::this_thread::id())), "nobody joins himself");
  suite.check(is<tb::ThreadNotFound>(tb::join(tb::ThreadId{1'000'000, 1})),
              "an id that never was is not found");
  suite.check(is<tb::ThreadNotFound>(tb::detach(tb::ThreadId{0xffffffff, 0})),
              "an empty id is not found");
}

void join_for_a_while(Suite& suite) {
  std::atomic<bool> go = false;
  auto thread = tb::spawn([&go] {
    while (!go) {
      tb::this_thread::sleep_for(1ms);
    }
  });
  const tb::Time begin = tb::now();
  suite.check(is<tb::TimedOut>(thread->join_for(2ms)) && tb::now() - begin >= 2ms,
              "a join that takes too long is given up, not earlier");
  suite.check(is<tb::TimedOut>(thread->join_for(-1s)), "a time that is over is over at once");
  suite.check(thread->joinable(), "then the thread can be joined");
  go = true;
  suite.check(thread->join_until(tb::kNever).has_value() && !thread->joinable(), "it is joined");
  suite.check(is<tb::ThreadNotFound>(tb::join_until(thread->id(), tb::kNever)), "once");
  suite.check(is<tb::JoinsItself>(tb::join_until(tb::this_thread::id(), tb::kNever)),
              "nobody joins himself");
}

// Wherever it is, and whatever it does.
void ask_what_threads_have_had(Suite& suite) {
  std::atomic<bool> over = false;
  auto computes = tb::spawn([&over] {
    while (!over) {
    }
  });
  auto waits = tb::spawn([&over] {
    while (!over) {
      tb::this_thread::sleep_for(1s);
    }
  });
  tb::Duration before{};
  for (int i = 0; i < 3; ++i) {
    tb::this_thread::sleep_for(20ms);
    const auto busy = tb::statistics(computes->id());
    const auto idle = tb::statistics(waits->id());
    suite.check(busy && busy->cpu_time > before && busy->switches_in > 0, "it has computed on");
    suite.check(idle && busy && idle->cpu_time < busy->cpu_time, "the other one has not");
    before = busy ? busy->cpu_time : before;
  }
  suite.check(tb::statistics(tb::this_thread::id()).has_value(), "one may ask for oneself");
  over = true;
  static_cast<void>(tb::wake(waits->id()));
  const tb::ThreadId id = computes->id();
  suite.check(computes->join() && waits->join(), "they end");
  const auto gone = tb::statistics(id);
  suite.check(!gone && std::holds_alternative<tb::ThreadNotFound>(gone.error()),
              "of those that have ended nothing is known");
}

void join_once(Suite& suite) {
  auto thread = tb::spawn([] {});
  const tb::ThreadId id = thread->id();
  suite.check(thread->join().has_value(), "the first join works");
  suite.check(is<tb::ThreadNotFound>(tb::join(id)), "the second finds no thread");
  suite.check(is<tb::ThreadNotFound>(tb::detach(id)), "nor does detach");
  suite.check(is<tb::ThreadNotFound>(tb::wake(id)), "nor does wake");

  std::atomic<bool> go = false;
  auto waiting = tb::spawn([&go] {
    while (!go) {
      tb::this_thread::sleep_for(1ms);
    }
  });
  const tb::ThreadId target = waiting->id();
  std::atomic<int> joined = 0;
  std::atomic<int> refused = 0;
  std::array<tb::Thread, 4> joiners;
  for (tb::Thread& joiner : joiners) {
    joiner = std::move(*tb::spawn([&, target] {
      const auto result = tb::join(target);
      joined += result ? 1 : 0;
      refused += is<tb::NotJoinable>(result) ? 1 : 0;
    }));
  }
  while (refused < 3) {
    tb::this_thread::sleep_for(1ms);
  }
  go = true;
  for (tb::Thread& joiner : joiners) {
    suite.check(joiner.join().has_value(), "the joiner ended");
  }
  suite.equal(joined.load(), 1, "of four joiners, those who joined");
  suite.equal(refused.load(), 3, "those who were refused");
  suite.check(is<tb::ThreadNotFound>(waiting->join()), "its handle comes too late");
}

void detach_threads(Suite& suite) {
  const std::size_t before = tb::live_threads();
  std::atomic<int> ended = 0;
  for (int i = 0; i < 100; ++i) {
    auto thread = tb::spawn([&ended, i] {
      if (i % 2 == 0) {
        tb::this_thread::sleep_for(1ms);
      }
      ++ended;
    });
    suite.check(thread && thread->detach(), "the thread is detached");
  }
  while (ended < 100 || tb::live_threads() > before) {
    tb::this_thread::sleep_for(1ms);
  }
  suite.equal(tb::live_threads(), before, "records in use");
}

// How many CPUs have counted something.
std::uint32_t used_of(const std::atomic<std::uint32_t>* cpus) {
  std::uint32_t used = 0;
  for (std::uint32_t i = 0; i < tb::cpu_count(); ++i) {
    used += cpus[i] > 0 ? 1 : 0;
  }
  return used;
}

void live_together(Suite& suite, std::uint32_t count) {
  const auto threads = std::make_unique<tb::Thread[]>(count);
  const auto cpus = std::make_unique<std::atomic<std::uint32_t>[]>(tb::cpu_count());
  const std::uint32_t wanted = std::min(2U, tb::cpu_count());
  std::atomic<std::uint32_t> ready = 0;
  std::atomic<bool> go = false;
  std::uint32_t started = 0;
  for (; started < count; ++started) {
    auto thread = tb::spawn([&] {
      ++cpus[index_of(tb::this_thread::cpu())];
      // All of them are soon over, on a host that is slow to let another CPU run.
      while (ready > count - 4 && used_of(cpus.get()) < wanted) {
        tb::this_thread::yield();
        ++cpus[index_of(tb::this_thread::cpu())];
      }
      ++ready;
      while (!go) {
        tb::this_thread::park();
      }
    });
    if (!thread) {
      tb::println("thread {}: {}", started, thread.error());
      break;
    }
    threads[started] = std::move(*thread);
  }
  suite.equal(started, count, "threads that could be started");
  while (ready < started) {
    tb::this_thread::sleep_for(1ms);
  }
  tb::println("{} threads alive, {} MiB of {} free", started,
              tb::frames().free_frames() * tb::kPageSize / tb::kMiB,
              tb::frames().total_frames() * tb::kPageSize / tb::kMiB);
  go = true;
  for (std::uint32_t i = 0; i < started; ++i) {
    suite.check(tb::wake(threads[i].id()).has_value(), "the thread can be woken");
  }
  for (std::uint32_t i = 0; i < started; ++i) {
    suite.check(threads[i].join().has_value(), "the thread ended");
  }
  suite.check(used_of(cpus.get()) >= wanted, "other CPUs ran some of them");
}

void end_where_it_began(Suite& suite) {
  const auto round = [&suite] {
    auto thread = tb::spawn([] {});
    suite.check(thread && thread->join(), "the thread ran");
  };
  for (int i = 0; i < 100; ++i) {
    round();
  }
  const std::size_t frames = tb::frames().free_frames();
  const std::size_t records = tb::live_threads();
  const std::size_t stacks = tb::unused_stacks();
  for (int i = 0; i < 10'000; ++i) {
    round();
  }
  // Each CPU on which threads have ended keeps some stacks, whose pages have been used, one or all,
  // and as many records at most.
  const std::size_t most = tb::SpareThreads::kMost * tb::cpu_count();
  const std::size_t kept = tb::unused_stacks() - stacks;
  const std::size_t pages = tb::StackPool::kDefaultSize / tb::kPageSize;
  suite.check(kept <= most, "no CPU keeps many stacks");
  suite.check(frames - tb::frames().free_frames() <= kept * pages + most,
              "10,000 threads leave no frames");
  suite.equal(tb::live_threads(), records, "records in use");
}

// Each thread waits for the two that it spawns.
void grow(int depth, std::atomic<int>& alive, std::atomic<int>& most) {
  if (depth == 0) {
    return;
  }
  const auto branch = [&alive, &most, depth] {
    const int now = ++alive;
    for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
    }
    grow(depth - 1, alive, most);
    --alive;
  };
  auto left = tb::spawn(branch);
  auto right = tb::spawn(branch);
  tb::expects(left && left->join() && right && right->join(), "both branches grow");
}

// It is walked one branch after the other on each CPU, so few of its threads have begun at once: a
// few dozen for each CPU, or some hundred where all takes so long that their quanta end. Level by
// level it would be half of them.
void grow_a_tree(Suite& suite) {
  constexpr int kDepth = 11;
  constexpr int kThreads = (2 << kDepth) - 2;
  std::atomic<int> alive = 0;
  std::atomic<int> most = 0;
  grow(kDepth, alive, most);
  tb::println("at most {} threads of the tree at once", most.load());
  suite.check(most <= kThreads / 4, "few have begun at once");
}

// A wake from before lets the joiner look whether the thread has ended; about then it does, by an
// interrupt, so that the joiner is ready, and not parked, when its CPU has nobody else to run.
void end_while_the_joiner_looks(Suite& suite) {
  constexpr int kRounds = 3'000;
  constexpr SpawnOptions kUrgent{
      .cpu = tb::CpuId{0},
      .affinity = tb::CpuSet::only(tb::CpuId{0}),
      .scheduling = {.policy = tb::SchedulingPolicy::kFifo, .priority = tb::Priority{1}}};
  int joined = 0;
  for (int round = 0; round < kRounds; ++round) {
    const tb::Time end = tb::now() + 60us;
    auto thread = tb::spawn([end] { tb::this_thread::sleep_until(end); }, kUrgent);
    while (tb::now() < end - round % 64 * 250ns) {
    }
    static_cast<void>(tb::wake(tb::this_thread::id()));
    joined += thread && thread->join() ? 1 : 0;
  }
  suite.equal(joined, kRounds, "ends that were seen");
}

// With every frame taken, a thread can only be refused; and then nothing may be missing.
void run_out_of_memory(Suite& suite) {
  std::uintptr_t taken = 0;
  const std::size_t before = tb::frames().free_frames();
  const std::size_t records = tb::live_threads();
  for (std::uintptr_t frame = tb::frames().allocate(); frame != 0;
       frame = tb::frames().allocate()) {
    *reinterpret_cast<std::uintptr_t*>(frame) = taken;
    taken = frame;
  }
  int refused = 0;
  for (int i = 0; i < 1000; ++i) {
    // A size of which no stack was used before, so that a new one would be needed.
    refused += is<tb::OutOfMemory>(tb::spawn([] {}, SpawnOptions{.stack_size = 1 << 20 | 4096}));
  }
  while (taken != 0) {
    const std::uintptr_t frame = taken;
    taken = *reinterpret_cast<std::uintptr_t*>(frame);
    tb::frames().free(frame);
  }
  suite.equal(refused, 1000, "refused threads");
  suite.equal(tb::frames().free_frames(), before, "free frames");
  suite.equal(tb::live_threads(), records, "records in use");
  auto thread = tb::spawn([] {}, SpawnOptions{.stack_size = 1 << 20 | 4096});
  suite.check(thread && thread->join(), "with memory there is a thread again");
}

void reach_the_limit(Suite& suite) {
  const std::size_t limit = tb::thread_table().limit();
  std::atomic<bool> go = false;
  std::vector<tb::Thread> threads;
  for (;;) {
    auto thread = tb::spawn([&go] {
      while (!go) {
        tb::this_thread::sleep_for(1ms);
      }
    });
    if (!thread) {
      suite.check(std::holds_alternative<tb::ThreadLimitReached>(thread.error()),
                  "the error is the limit");
      tb::println("{}", thread.error());
      break;
    }
    threads.push_back(std::move(*thread));
  }
  suite.equal(tb::live_threads(), limit, "threads at the limit");
  go = true;
  threads.pop_back();
  auto again = tb::spawn([] {});
  suite.check(again && again->join(), "where one has ended, another may start");
}

}  // namespace

int main(int argc, char**) {
  Suite suite;
  if (argc == 2) {
    suite.test("10,000 threads are alive at once", [](Suite& s) { live_together(s, 10'000); });
    return suite.status();
  }
  if (tb::thread_table().limit() < 1000) {
    suite.test("a thread beyond the limit is refused with a typed error", reach_the_limit);
    return suite.status();
  }
  suite.test("functions, lambdas and move-only arguments reach their thread", pass_arguments);
  suite.test("threads have names", name_threads);
  suite.test("what is impossible is refused with a typed error", refuse);
  suite.test("a thread is joined exactly once", join_once);
  suite.test("what a thread has had can be asked for", ask_what_threads_have_had);
  suite.test("a joiner gives up when its time is over", join_for_a_while);
  suite.test("a joiner that only looks is told of the end", end_while_the_joiner_looks);
  suite.test("detached threads leave nothing behind", detach_threads);
  suite.test("10,000 rounds of spawn and join end with the memory they began with",
             end_where_it_began);
  suite.test("a tree of 4,094 threads that wait for each other keeps few alive", grow_a_tree);
  suite.test("1,000 threads are alive at once", [](Suite& s) { live_together(s, 1'000); });
  suite.test("a thread without memory is refused and leaks nothing", run_out_of_memory);
  return suite.status();
}
