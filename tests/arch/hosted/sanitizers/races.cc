// Races between threads of two CPUs, one for each argument, which ThreadSanitizer has to report;
// and the same done right, on which it has nothing to say.
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>

#include "runtime/console.h"
#include "runtime/spin_lock.h"
#include "runtime/thread.h"

namespace {

// Both at once, on a CPU each. Neither begins before the other is there, which orders nothing else;
// or what the scheduler does in between might.
template <class First, class Second>
void run_both(First first, Second second) {
  std::atomic<int> there = 0;
  const auto meet = [&there] {
    there.fetch_add(1, std::memory_order_relaxed);
    while (there.load(std::memory_order_relaxed) < 2) {
    }
  };
  const auto on = [](std::uint32_t cpu) {
    return tb::SpawnOptions{.affinity = tb::CpuSet::only(tb::CpuId{cpu})};
  };
  auto on_second = tb::spawn(
      [&] {
        meet();
        second();
      },
      on(1));
  auto on_first = tb::spawn(
      [&] {
        meet();
        first();
      },
      on(0));
  static_cast<void>(on_first->join());
  static_cast<void>(on_second->join());
}

constexpr int kRounds = 1'000;

int count_without_lock() {
  // So long that both run for a while, even if the host has a processor for one of them only, and
  // each meets what the other one has just written.
  constexpr int kLong = 1000 * kRounds;
  volatile int count = 0;
  const auto add = [&count] {
    for (int round = 0; round < kLong; ++round) {
      count = count + 1;
    }
  };
  run_both(add, add);
  return 0;
}

int count_with_lock() {
  int count = 0;
  tb::SpinLock lock;
  const auto add = [&count, &lock] {
    for (int round = 0; round < kRounds; ++round) {
      const std::lock_guard guard(lock);
      ++count;
    }
  };
  run_both(add, add);
  return count - 2 * kRounds;
}

// The reader sees the flag, and with too weak an order maybe not what comes before it.
int hand_over(std::memory_order write, std::memory_order read) {
  int message = 0;
  int seen = 0;
  std::atomic<bool> ready = false;
  run_both(
      [&message, &ready, write] {
        message = 1;
        ready.store(true, write);
      },
      [&message, &ready, &seen, read] {
        while (!ready.load(read)) {
        }
        seen = message;
      });
  return seen - 1;
}

int use_while_deleted() {
  auto number = std::make_unique<int>(0);
  int* const seen = number.get();
  std::atomic<bool> read = false;
  run_both(
      [seen, &read] {
        // The result of one thread's reading does not order the other one's delete behind it.
        static_cast<void>(*static_cast<volatile int*>(seen));
        read.store(true, std::memory_order_relaxed);
      },
      [&number, &read] {
        while (!read.load(std::memory_order_relaxed)) {
        }
        number.reset();
      });
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view wanted = argc > 1 ? argv[1] : "none";
  int result = 0;
  if (wanted == "count") {
    result = count_without_lock();
  } else if (wanted == "hand_over") {
    result = hand_over(std::memory_order_relaxed, std::memory_order_relaxed);
  } else if (wanted == "delete") {
    result = use_while_deleted();
  } else {
    result = count_with_lock() + hand_over(std::memory_order_release, std::memory_order_acquire);
  }
  tb::println("survived");
  return result;
}
