// Every CPU of the machine runs threads, takes timer and reschedule interrupts, has its own block
// and sees the same time.
#include <atomic>
#include <chrono>
#include <memory>

#include "arch/cpu.h"
#include "arch/memory.h"
#include "runtime/cpu.h"
#include "runtime/preemption.h"
#include "runtime/thread.h"
#include "tests/image/suite.h"

namespace {

using namespace std::chrono_literals;
using tb::test::Suite;

struct Seen {
  std::uint32_t cpu = 0xffffffff;
  void* block = nullptr;
  std::uint64_t sum = 0;
};

void look_around(Seen* seen) {
  const tb::PreemptionGuard guard;
  seen->cpu = index_of(tb::this_thread::cpu());
  seen->block = tb::arch::cpu_local();
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    seen->sum += i;
  }
}

void run_everywhere(Suite& suite) {
  const std::uint32_t cpus = tb::cpu_count();
  const auto seen = std::make_unique<Seen[]>(cpus);
  for (std::uint32_t i = 0; i < cpus; ++i) {
    auto thread = tb::spawn(look_around, &seen[i],
                            tb::SpawnOptions{.affinity = tb::CpuSet::only(tb::CpuId{i})});
    suite.check(thread.has_value() && thread->join().has_value(), "the thread ran and ended");
  }
  for (std::uint32_t i = 0; i < cpus; ++i) {
    suite.equal(seen[i].cpu, i, "the CPU it ran on");
    suite.equal(seen[i].sum, 500500u, "what it computed");
    for (std::uint32_t j = 0; j < i; ++j) {
      suite.check(seen[i].block != seen[j].block, "each CPU has its own block");
    }
  }
}

// A thread that sleeps on each CPU needs that CPU's timer, if it sleeps for longer than a CPU
// without work polls; unless the host lets the CPU stand still meanwhile, so it has some more goes.
void sleep_everywhere(Suite& suite) {
  const std::uint32_t cpus = tb::cpu_count();
  const auto threads = std::make_unique<tb::Thread[]>(cpus);
  std::atomic<std::uint32_t> early = 0;
  for (std::uint32_t i = 0; i < cpus; ++i) {
    threads[i] = std::move(*tb::spawn(
        [&early, cpu = tb::CpuId{i}] {
          for (int tries = 0; tries == 0 || (tries < 10 && tb::cpu_at(cpu).timer_interrupts == 0);
               ++tries) {
            const tb::Time begin = tb::now();
            tb::this_thread::sleep_for(100ms);
            early += tb::now() - begin < 100ms ? 1 : 0;
          }
        },
        tb::SpawnOptions{.affinity = tb::CpuSet::only(tb::CpuId{i})}));
  }
  for (std::uint32_t i = 0; i < cpus; ++i) {
    suite.check(threads[i].join().has_value(), "the sleeper woke up");
    suite.check(tb::cpu_at(tb::CpuId{i}).timer_interrupts > 0, "the CPU's timer fired");
  }
  suite.equal(early.load(), 0u, "sleeps that ended early");
}

// Every CPU in turn passes the time on to the next: it must never go back.
void compare_clocks(Suite& suite) {
  const std::uint32_t cpus = tb::cpu_count();
  std::uint32_t backwards = 0;
  tb::Time last = tb::now();
  for (std::uint32_t i = 0; i < 4 * cpus; ++i) {
    auto thread = tb::spawn(
        [&] {
          const tb::Time here = tb::now();
          backwards += here < last ? 1 : 0;
          last = here;
        },
        tb::SpawnOptions{.affinity = tb::CpuSet::only(tb::CpuId{i % cpus})});
    suite.check(thread->join().has_value(), "the thread ended");
  }
  suite.equal(backwards, 0u, "steps back in time");
}

// A page is taken away on all CPUs: afterwards each of them sees the new one at the same address.
void flush_everywhere(Suite& suite) {
  auto* const block = static_cast<volatile int*>(::operator new(1 << 20));
  const std::uint32_t cpus = tb::cpu_count();
  for (int round = 1; round <= 3; ++round) {
    *block = round;
    for (std::uint32_t i = 0; i < cpus; ++i) {
      int seen = 0;
      auto thread = tb::spawn([&] { seen = *block; },
                              tb::SpawnOptions{.affinity = tb::CpuSet::only(tb::CpuId{i})});
      suite.check(thread->join().has_value(), "the thread ended");
      suite.equal(seen, round, "what the CPU reads");
    }
    ::operator delete(const_cast<int*>(block));
    suite.check(::operator new(1 << 20) == block, "the same addresses come again");
  }
  ::operator delete(const_cast<int*>(block));
}

}  // namespace

int main() {
  Suite suite;
  suite.test("every CPU runs threads on a block of its own", run_everywhere);
  suite.test("every CPU's timer ends sleeps, and none early", sleep_everywhere);
  suite.test("time never goes back from CPU to CPU", compare_clocks);
  suite.test("no CPU sees memory that was given back", flush_everywhere);
  tb::println("{} CPUs did all of it", tb::cpu_count());
  return suite.status();
}
