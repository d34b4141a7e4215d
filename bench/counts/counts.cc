// Ticks for the basic operations, each the average of many on one CPU. Under -icount a tick is an
// instruction, and the figures repeat to the digit.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "runtime/console.h"
#include "runtime/thread.h"
#include "runtime/ticks.h"

namespace {

constexpr std::uint64_t kRounds = 10'000;
constexpr tb::CpuId kHere{0};
constexpr std::uint32_t kMostCpus = 8;

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
      tb::SpawnOptions{.affinity = tb::CpuSet::only(kHere)});
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
      tb::SpawnOptions{.affinity = tb::CpuSet::only(kHere)});
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

// The compiler must not leave out a pair of new and delete.
char* make_block(std::size_t size) {
  auto* block = new char[size];
  asm volatile("" : "+r"(block) : : "memory");
  return block;
}

void count_pairs(std::string_view operation, std::size_t size) {
  delete[] make_block(size);
  const std::uint64_t begin = tb::ticks();
  for (std::uint64_t i = 0; i < kRounds; ++i) {
    delete[] make_block(size);
  }
  report(operation, tb::ticks() - begin, kRounds);
}

using Blocks = std::array<char*, 1'000>;

void make_blocks(Blocks* blocks) {
  for (char*& block : *blocks) {
    block = make_block(64);
  }
}

void delete_blocks(Blocks* blocks) {
  for (char* block : *blocks) {
    delete[] block;
  }
}

// More blocks at a time than a CPU keeps for itself.
void count_many_blocks() {
  Blocks blocks;
  make_blocks(&blocks);
  delete_blocks(&blocks);
  const std::uint64_t begin = tb::ticks();
  for (std::uint64_t i = 0; i < 10; ++i) {
    make_blocks(&blocks);
    delete_blocks(&blocks);
  }
  report("new and delete, 1000 blocks of 64 bytes", tb::ticks() - begin, 10 * blocks.size());
}

// One thread on each CPU runs the function with its number; returns the ticks of them all, in
// which -icount counts the instructions of all CPUs.
template <class Function>
std::uint64_t run_on_each_cpu(std::uint32_t cpus, Function function) {
  std::array<tb::Thread, kMostCpus> threads;
  const std::uint64_t begin = tb::ticks();
  for (std::uint32_t i = 0; i < cpus; ++i) {
    threads[i] = std::move(
        *tb::spawn(function, i, tb::SpawnOptions{.affinity = tb::CpuSet::only(tb::CpuId{i})}));
  }
  for (std::uint32_t i = 0; i < cpus; ++i) {
    static_cast<void>(threads[i].join());
  }
  return tb::ticks() - begin;
}

// Pairs on all CPUs at once, and blocks that another CPU frees than has made them.
void count_allocations_on_all_cpus(std::uint32_t cpus) {
  const std::uint64_t pairs = run_on_each_cpu(cpus, [](std::uint32_t) {
    for (std::uint64_t i = 0; i < kRounds; ++i) {
      delete[] make_block(100);
    }
  });
  report("new and delete, 100 bytes, on all CPUs", pairs, kRounds * cpus);
  static std::array<Blocks, kMostCpus> blocks;
  std::uint64_t handed_on = 0;
  for (int round = 0; round < 20; ++round) {
    handed_on += run_on_each_cpu(cpus, [](std::uint32_t cpu) { make_blocks(&blocks[cpu]); });
    handed_on += run_on_each_cpu(
        cpus, [cpus](std::uint32_t cpu) { delete_blocks(&blocks[(cpu + 1) % cpus]); });
  }
  report("new, and delete on another CPU, 64 bytes", handed_on, 20 * blocks[0].size() * cpus);
}

}  // namespace

int main() {
  report("boot to main", tb::boot_ticks(), 1);
  count_yields();
  count_wakes();
  count_spawns();
  count_pairs("new and delete, 100 bytes", 100);
  count_pairs("new and delete, 20000 bytes", 20'000);
  count_pairs("new and delete, 200000 bytes", 200'000);
  count_many_blocks();
  const std::uint32_t cpus = std::min(tb::cpu_count(), kMostCpus);
  if (cpus > 1) {
    count_allocations_on_all_cpus(cpus);
  }
  return 0;
}
