// Ticks for the basic operations, each the average of many on one CPU. Under -icount a tick is an
// instruction, and the figures repeat to the digit.
#include <array>
#include <cstdint>
#include <string_view>

#include "runtime/console.h"
#include "runtime/thread.h"
#include "runtime/ticks.h"

namespace {

constexpr std::uint64_t kRounds = 10'000;
constexpr tb::CpuId kHere{0};

void report(std::string_view operation, std::uint64_t ticks_in_all, std::uint64_t times) {
  tb::println("{}: {} ticks", operation, ticks_in_all / times);
}

// Two threads yield to each other; each round is two yields.
void count_yields() {
  auto other = tb::spawn(
      [] {
        for (std::uint64_t i = 0; i < kRounds; ++i) {
          tb::this_thread::yield();
        }
      },
      tb::SpawnOptions{.cpu = kHere});
  tb::this_thread::yield();
  const std::uint64_t begin = tb::ticks();
  for (std::uint64_t i = 0; i < kRounds / 2; ++i) {
    tb::this_thread::yield();
  }
  report("yield, 2 ready threads", tb::ticks() - begin, kRounds);
  static_cast<void>(other->join());
}

// The other thread is woken and blocks again, on this CPU: two wakes, two parks, two switches.
void count_wakes() {
  const tb::ThreadId self = tb::this_thread::id();
  bool stop = false;
  auto other = tb::spawn(
      [&stop, self] {
        while (!stop) {
          tb::this_thread::park();
          static_cast<void>(tb::wake(self));
        }
      },
      tb::SpawnOptions{.cpu = kHere});
  tb::this_thread::yield();
  const std::uint64_t begin = tb::ticks();
  for (std::uint64_t i = 0; i < kRounds; ++i) {
    static_cast<void>(tb::wake(other->id()));
    tb::this_thread::park();
  }
  report("block and wake, round trip", tb::ticks() - begin, kRounds);
  stop = true;
  static_cast<void>(tb::wake(other->id()));
  static_cast<void>(other->join());
}

void count_spawns() {
  const auto round = [] {
    auto thread = tb::spawn([] {}, tb::SpawnOptions{.cpu = kHere});
    static_cast<void>(thread->join());
  };
  round();
  const std::uint64_t begin = tb::ticks();
  for (std::uint64_t i = 0; i < kRounds; ++i) {
    round();
  }
  report("spawn and join", tb::ticks() - begin, kRounds);
}

void count_allocations() {
  const std::uint64_t begin = tb::ticks();
  for (std::uint64_t i = 0; i < kRounds; ++i) {
    auto* block = new std::array<char, 100>;
    asm volatile("" : "+r"(block) : : "memory");
    delete block;
  }
  report("new and delete, 100 bytes", tb::ticks() - begin, kRounds);
}

}  // namespace

int main() {
  report("boot to main", tb::boot_ticks(), 1);
  count_yields();
  count_wakes();
  count_spawns();
  count_allocations();
  return 0;
}
