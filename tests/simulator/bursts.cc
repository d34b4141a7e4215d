// Scenarios of the simulator's own: with as many threads as one likes, and by chance.
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <memory>
#include <variant>
#include <vector>

#include "arch/sim/simulator.h"
#include "base/atomic.h"
#include "runtime/memory/heap.h"
#include "runtime/thread.h"
#include "tests/scenarios/crowd.h"
#include "tests/simulator/scenario_list.h"

namespace tb::simulator {
namespace {

using namespace std::chrono_literals;
using test::Crowd;
using test::Random;
using test::Suite;

struct Burst {
  std::vector<ThreadId> ids;
  Atomic<std::uint32_t> left{0};  // threads that still do things
  Atomic<std::uint32_t> children{0};
  Atomic<std::uint32_t> children_ended{0};
};

void raise_child(Suite& suite, Burst& burst, std::uint32_t work) {
  burst.children.fetch_add(1);
  auto child = spawn([&burst, work] {
    test::spend(std::chrono::microseconds(work));
    burst.children_ended.fetch_add(1);
  });
  suite.check(child.has_value(), "a child begins");
  if (child && work % 2 == 0) {
    suite.check(child->join().has_value(), "a child ends");
  } else if (child) {
    suite.check(child->detach().has_value(), "a child is let go");
  }
}

// Sleeps end with the next tide: then there is more to do than all CPUs can, and nearly nothing
// before the one after, for a tide lasts about as long as its work.
void sleep_until_next_tide(const Burst& burst, Random& random) {
  constexpr std::uint32_t kWorkOfThread = 110'000;  // ns, on an even machine
  // In steps, so that sleepers agree on it.
  const std::uint32_t threads = std::bit_ceil(burst.left.load());
  const Duration tide(std::max(kWorkOfThread, kWorkOfThread / cpu_count() * threads));
  const Duration passed = tb::now().time_since_epoch() % tide;
  this_thread::sleep_for(tide - passed + std::chrono::microseconds(random.below(200)));
}

// One thread's life: steps by chance.
void burst_steps(Suite& suite, Burst& burst, std::uint64_t seed) {
  constexpr int kSteps = 60;
  Random random(seed);
  for (int step = 0; step < kSteps; ++step) {
    switch (random.below(8)) {
      case 0:
        sleep_until_next_tide(burst, random);
        break;
      case 1:
      case 2:
        this_thread::yield();
        break;
      case 3:
        raise_child(suite, burst, random.below(30));
        break;
      case 4:
      case 5:
        for (std::uint32_t i = 0; i < 3; ++i) {
          const auto count = static_cast<std::uint32_t>(burst.ids.size());
          static_cast<void>(wake(burst.ids[random.below(count)]));
        }
        break;
      case 6:
        this_thread::park();
        break;
      default:
        test::spend(std::chrono::microseconds(random.below(100)));
    }
  }
  burst.left.fetch_sub(1);
}

}  // namespace

void bursts(Suite& suite) {
  const std::uint32_t count = wishes().threads;
  static std::uint64_t round = 0;
  const std::uint64_t seed = wishes().seed + ++round * 1000;
  const auto burst = std::make_unique<Burst>();
  burst->left.store(count);
  Atomic<bool> begins{false};
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < count; ++i) {
    burst->ids.push_back(crowd.spawn([&suite, &burst = *burst, &begins, seed, i] {
      while (!begins.load()) {
        this_thread::park();
      }
      burst_steps(suite, burst, seed + i);
    }));
  }
  begins.store(true);
  // Whoever is parked with nobody left to wake it is woken from here.
  while (burst->left.load() > 0) {
    for (const ThreadId id : burst->ids) {
      static_cast<void>(wake(id));
    }
    this_thread::sleep_for(300us);
  }
  crowd.join();
  while (burst->children_ended.load() != burst->children.load()) {
    this_thread::sleep_for(100us);
  }
  suite.check(burst->children.load() > 0 || count < 3, "there were children");
}

// A sleeper and a waker whose times are nearly the same.
void timeouts(Suite& suite) {
  constexpr std::uint32_t kRounds = 50;
  const std::uint32_t pairs = 2 * cpu_count();
  Atomic<std::uint32_t> slept{0};
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < pairs; ++i) {
    const ThreadId sleeper = crowd.spawn([&slept, i] {
      Random random(wishes().seed + i);
      for (std::uint32_t round = 0; round < kRounds; ++round) {
        this_thread::sleep_for(std::chrono::microseconds(1 + random.below(40)));
        slept.fetch_add(1);
      }
    });
    crowd.spawn([sleeper, i] {
      Random random(wishes().seed + 77 + i);
      while (wake(sleeper)) {
        this_thread::sleep_for(std::chrono::microseconds(1 + random.below(40)));
        if (random.below(4) == 0) {
          this_thread::yield();
        }
      }
    });
  }
  while (slept.load() < pairs * kRounds) {
    this_thread::sleep_for(1ms);
  }
  crowd.join();
}

// Each takes blocks from the others' slots and puts its own there.
void heap_traffic(Suite& suite) {
  constexpr std::uint32_t kSlots = 64;
  constexpr int kRounds = 200;
  const auto slots = std::make_unique<std::array<Atomic<void*>, kSlots>>();
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < 2 * cpu_count(); ++i) {
    crowd.spawn([&slots = *slots, i] {
      Random random(wishes().seed + i);
      for (int round = 0; round < kRounds; ++round) {
        const std::size_t size = 1 + random.below(random.below(20) == 0 ? 100'000 : 600);
        void* const block = allocate(size);
        std::memset(block, 0x77, size);
        deallocate(slots[random.below(kSlots)].exchange(block));
      }
    });
  }
  crowd.join();
  for (Atomic<void*>& slot : *slots) {
    deallocate(slot.exchange(nullptr));
  }
}

// On each CPU but the first a thread that decides once and then keeps the CPU; in the midst of the
// decision another one is woken there. Whoever loses that wake runs it when the first one leaves.
void visitors(Suite& suite) {
  constexpr std::uint32_t kRounds = 10;
  if (cpu_count() == 1) {
    return;
  }
  for (std::uint32_t i = 1; i < cpu_count(); ++i) {
    const CpuSet there = CpuSet::only(CpuId{i});
    Atomic<std::uint32_t> decisions{0};
    Atomic<std::uint32_t> visits{0};
    Atomic<bool> ends{false};
    Crowd crowd(suite);
    crowd.spawn(
        [&] {
          while (!ends.load()) {
            decisions.fetch_add(1);
            this_thread::yield();
            test::spend(3ms);
          }
        },
        {.affinity = there});
    const ThreadId visitor = crowd.spawn(
        [&] {
          while (!ends.load()) {
            visits.fetch_add(1);
            this_thread::park();
          }
        },
        {.affinity = there});
    Random random(wishes().seed + i);
    for (std::uint32_t round = 0; round < kRounds; ++round) {
      test::spend(2ms);
      const std::uint32_t seen = decisions.load();
      while (decisions.load() == seen) {
        test::spend(Duration(random.below(50)));
      }
      test::spend(Duration(random.below(1500)));
      static_cast<void>(wake(visitor));
    }
    ends.store(true);
    static_cast<void>(wake(visitor));
    crowd.join();
    suite.check(visits.load() > 1, "there were visits");
  }
}

// Each of the first calls for a frame is refused once, whatever it is for.
void short_memory(Suite& suite) {
  constexpr std::uint64_t kCalls = 40;
  constexpr std::size_t kStackSizes = 10;
  for (std::uint64_t refused = 1; refused <= kCalls; ++refused) {
    arch::sim::fail_map(refused);
    std::vector<Thread> threads;
    for (std::size_t i = 0; i < kStackSizes; ++i) {
      auto thread = spawn([] { test::spend(10us); },
                          SpawnOptions{.stack_size = (std::size_t{12} << 10) + (i << 14)});
      if (thread) {
        threads.push_back(std::move(*thread));
      } else {
        suite.check(std::holds_alternative<OutOfMemory>(thread.error()), "the reason is memory");
      }
      deallocate(allocate(10'000 + 7000 * i));
    }
    suite.check(threads.size() + 1 >= kStackSizes, "one frame is one thread at most");
    for (Thread& thread : threads) {
      suite.check(thread.join().has_value(), "a thread has ended");
    }
    arch::sim::fail_map(0);
    trim();
  }
}

}  // namespace tb::simulator
