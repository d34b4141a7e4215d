// POSIX threads on Linux: futexes for park and wake, sched_yield, and the C library's locks.
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <atomic>
#include <barrier>
#include <climits>
#include <condition_variable>
#include <cstddef>
#include <ctime>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "bench/peers/measure.h"

namespace {

using Word = std::atomic<std::uint32_t>;

void wait_while(Word& word, std::uint32_t value) {
  while (word == value) {
    syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, nullptr, nullptr, 0);
  }
}

void set_and_wake(Word& word, std::uint32_t value) {
  word = value;
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

// A kernel is not bound to a strict turn, so what all of them did is counted.
void measure_yields(peers::Session& session, std::uint64_t threads) {
  const peers::Row row{.operation = "yield", .threads = threads};
  if (!session.wants(row)) {
    return;
  }
  peers::pin_to(0);
  std::atomic<bool> stop = false;
  volatile std::uint64_t yields = 0;
  const auto yield = [&] {
    yields = yields + 1;
    sched_yield();
  };
  std::vector<std::jthread> others;
  for (std::uint64_t i = 1; i < threads; ++i) {
    others.emplace_back([&] {
      while (!stop) {
        yield();
      }
    });
  }
  constexpr std::uint64_t kUnit = 1'000;  // the samples keep three digits of a fraction
  session.measure(row, kUnit, [&] {
    const std::uint64_t before = yields;
    const std::uint64_t begin = peers::ticks();
    while (yields - before < 20'000) {
      yield();
    }
    return (peers::ticks() - begin) * kUnit / (yields - before);
  });
  stop = true;
}

// Two threads take turns on a word; the partner is on the same CPU, or on the second.
void measure_wakes(peers::Session& session, unsigned cpus) {
  peers::pin_to(0);
  constexpr std::uint64_t kRounds = 5'000;
  Word turn = 0;
  std::jthread partner([&] {
    peers::pin_to(cpus - 1);
    for (;;) {
      wait_while(turn, 0);
      if (turn == 2) {
        return;
      }
      set_and_wake(turn, 0);
    }
  });
  session.measure({.operation = "block_wake", .threads = 2, .cpus = cpus}, kRounds, [&] {
    const std::uint64_t begin = peers::ticks();
    for (std::uint64_t i = 0; i < kRounds; ++i) {
      set_and_wake(turn, 1);
      wait_while(turn, 1);
    }
    return peers::ticks() - begin;
  });
  set_and_wake(turn, 2);
}

// From the wake to the partner's first instruction, its CPU having slept for long.
void measure_wakes_of_sleepers(peers::Session& session) {
  const peers::Row row{.operation = "wake_asleep", .threads = 2, .cpus = 2};
  if (!session.wants(row)) {
    return;
  }
  peers::pin_to(0);
  const std::uint64_t rounds = session.sized(200, 20);
  Word turn = 0;
  std::atomic<std::uint64_t> arrived = 0;
  std::jthread partner([&] {
    peers::pin_to(1);
    for (std::uint32_t seen = 0;; ++seen) {
      wait_while(turn, seen);
      arrived = peers::ticks();
      if (turn == UINT_MAX) {
        return;
      }
    }
  });
  session.measure(row, rounds, [&] {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < rounds; ++i) {
      peers::spin_for(session.ticks_per_second() / 2'000);
      arrived = 0;
      const std::uint64_t begin = peers::ticks();
      set_and_wake(turn, turn + 1);
      while (arrived == 0) {
        _mm_pause();
      }
      sum += arrived - begin;
    }
    return sum;
  });
  set_and_wake(turn, UINT_MAX);
}

void measure_spawns(peers::Session& session) {
  peers::pin_to(0);
  constexpr std::uint64_t kRounds = 200;
  session.measure({.operation = "spawn_join"}, kRounds, [] {
    const std::uint64_t begin = peers::ticks();
    for (std::uint64_t i = 0; i < kRounds; ++i) {
      std::thread([] {}).join();
    }
    return peers::ticks() - begin;
  });
}

// Threads with stacks of 16 KiB out of one mapping, for the kernel limits the number of mappings.
class Crowd {
 public:
  explicit Crowd(std::uint64_t threads) : threads_(threads) {
    stacks_ = static_cast<std::byte*>(mmap(nullptr, threads * kStack, PROT_READ | PROT_WRITE,
                                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  }
  ~Crowd() { munmap(stacks_, threads_.size() * kStack); }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  // False if the kernel has no more threads for us; those that began are still joined.
  bool start(void* (*function)(void*), void* argument) {
    for (started_ = 0; started_ < threads_.size(); ++started_) {
      pthread_attr_t attributes;
      pthread_attr_init(&attributes);
      pthread_attr_setstack(&attributes, stacks_ + started_ * kStack, kStack);
      if (pthread_create(&threads_[started_], &attributes, function, argument) != 0) {
        return false;
      }
    }
    return true;
  }
  void join() {
    for (std::size_t i = 0; i < started_; ++i) {
      pthread_join(threads_[i], nullptr);
    }
  }

 private:
  static constexpr std::size_t kStack = 16 * 1024;
  std::vector<pthread_t> threads_;
  std::size_t started_ = 0;
  std::byte* stacks_;
};

// Whether the kernel allows for so many threads at once.
bool has_room_for(std::uint64_t threads) {
  Word blocked = 0;
  Crowd crowd(threads);
  const bool possible = crowd.start(
      [](void* word) -> void* {
        wait_while(*static_cast<Word*>(word), 0);
        return nullptr;
      },
      &blocked);
  blocked = 1;
  syscall(SYS_futex, &blocked, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
  crowd.join();
  return possible;
}

void measure_many(peers::Session& session, std::uint64_t threads) {
  const peers::Row row{.operation = "spawn_many", .threads = threads};
  peers::pin_to(0);
  if (!session.wants(row) || !has_room_for(threads)) {
    return;
  }
  Crowd crowd(threads);
  session.measure(row, threads, [&] {
    const std::uint64_t begin = peers::ticks();
    crowd.start([](void*) -> void* { return nullptr; }, nullptr);
    crowd.join();
    return peers::ticks() - begin;
  });
}

std::uint64_t available_memory() {
  std::ifstream file("/proc/meminfo");
  for (std::string name; file >> name;) {
    if (name == "MemAvailable:") {
      std::uint64_t kibibytes = 0;
      file >> kibibytes;
      return kibibytes * 1024;
    }
  }
  return 0;
}

// The whole machine's, for the kernel's part of a thread is the larger one.
void measure_memory(peers::Session& session, std::uint64_t threads) {
  const peers::Row row{.operation = "memory_parked", .threads = threads};
  if (!session.wants(row)) {
    return;
  }
  Word blocked = 0;
  Crowd crowd(threads);
  const std::uint64_t before = available_memory();
  const bool possible = crowd.start(
      [](void* word) -> void* {
        wait_while(*static_cast<Word*>(word), 0);
        return nullptr;
      },
      &blocked);
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  const std::uint64_t after = available_memory();
  blocked = 1;
  syscall(SYS_futex, &blocked, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
  crowd.join();
  if (possible && before > after) {
    session.report(row, "bytes", {static_cast<double>((before - after) / threads)});
  }
}

void measure_free_mutex(peers::Session& session) {
  constexpr std::uint64_t kRounds = 100'000;
  std::mutex mutex;
  session.measure({.operation = "mutex_free"}, kRounds, [&] {
    const std::uint64_t begin = peers::ticks();
    for (std::uint64_t i = 0; i < kRounds; ++i) {
      const std::lock_guard guard(mutex);
      asm volatile("" : : : "memory");
    }
    return peers::ticks() - begin;
  });
}

// Threads on two CPUs, as many on each, want the same mutex all the time.
void measure_contended_mutex(peers::Session& session, unsigned threads) {
  constexpr std::uint64_t kRounds = 50'000;
  const peers::Row row{.operation = "mutex_contended", .threads = threads, .cpus = 2};
  session.measure(row, threads * kRounds, [threads] {
    std::mutex mutex;
    std::atomic<unsigned> ready = 0;
    const auto work = [&](unsigned number) {
      peers::pin_to(number % 2);
      ++ready;
      while (ready < threads) {
        std::this_thread::yield();
      }
      for (std::uint64_t i = 0; i < kRounds; ++i) {
        const std::lock_guard guard(mutex);
        asm volatile("" : : : "memory");
      }
    };
    std::vector<std::jthread> others;
    for (unsigned number = 1; number < threads; ++number) {
      others.emplace_back(work, number);
    }
    peers::pin_to(0);
    while (ready < threads - 1) {
      std::this_thread::yield();
    }
    const std::uint64_t begin = peers::ticks();
    work(0);
    others.clear();
    return peers::ticks() - begin;
  });
}

void measure_semaphores(peers::Session& session, unsigned cpus) {
  constexpr std::uint64_t kRounds = 5'000;
  peers::pin_to(0);
  sem_t there;
  sem_t back;
  sem_init(&there, 0, 0);
  sem_init(&back, 0, 0);
  std::atomic<bool> stop = false;
  std::jthread partner([&] {
    peers::pin_to(cpus - 1);
    while (sem_wait(&there), !stop) {
      sem_post(&back);
    }
  });
  session.measure({.operation = "semaphore", .threads = 2, .cpus = cpus}, kRounds, [&] {
    const std::uint64_t begin = peers::ticks();
    for (std::uint64_t i = 0; i < kRounds; ++i) {
      sem_post(&there);
      sem_wait(&back);
    }
    return peers::ticks() - begin;
  });
  stop = true;
  sem_post(&there);
}

void measure_condition_variables(peers::Session& session, unsigned cpus) {
  constexpr std::uint64_t kRounds = 5'000;
  peers::pin_to(0);
  std::mutex mutex;
  std::condition_variable changed;
  int turn = 0;
  const auto wait_until_not = [&](int value) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return turn != value; });
    return turn;
  };
  const auto set = [&](int value) {
    const std::lock_guard lock(mutex);
    turn = value;
    changed.notify_one();
  };
  std::jthread partner([&] {
    peers::pin_to(cpus - 1);
    while (wait_until_not(0) != 2) {
      set(0);
    }
  });
  session.measure({.operation = "condition_variable", .threads = 2, .cpus = cpus}, kRounds, [&] {
    const std::uint64_t begin = peers::ticks();
    for (std::uint64_t i = 0; i < kRounds; ++i) {
      set(1);
      wait_until_not(1);
    }
    return peers::ticks() - begin;
  });
  set(2);
}

// The C++ library's looks for a while before it sleeps; pthread_barrier_wait() takes up to four
// times as long.
void measure_barriers(peers::Session& session, unsigned cpus) {
  constexpr std::uint64_t kRounds = 5'000;
  peers::pin_to(0);
  session.measure({.operation = "barrier", .threads = 2, .cpus = cpus}, kRounds, [cpus] {
    std::barrier barrier(2);
    const auto meet = [&barrier](std::uint64_t times) {
      for (std::uint64_t i = 0; i < times; ++i) {
        barrier.arrive_and_wait();
      }
    };
    std::jthread partner([&] {
      peers::pin_to(cpus - 1);
      meet(1 + kRounds);
    });
    meet(1);
    const std::uint64_t begin = peers::ticks();
    meet(kRounds);
    return peers::ticks() - begin;
  });
}

}  // namespace

int main(int argc, char** argv) {
  peers::Session session("POSIX threads", peers::Stacks::kOwn, argc, argv);
  // The kernel would add 50 us to every sleep by itself.
  prctl(PR_SET_TIMERSLACK, 1);
  // First, before the kernel and the library have kept the memory of other threads.
  measure_memory(session, session.sized(10'000, 100));
  for (const std::uint64_t threads : {2, 100, 1'000}) {
    measure_yields(session, session.sized(threads, threads == 2 ? 2 : 10));
  }
  for (const unsigned cpus : {1u, 2u}) {
    if (cpus <= peers::allowed_cpus().size()) {
      measure_wakes(session, cpus);
      measure_semaphores(session, cpus);
      measure_condition_variables(session, cpus);
      measure_barriers(session, cpus);
    }
  }
  measure_wakes_of_sleepers(session);
  measure_spawns(session);
  for (const std::uint64_t threads : {10'000, 100'000}) {
    measure_many(session, session.sized(threads, 100));
  }
  measure_free_mutex(session);
  for (const unsigned threads : {2u, 8u}) {
    measure_contended_mutex(session, threads);
  }
  peers::pin_to(0);
  session.measure_sleeps([] {
    const timespec duration{.tv_sec = 0, .tv_nsec = 50'000};
    nanosleep(&duration, nullptr);
  });
  return 0;
}
