// Threads that wait for each other: condition variables, futures, semaphores, latches, barriers and
// atomics; with time-outs that do time out.
#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <iostream>
#include <latch>
#include <memory>
#include <mutex>
#include <numeric>
#include <semaphore>
#include <shared_mutex>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <vector>

#include "tests/standard_library/check.h"

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using tb::test::check;
using tb::test::throws;

// A queue of at most four numbers between two threads.
void pass_numbers() {
  std::mutex mutex;
  std::condition_variable filled;
  std::condition_variable emptied;
  std::deque<int> queue;
  long sum = 0;
  std::thread reader([&] {
    for (int i = 0; i < 5000; ++i) {
      std::unique_lock lock(mutex);
      filled.wait(lock, [&] { return !queue.empty(); });
      sum += queue.front();
      queue.pop_front();
      emptied.notify_one();
    }
  });
  for (int i = 0; i < 5000; ++i) {
    std::unique_lock lock(mutex);
    emptied.wait(lock, [&] { return queue.size() < 4; });
    queue.push_back(i);
    filled.notify_one();
  }
  reader.join();
  std::cout << "numbers passed: " << sum << '\n';
}

void time_out() {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  const auto begin = Clock::now();
  while (never.wait_for(lock, 20ms) != std::cv_status::timeout) {
  }
  while (never.wait_until(lock, Clock::now() + 20ms) != std::cv_status::timeout) {
  }
  const auto end = std::chrono::system_clock::now() + 20ms;
  while (never.wait_until(lock, end) != std::cv_status::timeout) {
  }
  check(!never.wait_for(lock, 20ms, [] { return false; }), "nobody made it true");
  check(Clock::now() - begin >= 70ms, "each time-out took its time");
  check(lock.owns_lock() && !never.wait_for(lock, -1s, [] { return false; }), "a time in the past");
  std::shared_mutex shared;
  std::shared_lock reader(shared);
  std::condition_variable_any any;
  check(any.wait_for(reader, 20ms) == std::cv_status::timeout, "with any lock");
}

void wait_for_stop() {
  std::mutex mutex;
  std::condition_variable_any any;
  bool stopped_without_condition = false;
  std::jthread waiter([&](const std::stop_token& token) {
    std::unique_lock lock(mutex);
    stopped_without_condition = !any.wait(lock, token, [] { return false; });
  });
  std::this_thread::sleep_for(10ms);
  waiter.request_stop();
  waiter.join();
  check(stopped_without_condition, "a stop ends the wait");
  std::unique_lock lock(mutex);
  check(!any.wait_for(lock, std::stop_token(), 10ms, [] { return false; }), "as does the time");
}

void notify_all_of_them() {
  std::mutex mutex;
  std::condition_variable condition;
  bool go = false;
  std::atomic<int> gone = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      std::unique_lock lock(mutex);
      condition.wait(lock, [&] { return go; });
      ++gone;
    });
  }
  {
    const std::lock_guard lock(mutex);
    go = true;
  }
  condition.notify_all();
  threads.clear();
  std::cout << "threads let go: " << gone << '\n';
}

int square(int number) { return number * number; }

void use_futures() {
  std::vector<std::future<int>> squares;
  for (int i = 0; i < 16; ++i) {
    squares.push_back(
        std::async(i % 2 == 0 ? std::launch::async : std::launch::deferred, square, i));
  }
  check(squares[1].wait_for(0s) == std::future_status::deferred, "a deferred one waits");
  int sum = 0;
  for (std::future<int>& future : squares) {
    sum += future.get();
  }
  std::cout << "squares: " << sum << '\n';
  const std::thread::id here = std::this_thread::get_id();
  check(std::async(std::launch::async, [] { return std::this_thread::get_id(); }).get() != here,
        "async runs elsewhere");
  check(std::async(std::launch::deferred, [] { return std::this_thread::get_id(); }).get() == here,
        "deferred runs here");
  auto failing = std::async(std::launch::async, []() -> int { throw std::logic_error("no"); });
  check(throws<std::logic_error>([&] { failing.get(); }), "an exception comes through a future");
  check(throws<std::future_error>([&] { failing.get(); }), "once");
}

void use_promises() {
  std::promise<int> promise;
  std::shared_future<int> shared = promise.get_future().share();
  check(shared.wait_for(20ms) == std::future_status::timeout, "nothing is promised yet");
  check(shared.wait_until(Clock::now() + 20ms) == std::future_status::timeout, "nor then");
  std::vector<std::future<int>> readers;
  for (int i = 0; i < 4; ++i) {
    readers.push_back(std::async(std::launch::async, [shared] { return shared.get(); }));
  }
  promise.set_value(11);
  for (std::future<int>& reader : readers) {
    check(reader.get() == 11, "everybody gets it");
  }
  check(throws<std::future_error>([&] { promise.set_value(12); }), "a promise is kept once");
  auto broken = std::make_unique<std::promise<void>>();
  std::future<void> orphan = broken->get_future();
  broken.reset();
  try {
    orphan.get();
  } catch (const std::future_error& error) {
    check(error.code() == std::future_errc::broken_promise, "a broken promise");
  }
  std::promise<void> bad;
  bad.set_exception(std::make_exception_ptr(5));
  check(throws<int>([&] { bad.get_future().get(); }), "a promise of an exception");
  std::packaged_task<int(int)> task(square);
  std::future<int> result = task.get_future();
  std::thread(std::move(task), 9).join();
  check(result.get() == 81, "a packaged task");
  std::promise<int> at_exit;
  std::future<int> later = at_exit.get_future();
  std::thread([&at_exit] { at_exit.set_value_at_thread_exit(3); }).join();
  check(later.get() == 3, "a value at the end of the thread");
}

void use_semaphores_and_latches() {
  std::counting_semaphore<3> places(3);
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  std::latch done(8);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int turn = 0; turn < 200; ++turn) {
        places.acquire();
        const int now = ++inside;
        for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
        }
        --inside;
        places.release();
      }
      done.count_down();
    });
  }
  done.wait();
  check(done.try_wait() && most <= 3, "never more than three");
  std::binary_semaphore closed(0);
  const auto begin = Clock::now();
  check(!closed.try_acquire() && !closed.try_acquire_for(20ms), "nobody releases it");
  check(Clock::now() - begin >= 20ms, "which took its time");
  std::jthread opener([&closed] { closed.release(); });
  closed.acquire();
}

void use_barriers_and_atomics() {
  constexpr int kRounds = 100;
  int completions = 0;
  std::array<int, 4> steps{};
  std::barrier barrier(4, [&]() noexcept {
    ++completions;
    check(std::all_of(steps.begin(), steps.end(), [&](int step) { return step == completions; }),
          "all are at the same step");
  });
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < kRounds; ++round) {
        ++steps[i];
        barrier.arrive_and_wait();
      }
    });
  }
  threads.clear();
  std::cout << "rounds: " << completions << '\n';
  std::atomic<int> turn = 0;
  std::atomic_flag flag;
  std::jthread other([&] {
    for (int i = 0; i < 2000; i += 2) {
      turn.wait(i);
      turn = i + 2;
      turn.notify_one();
    }
    flag.test_and_set();
    flag.notify_all();
  });
  for (int i = 0; i < 2000; i += 2) {
    turn = i + 1;
    turn.notify_one();
    turn.wait(i + 1);
  }
  flag.wait(false);
  check(turn == 2000, "two threads took turns");
  std::atomic<double> real = 1.5;
  real += 1;
  int plain = 1;
  std::atomic_ref(plain).fetch_add(2);
  check(real == 2.5 && plain == 3, "atomics of other kinds");
}

}  // namespace

int main() {
  pass_numbers();
  time_out();
  wait_for_stop();
  notify_all_of_them();
  use_futures();
  use_promises();
  use_semaphores_and_latches();
  use_barriers_and_atomics();
  return tb::test::finish();
}
