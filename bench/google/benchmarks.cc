// What the C++ library's threads, locks, memory and text cost, and the runtime's own threads beside
// them. Figures are the machine's: under emulation they only compare with each other.
#include <benchmark/benchmark.h>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>

#include "runtime/thread.h"

namespace {

void mutex_lock_unlock(benchmark::State& state) {
  static std::mutex mutex;  // shared by the threads of one run
  for (auto _ : state) {
    const std::scoped_lock lock(mutex);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(mutex_lock_unlock)->ThreadRange(1, 4)->UseRealTime();

// Two threads take turns; one iteration is there and back.
void condition_variable_turns(benchmark::State& state) {
  std::mutex mutex;
  std::condition_variable changed;
  enum { kMine, kYours, kOver } turn = kMine;
  std::thread other([&] {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [&] { return turn != kMine; });
      if (turn == kOver) {
        return;
      }
      turn = kMine;
      changed.notify_all();
    }
  });
  for (auto _ : state) {
    std::unique_lock lock(mutex);
    turn = kYours;
    changed.notify_all();
    changed.wait(lock, [&] { return turn == kMine; });
  }
  {
    const std::scoped_lock lock(mutex);
    turn = kOver;
  }
  changed.notify_all();
  other.join();
}
BENCHMARK(condition_variable_turns)->UseRealTime();

void std_thread_create_join(benchmark::State& state) {
  for (auto _ : state) {
    std::thread([] {}).join();
  }
}
BENCHMARK(std_thread_create_join)->UseRealTime();

void tb_spawn_join(benchmark::State& state) {
  for (auto _ : state) {
    auto thread = tb::spawn([] {});
    if (!thread || !thread->join()) {
      state.SkipWithError("no thread");
      break;
    }
  }
}
BENCHMARK(tb_spawn_join)->UseRealTime();

void tb_yield(benchmark::State& state) {
  for (auto _ : state) {
    tb::this_thread::yield();
  }
}
BENCHMARK(tb_yield);

void malloc_free(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    void* block = std::malloc(size);
    benchmark::DoNotOptimize(block);
    std::free(block);
  }
}
BENCHMARK(malloc_free)->RangeMultiplier(64)->Range(16, 65536);

void text_by_snprintf(benchmark::State& state) {
  char text[100];
  for (auto _ : state) {
    benchmark::DoNotOptimize(std::snprintf(text, std::size(text), "%d threads, %.2f s", 4, 1.25));
  }
}
BENCHMARK(text_by_snprintf);

void text_by_string(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(std::to_string(123456) + " threads on all the CPUs there are");
  }
}
BENCHMARK(text_by_string);

void text_by_stream(benchmark::State& state) {
  for (auto _ : state) {
    std::ostringstream text;
    text << 4 << " threads, " << 1.25 << " s";
    benchmark::DoNotOptimize(text.str());
  }
}
BENCHMARK(text_by_stream);

}  // namespace

BENCHMARK_MAIN();
