// Interrupts kept away: nothing comes between, all of it comes afterwards, and nobody may block.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "runtime/cpu.h"
#include "runtime/interrupt_guard.h"
#include "runtime/thread.h"
#include "tests/image/suite.h"

namespace {

using namespace std::chrono_literals;
using tb::test::Suite;

constexpr tb::CpuId kHere{0};

tb::SpawnOptions here(std::string_view name = {}) {
  return {.name = name, .affinity = tb::CpuSet::only(kHere)};
}

void spend(tb::Duration duration) {
  const tb::Time end = tb::after(tb::now(), duration);
  while (tb::now() < end) {
  }
}

// With another thread ready the timer would come each millisecond, and it would have its turn.
void keep_away(Suite& suite) {
  std::atomic<std::uint64_t> turns = 0;
  std::atomic<bool> ends = false;
  auto other = tb::spawn(
      [&] {
        while (!ends) {
          ++turns;
        }
      },
      here());
  auto guarded = tb::spawn(
      [&] {
        while (turns == 0) {
          tb::this_thread::yield();
        }
        std::uint64_t before = 0;
        {
          const tb::InterruptGuard guard;
          before = turns;
          const std::uint64_t interrupts = tb::this_cpu().timer_interrupts;
          {
            const tb::InterruptGuard nested;
            spend(20ms);
          }
          spend(20ms);
          suite.equal(tb::this_cpu().timer_interrupts, interrupts, "interrupts of the timer");
          suite.equal(turns.load(), before, "turns of the other thread");
        }
        spend(20ms);
        while (turns == before) {  // as soon as its turn comes
        }
      },
      here());
  suite.check(guarded && guarded->join(), "who had masked interrupts goes on");
  ends = true;
  suite.check(other && other->join(), "and so does the other");
}

// A handler and threads of all CPUs count together: none of it is lost. What stands for a handler
// is a Deadline thread's, which is called in the midst of the scheduler.
tb::InterruptSpinLock counting;
std::uint64_t counted = 0;  // guarded
std::atomic<std::uint64_t> missed = 0;

void count() {
  std::unique_lock guard(counting, std::try_to_lock);
  if (!guard) {
    guard.lock();
  }
  const std::uint64_t before = counted;
  for (int i = 0; i < 20; ++i) {
    tb::arch::relax();
  }
  counted = before + 1;
}

void count_together(Suite& suite) {
  constexpr std::uint64_t kEach = 20'000;
  std::atomic<std::uint32_t> counting_threads = tb::cpu_count();
  auto late = tb::spawn(
      [&] {
        while (counting_threads > 0) {
          spend(300us);
        }
      },
      tb::SpawnOptions{.scheduling = {.policy = tb::SchedulingPolicy::kDeadline,
                                      .task = {.runtime = 100us, .deadline = 1ms, .period = 1ms},
                                      .on_miss = [](const tb::DeadlineMiss&) {
                                        ++missed;
                                        count();
                                      }}});
  suite.check(late.has_value(), "a Deadline thread");
  std::vector<tb::Thread> threads;
  for (std::uint32_t cpu = 0; cpu < tb::cpu_count(); ++cpu) {
    auto thread = tb::spawn(
        [&] {
          for (std::uint64_t i = 0; i < kEach; ++i) {
            count();
          }
          --counting_threads;
        },
        tb::SpawnOptions{.affinity = tb::CpuSet::only(tb::CpuId{cpu})});
    suite.check(thread.has_value(), "a thread on each CPU");
    threads.push_back(std::move(*thread));
  }
  for (tb::Thread& thread : threads) {
    suite.check(thread.join().has_value(), "it ends");
  }
  suite.check(late->join().has_value(), "the Deadline thread ends");
  suite.check(missed > 0, "the handler was called");
  suite.equal(counted, kEach * tb::cpu_count() + missed, "what was counted");
}

[[noreturn]] void block_inside() {
  auto thread = tb::spawn(
      [] {
        const tb::InterruptGuard guard;
        tb::this_thread::sleep_for(1ms);
      },
      here("sleeper"));
  tb::expects(thread && thread->join(), "nobody gets here");
  __builtin_unreachable();
}

}  // namespace

int main(int argc, char**) {
  if (argc > 1) {
    block_inside();
  }
  Suite suite;
  suite.test("masked interrupts come later", keep_away);
  suite.test("a lock that masks them is for handlers, too", count_together);
  return suite.status();
}
