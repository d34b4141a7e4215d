// Threads, stop tokens, all mutexes, call_once, objects of threads and statics of functions.
#include <atomic>
#include <chrono>
#include <iostream>
#include <latch>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "tests/standard_library/check.h"

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using tb::test::check;
using tb::test::throws;

constexpr int kThreads = 8;

// Runs body(0) to body(kThreads - 1) in threads of their own until all have ended.
template <class Body>
void in_threads(Body body) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back(body, i);
  }
}

void start_and_join() {
  check(std::thread::hardware_concurrency() >= 1, "there is a CPU");
  int result = 0;
  auto number = std::make_unique<int>(20);
  std::thread thread([](std::unique_ptr<int> moved, int& out,
                        const std::string& text) { out = *moved + static_cast<int>(text.size()); },
                     std::move(number), std::ref(result), "ab");
  check(thread.joinable() && thread.get_id() != std::this_thread::get_id(), "another thread");
  thread.join();
  check(result == 22 && !thread.joinable(), "it had its arguments");
  std::mutex mutex;
  std::set<std::thread::id> ids;
  std::latch all_here(kThreads);
  in_threads([&](int) {
    all_here.arrive_and_wait();
    const std::lock_guard lock(mutex);
    ids.insert(std::this_thread::get_id());
  });
  check(ids.size() == kThreads, "ids differ");
  std::latch done(1);
  std::thread([&done] { done.count_down(); }).detach();
  done.wait();
  const auto begin = Clock::now();
  std::this_thread::sleep_for(20ms);
  std::this_thread::sleep_until(begin + 40ms);
  std::this_thread::yield();
  check(Clock::now() - begin >= 40ms, "sleeping takes its time");
}

void stop_threads() {
  std::atomic<int> turns = 0;
  std::jthread worker([&turns](const std::stop_token& token) {
    while (!token.stop_requested()) {
      ++turns;
      std::this_thread::yield();
    }
  });
  while (turns < 10) {
    std::this_thread::yield();
  }
  std::atomic<int> called = 0;
  const std::stop_callback callback(worker.get_stop_token(), [&called] { ++called; });
  check(worker.request_stop() && !worker.request_stop(), "one asks it to stop");
  worker.join();
  check(called == 1, "the callback was called once");
  std::stop_source source;
  const std::stop_callback late(source.get_token(), [&called] { called += 10; });
  source.request_stop();
  check(called == 11 && source.stop_requested(), "a source of its own");
}

template <class Mutex>
int count_under_lock() {
  Mutex mutex;
  int count = 0;
  in_threads([&](int) {
    for (int turn = 0; turn < 10'000; ++turn) {
      const std::lock_guard lock(mutex);
      ++count;
    }
  });
  return count;
}

template <class Mutex>
void expect_time_out(Mutex& held) {
  std::thread([&held] {
    const auto begin = Clock::now();
    check(!held.try_lock(), "it is held");
    check(!held.try_lock_for(20ms), "for longer than that");
    check(!held.try_lock_until(Clock::now() + 20ms), "and that");
    check(!held.try_lock_until(std::chrono::system_clock::now() + 20ms), "by any clock");
    check(Clock::now() - begin >= 50ms, "which took its time");
  }).join();
}

void lock_mutexes() {
  std::cout << "mutexes: " << count_under_lock<std::mutex>() << ' '
            << count_under_lock<std::timed_mutex>() << ' '
            << count_under_lock<std::recursive_mutex>() << ' '
            << count_under_lock<std::recursive_timed_mutex>() << ' '
            << count_under_lock<std::shared_mutex>() << ' '
            << count_under_lock<std::shared_timed_mutex>() << '\n';
  std::timed_mutex timed;
  std::recursive_timed_mutex recursive;
  std::shared_timed_mutex shared;
  const std::scoped_lock lock(timed, recursive, shared);
  const std::scoped_lock again(recursive);
  expect_time_out(timed);
  expect_time_out(recursive);
  expect_time_out(shared);
  std::mutex one;
  std::unique_lock first(one);
  std::unique_lock second(one, std::try_to_lock);
  check(first && !second, "one lock at a time");
  check(throws<std::system_error>([&] { first.lock(); }), "not twice by one owner");
  first.unlock();
  check(second.try_lock(), "after the first has gone");
}

// In opposite orders, which only a lock of both at once survives.
void lock_two() {
  std::mutex left;
  std::mutex right;
  int both = 0;
  in_threads([&](int i) {
    for (int turn = 0; turn < 2000; ++turn) {
      if (i % 2 == 0) {
        const std::scoped_lock lock(left, right);
        ++both;
      } else {
        std::lock(right, left);
        const std::lock_guard one(left, std::adopt_lock);
        const std::lock_guard two(right, std::adopt_lock);
        ++both;
      }
    }
  });
  std::cout << "both locks: " << both << '\n';
}

void share_locks() {
  std::shared_mutex mutex;
  std::latch readers_inside(kThreads);
  in_threads([&](int) {
    const std::shared_lock lock(mutex);
    readers_inside.arrive_and_wait();
  });
  check(mutex.try_lock(), "all readers were inside at once and have left");
  std::thread([&] { check(!mutex.try_lock_shared(), "no reader beside a writer"); }).join();
  mutex.unlock();
  std::shared_timed_mutex timed;
  const std::shared_lock reader(timed);
  std::thread([&] {
    check(timed.try_lock_shared_for(1ms), "another reader");
    timed.unlock_shared();
    check(!timed.try_lock_for(20ms), "no writer beside a reader");
  }).join();
}

struct Statistics {
  static inline std::atomic<int> made = 0;
  static inline std::atomic<int> gone = 0;
  int value = 0;
  Statistics() { ++made; }
  ~Statistics() { ++gone; }
};

thread_local Statistics statistics;
thread_local int plain = 7;

void own_objects() {
  plain = 100;
  in_threads([](int i) {
    check(plain == 7, "a fresh one in each thread");
    for (int turn = 0; turn < 1000; ++turn) {
      statistics.value += i;
      plain += i;
      if (turn % 100 == 0) {
        std::this_thread::yield();
      }
    }
    check(statistics.value == 1000 * i && plain == 7 + 1000 * i, "nobody else writes to it");
  });
  check(plain == 100, "the main thread's is its own");
  std::cout << "objects of threads: " << Statistics::made << " made, " << Statistics::gone
            << " gone\n";
}

void do_once() {
  std::once_flag flag;
  std::atomic<int> attempts = 0;
  std::atomic<int> refused = 0;
  in_threads([&](int) {
    try {
      std::call_once(flag, [&] {
        if (++attempts <= 2) {
          throw std::runtime_error("not yet");
        }
      });
    } catch (const std::runtime_error&) {
      ++refused;
    }
  });
  check(attempts == 3 && refused == 2, "the third attempt is the last");
  static std::atomic<int> constructed = 0;
  struct Slow {
    Slow() {
      std::this_thread::sleep_for(5ms);
      ++constructed;
    }
    int value = 5;
  };
  in_threads([](int) {
    static const Slow slow;
    check(slow.value == 5 && constructed == 1, "whoever comes waits for the constructor");
  });
}

}  // namespace

int main() {
  start_and_join();
  stop_threads();
  lock_mutexes();
  lock_two();
  share_locks();
  own_objects();
  do_once();
  return tb::test::finish();
}
