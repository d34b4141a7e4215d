// Threads of the C++ library give all their memory back: the machine has as many free frames after
// thousands of them as after the first thousand, which have filled the caches.
#include <malloc.h>

#include <cstddef>
#include <cstdlib>
#include <latch>
#include <thread>
#include <vector>

#include "runtime/memory/frame_allocator.h"
#include "tests/image/suite.h"

namespace {

constexpr std::ptrdiff_t kAtOnce = 1000;

thread_local char own[10'000];

// Some of its stack, its variables and the heap.
void use_memory() {
  volatile char room[30'000];
  for (std::size_t i = 0; i < sizeof room; i += 1000) {
    room[i] = 1;
  }
  own[sizeof own - 1] = room[0];
  delete[] new char[100'000];
}

void run_at_once() {
  std::latch all(kAtOnce);
  std::vector<std::jthread> threads;
  for (std::ptrdiff_t i = 0; i < kAtOnce; ++i) {
    threads.emplace_back([&all] {
      use_memory();
      all.arrive_and_wait();
    });
  }
}

void run_one_by_one(int count) {
  for (int i = 0; i < count; ++i) {
    std::thread(use_memory).join();
  }
}

std::size_t free_frames() {
  malloc_trim(0);
  return tb::frames().free_frames();
}

}  // namespace

// The argument is how many, one by one.
int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 5'000;
  tb::test::Suite suite;
  const std::size_t before = free_frames();
  run_at_once();
  const std::size_t first = free_frames();
  suite.test("a thousand threads at once leave caches and page tables behind, and no more",
             [&](tb::test::Suite& s) {
               constexpr std::size_t kFramesEach = 5;
               tb::println("{} frames free before, {} after", before, first);
               s.check(before - first < kFramesEach * kAtOnce, "what is left is little");
             });
  suite.test("thousands more of them leave nothing", [&](tb::test::Suite& s) {
    run_one_by_one(count);
    tb::println("{} threads, one by one, have ended", count);
    run_at_once();
    const std::size_t last = free_frames();
    // Blocks, and records of threads, in the lists of CPUs that this one cannot reach.
    const std::size_t kept = 64 + 8 * std::thread::hardware_concurrency();
    tb::println("{} frames free after all", last);
    s.check(last + kept >= first, "all memory is back");
  });
  return suite.status();
}
