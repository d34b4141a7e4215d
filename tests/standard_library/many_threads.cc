// A great number of threads, one after another, then a thousand at once. The first argument is how
// many; 100,000 without it.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <latch>
#include <thread>
#include <vector>

#include "tests/standard_library/check.h"

namespace {

using tb::test::check;

constexpr int kAtOnce = 1000;

thread_local std::uint64_t own = 1;

void one_by_one(std::uint64_t count) {
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::thread([&sum, i] {
      check(own == 1, "each thread begins with a fresh object");
      own += i;
      sum += own;
    }).join();
  }
  check(sum == count + count * (count - 1) / 2, "every thread has added its number");
  std::cout << count << " threads, one by one, make " << sum << std::endl;
}

// Fills a part of the stack, which has to be the same when all others have done so.
[[gnu::noinline]] void stay(std::uint64_t number, std::latch& here, std::latch& go) {
  volatile std::uint64_t room[1500];
  for (std::size_t i = 0; i < 1500; ++i) {
    room[i] = number;
  }
  own = number;
  here.count_down();
  go.wait();
  std::uint64_t wrong = 0;
  for (std::size_t i = 0; i < 1500; ++i) {
    wrong += room[i] != number ? 1 : 0;
  }
  check(wrong == 0, "a stack belongs to one thread");
  check(own == number, "an object of the thread as well");
}

void all_at_once() {
  std::latch here(kAtOnce);
  std::latch go(1);
  std::atomic<int> ended = 0;
  std::vector<std::thread> threads;
  for (std::uint64_t i = 0; i < kAtOnce; ++i) {
    threads.emplace_back([&, i] {
      stay(i, here, go);
      ++ended;
    });
  }
  here.wait();
  check(ended == 0, "all are alive");
  go.count_down();
  for (std::thread& thread : threads) {
    thread.join();
  }
  std::cout << ended << " threads at once" << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
  one_by_one(argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000);
  all_at_once();
  return tb::test::finish();
}
