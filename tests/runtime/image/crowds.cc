// Few threads that meet often, and thousands that meet at all: nothing is lost, and none is
// left.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "base/cpu_set.h"
#include "runtime/spare_threads.h"
#include "runtime/sync/barrier.h"
#include "runtime/sync/channel.h"
#include "runtime/sync/condition_variable.h"
#include "runtime/sync/event.h"
#include "runtime/sync/latch.h"
#include "runtime/sync/mutex.h"
#include "runtime/sync/semaphore.h"
#include "runtime/sync/shared_mutex.h"
#include "runtime/thread.h"
#include "tests/image/suite.h"

namespace {

using tb::test::Suite;

constexpr int kPermits = 8;

// What `count` threads share, each for so many rounds.
class Meeting {
 public:
  Meeting(std::uint32_t count, std::uint32_t rounds)
      : count_(count), rounds_(rounds), left_(count), end_(count) {}

  void take_part(std::uint32_t number) {
    begin_.wait();
    for (std::uint32_t round = 0; round < rounds_; ++round) {
      {
        const std::lock_guard lock(mutex_);
        ++counted_;
      }
      work_with_permit();
      read_or_write(number + round);
      static_cast<void>(channel_.send(number));
    }
    {
      const std::lock_guard lock(mutex_);
      ++finished_;
    }
    has_finished_.notify_all();
    left_.count_down();
    end_.arrive_and_wait();
  }

  void receive_all() {
    while (const auto number = channel_.receive()) {
      sum_ += *number;
    }
  }

  void begin() { begin_.set(); }

  void end() {
    {
      std::unique_lock lock(mutex_);
      has_finished_.wait(lock, [this] { return finished_ == count_; });
    }
    left_.wait();
    channel_.close();
  }

  void expect_all(Suite& suite) const {
    const std::uint64_t all = std::uint64_t{count_} * rounds_;
    suite.equal(counted_, all, "times that the mutex was locked");
    suite.equal(sum_.load(), all * (count_ - 1) / 2, "sum of what went through the channel");
    suite.check(most_ <= kPermits, "no more than the permits at once");
    suite.equal(first_, second_, "two steps of a writer");
    suite.equal(torn_.load(), 0U, "readers between the two");
  }

 private:
  void work_with_permit() {
    permits_.acquire();
    const int now = ++inside_;
    for (int seen = most_; seen < now && !most_.compare_exchange_weak(seen, now);) {
    }
    --inside_;
    permits_.release();
  }

  void read_or_write(std::uint32_t number) {
    if (number % 8 != 0) {
      const std::shared_lock lock(shared_);
      torn_ += first_ != second_ ? 1 : 0;
      return;
    }
    const std::lock_guard lock(shared_);
    ++first_;
    ++second_;
  }

  const std::uint32_t count_;
  const std::uint32_t rounds_;
  tb::Event begin_;
  tb::Mutex mutex_;
  std::uint64_t counted_ = 0;  // guarded by the mutex, as the next
  std::uint32_t finished_ = 0;
  tb::ConditionVariable has_finished_;
  tb::Semaphore permits_{kPermits};
  std::atomic<int> inside_ = 0;
  std::atomic<int> most_ = 0;
  tb::SharedMutex shared_;
  std::uint64_t first_ = 0;  // both guarded by it
  std::uint64_t second_ = 0;
  std::atomic<std::uint32_t> torn_ = 0;
  tb::Channel<std::uint32_t> channel_{64};
  std::atomic<std::uint64_t> sum_ = 0;
  tb::Latch left_;
  tb::Barrier<> end_;
};

// Anybody notes on which CPU it has run.
std::array<std::atomic<bool>, tb::CpuSet::kMaxCpus> used_cpus{};

void meet(Suite& suite, std::uint32_t count, std::uint32_t rounds) {
  Meeting meeting(count, rounds);
  std::vector<tb::Thread> threads;
  threads.reserve(count + tb::cpu_count());
  const auto begin = [&](auto function) {
    auto thread = tb::spawn(function);
    suite.check(thread.has_value(), "a thread begins");
    if (thread) {
      threads.push_back(std::move(*thread));
    }
  };
  for (std::uint32_t i = 0; i < tb::cpu_count(); ++i) {
    begin([&meeting] { meeting.receive_all(); });
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    begin([&meeting, i] {
      meeting.take_part(i);
      used_cpus[tb::index_of(tb::this_thread::cpu())] = true;
    });
  }
  meeting.begin();
  meeting.end();
  for (tb::Thread& thread : threads) {
    suite.check(thread.join().has_value(), "a thread has ended");
  }
  meeting.expect_all(suite);
}

void meet_by_ten_thousands(Suite& suite) {
  constexpr std::uint32_t kThreads = 10'000;
  const std::size_t before = tb::live_threads();
  meet(suite, kThreads, 3);
  meet(suite, kThreads, 3);
  tb::println("{} threads have met", kThreads);
  suite.equal(tb::live_threads(), before, "threads that are left");
}

}  // namespace

int main() {
  Suite suite;
  suite.test("50 threads meet 1,000 times each", [](Suite& s) { meet(s, 50, 1'000); });
  suite.test("1,000 threads meet 40 times each", [](Suite& s) { meet(s, 1'000, 40); });
  suite.test("10,000 threads meet twice, and none is left", meet_by_ten_thousands);
  suite.test("all CPUs have run some of them", [](Suite& s) {
    const auto is_used = [](const std::atomic<bool>& used) { return used.load(); };
    s.equal(std::ranges::count_if(used_cpus, is_used), std::ptrdiff_t{tb::cpu_count()}, "CPUs");
  });
  return suite.status();
}
