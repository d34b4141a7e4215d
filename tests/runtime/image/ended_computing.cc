// Ends by force of threads that compute and never look: wherever an interrupt finds them, if only
// the application is on their stacks, and nowhere else.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "runtime/control/at_exit.h"
#include "runtime/control/terminate.h"
#include "runtime/preemption.h"
#include "runtime/spare_threads.h"
#include "runtime/sync/barrier.h"
#include "runtime/sync/channel.h"
#include "runtime/sync/condition_variable.h"
#include "runtime/sync/mutex.h"
#include "runtime/sync/once.h"
#include "runtime/sync/semaphore.h"
#include "runtime/sync/shared_mutex.h"
#include "runtime/thread.h"
#include "tests/image/random.h"
#include "tests/image/suite.h"

namespace {

using namespace std::chrono_literals;
using tb::test::Suite;

template <class Function>
tb::Thread begin(Suite& suite, Function function, const tb::SpawnOptions& options = {}) {
  auto thread = tb::spawn(function, options);
  suite.check(thread.has_value(), "a thread begins");
  return std::move(*thread);
}

void tell(Suite& suite, const tb::Thread& thread) {
  suite.check(tb::terminate(thread.id()).has_value(), "it is told to end");
}

void join(Suite& suite, tb::Thread& thread) {
  suite.check(thread.join().has_value(), "it has ended");
}

void await(const std::atomic<bool>& flag) {
  while (!flag) {
    tb::this_thread::yield();
  }
}

[[noreturn]] void compute_for_ever(std::atomic<bool>& computes) {
  volatile std::uint64_t sum = 0;
  for (;;) {
    sum = sum + 1;
    computes = true;
  }
}

[[gnu::noinline]] void compute_below(std::uint32_t calls, std::atomic<bool>& computes) {
  if (calls == 0) {
    compute_for_ever(computes);
  }
  compute_below(calls - 1, computes);
  computes = false;  // so that the call is none at the end
}

void end_who_computes(Suite& suite) {
  for (const std::uint32_t calls : {0U, 1U, 50U}) {
    std::atomic<bool> computes = false;
    std::atomic<bool> handled = false;
    tb::Thread thread = begin(suite, [&] {
      suite.check(tb::this_thread::at_exit([&] { handled = true; }).has_value(), "a handler");
      compute_below(calls, computes);
    });
    await(computes);
    tell(suite, thread);
    join(suite, thread);
    suite.check(handled, "its exit handler was called");
  }
}

void keep_who_has_a_mutex(Suite& suite) {
  tb::Mutex mutex;
  std::atomic<bool> computes = false;
  std::atomic<bool> may_unlock = false;
  std::atomic<bool> unlocks = false;
  tb::Thread thread = begin(suite, [&] {
    {
      const std::lock_guard guard(mutex);
      computes = true;
      while (!may_unlock) {
      }
      unlocks = true;
    }
    compute_for_ever(computes);
  });
  await(computes);
  tell(suite, thread);
  tb::this_thread::sleep_for(5ms);
  suite.check(thread.joinable() && !mutex.try_lock(), "it has the mutex, and computes on");
  may_unlock = true;
  join(suite, thread);
  suite.check(unlocks && mutex.try_lock(), "it has given it back before");
  mutex.unlock();
}

// Told while it sleeps with a mutex, or with preemption off: it computes afterwards, alone on its
// CPU.
void end_who_computes_later(Suite& suite) {
  tb::Mutex mutex;
  std::atomic<bool> sleeps = false;
  std::atomic<bool> computes = false;
  tb::Thread sleeper = begin(suite, [&] {
    {
      const std::lock_guard guard(mutex);
      sleeps = true;
      tb::this_thread::sleep_for(5ms);
    }
    compute_for_ever(computes);
  });
  await(sleeps);
  tell(suite, sleeper);
  join(suite, sleeper);

  // With preemption off it keeps a CPU for itself: not that of who lets it go on.
  const tb::CpuSet here = tb::CpuSet::only(tb::CpuId{0});
  const tb::CpuSet apart = tb::CpuSet::only(tb::CpuId{tb::cpu_count() - 1});
  suite.check(tb::set_affinity(tb::this_thread::id(), here).has_value(), "the first CPU is here");
  std::atomic<bool> may_go_on = false;
  std::atomic<bool> is_off = false;
  const auto compute_with_preemption_off = [&] {
    {
      const tb::PreemptionGuard guard;
      is_off = true;
      while (!may_go_on && tb::cpu_count() > 1) {
      }
    }
    compute_for_ever(computes);
  };
  tb::Thread guarded = begin(suite, compute_with_preemption_off, {.affinity = apart});
  await(is_off);
  tb::Thread teller = begin(suite, [&] { tell(suite, guarded); }, {.affinity = here});
  tb::this_thread::sleep_for(2ms);
  may_go_on = true;
  join(suite, guarded);
  join(suite, teller);
  suite.check(tb::set_affinity(tb::this_thread::id(), tb::CpuSet::everywhere()).has_value(),
              "every CPU is");
}

// What the runtime has called is on its stack, below what computes.
void keep_who_is_called(Suite& suite) {
  tb::OnceFlag once;
  std::atomic<bool> computes = false;
  std::atomic<bool> may_return = false;
  tb::Thread thread = begin(suite, [&] {
    tb::call_once(once, [&] {
      computes = true;
      while (!may_return) {
      }
    });
    compute_for_ever(computes);
  });
  await(computes);
  tell(suite, thread);
  tb::this_thread::sleep_for(5ms);
  may_return = true;
  join(suite, thread);
  bool called = false;
  tb::call_once(once, [&] { called = true; });
  suite.check(!called, "the call has come to its end");
}

// Computes while the runtime moves it to a new thread's stack, which is the second time.
class SlowToMove {
 public:
  SlowToMove(std::atomic<bool>& computes, const std::atomic<bool>& may_return,
             std::atomic<bool>& runs)
      : computes_(&computes), may_return_(&may_return), runs_(&runs) {}
  SlowToMove(const SlowToMove&) = delete;
  SlowToMove& operator=(const SlowToMove&) = delete;
  SlowToMove(SlowToMove&& other) noexcept
      : moves_(other.moves_ + 1),
        computes_(other.computes_),
        may_return_(other.may_return_),
        runs_(other.runs_) {
    *computes_ = moves_ > 1;
    while (moves_ > 1 && !*may_return_) {
    }
  }

  // Whoever has spawned it may be gone before it could do this.
  void operator()() const {
    static_cast<void>(tb::detach(tb::this_thread::id()));
    *runs_ = true;
  }

 private:
  int moves_ = 0;
  std::atomic<bool>* computes_;
  const std::atomic<bool>* may_return_;
  std::atomic<bool>* runs_;
};

// Nothing but what is on the stack tells that a spawn is in the midst of its work.
void keep_who_spawns(Suite& suite) {
  const std::size_t before = tb::live_threads();
  std::atomic<bool> computes = false;
  std::atomic<bool> may_return = false;
  std::atomic<bool> runs = false;
  tb::Thread thread = begin(suite, [&] {
    auto other = tb::spawn(SlowToMove(computes, may_return, runs));
    suite.check(other.has_value(), "the other begins");
    compute_for_ever(computes);
  });
  await(computes);
  tell(suite, thread);
  tb::this_thread::sleep_for(5ms);
  may_return = true;
  join(suite, thread);
  await(runs);
  while (tb::live_threads() > before) {
    tb::this_thread::yield();
  }
}

// In a frame of its own: what earlier calls have left on the stack is below it, and tells nothing.
[[gnu::noinline]] void compute_until(const std::atomic<bool>& then) {
  while (!then) {
  }
}

// The others would wait for it.
void keep_who_makes_a_variable(Suite& suite) {
  static std::atomic<bool> computes;
  static std::atomic<bool> may_return;
  const auto variable = [] {
    static const int value = [] {
      computes = true;
      compute_until(may_return);
      return 17;
    }();
    return value;
  };
  tb::Thread thread = begin(suite, [&] {
    static_cast<void>(variable());
    compute_for_ever(computes);
  });
  await(computes);
  tell(suite, thread);
  tb::this_thread::sleep_for(5ms);
  may_return = true;
  join(suite, thread);
  suite.equal(variable(), 17, "what it has made");
}

// What threads do all the time until they are told to end, in no order.
class Work {
 public:
  [[noreturn]] void go_on(tb::test::Random random) {
    constexpr std::array<void (Work::*)(), 7> kSteps = {
        &Work::lock, &Work::write, &Work::read,          &Work::take_permit,
        &Work::wait, &Work::send,  &Work::meet_by_itself};
    for (;;) {
      ++rounds_;
      (this->*kSteps[random.below(kSteps.size())])();
      compute(random.below(2000));
    }
  }

  std::uint64_t rounds() const { return rounds_; }

  void expect_whole(Suite& suite) {
    suite.equal(entered_, left_, "scopes of a mutex that were left");
    suite.equal(first_, second_, "two steps of a writer");
    suite.equal(torn_.load(), 0U, "readers between the two");
    suite.check(mutex_.try_lock(), "the mutex is free");
    mutex_.unlock();
    suite.check(shared_.try_lock(), "so is the one that is shared");
    shared_.unlock();
    suite.check(permits_.try_acquire() && permits_.try_acquire() && !permits_.try_acquire(),
                "all permits are back");
    changed_.notify_all();
    while (channel_.try_receive()) {
    }
    suite.check(channel_.try_send(1).has_value() && channel_.try_receive().has_value(),
                "the channel works");
  }

 private:
  static void compute(std::uint64_t steps) {
    for (volatile std::uint64_t i = 0; i < steps; i = i + 1) {
    }
  }

  void lock() {
    const std::lock_guard guard(mutex_);
    ++entered_;
    compute(100);
    ++left_;
  }
  void write() {
    const std::lock_guard lock(shared_);
    ++first_;
    compute(100);
    ++second_;
  }
  void read() {
    const std::shared_lock lock(shared_);
    torn_ += first_ != second_ ? 1 : 0;
  }
  // A permit is nobody's: only who holds it knows.
  void take_permit() {
    const tb::NoTermination stays;
    permits_.acquire();
    compute(100);
    permits_.release();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    static_cast<void>(changed_.wait_for(lock, 20us));
    changed_.notify_one();
  }
  void send() {
    static_cast<void>(channel_.send_until(1, tb::now() + 20us));
    static_cast<void>(channel_.try_receive());
  }
  void meet_by_itself() {
    tb::Barrier barrier(1);
    barrier.arrive_and_wait();
  }

  std::atomic<std::uint64_t> rounds_ = 0;
  tb::Mutex mutex_;
  std::uint64_t entered_ = 0;  // both guarded by it
  std::uint64_t left_ = 0;
  tb::SharedMutex shared_;
  std::uint64_t first_ = 0;  // both guarded by it
  std::uint64_t second_ = 0;
  std::atomic<std::uint32_t> torn_ = 0;
  tb::Semaphore permits_{2};
  tb::ConditionVariable changed_;
  tb::Channel<int> channel_{2};
};

void end_who_works(Suite& suite) {
  constexpr std::uint32_t kWorkers = 6;
  constexpr std::uint32_t kEnds = 300;
  Work work;
  tb::test::Random random(31);
  std::vector<tb::Thread> workers;
  const auto begin_worker = [&](std::uint32_t number) {
    return begin(suite, [&work, number] { work.go_on(tb::test::Random(number)); });
  };
  for (std::uint32_t i = 0; i < kWorkers; ++i) {
    workers.push_back(begin_worker(i));
  }
  for (std::uint32_t i = 0; i < kEnds; ++i) {
    tb::this_thread::sleep_for(std::chrono::microseconds(random.below(300)));
    tb::Thread& worker = workers[random.below(kWorkers)];
    tell(suite, worker);
    join(suite, worker);
    worker = begin_worker(kWorkers + i);
  }
  for (tb::Thread& worker : workers) {
    tell(suite, worker);
  }
  for (tb::Thread& worker : workers) {
    join(suite, worker);
  }
  suite.check(work.rounds() > kEnds, "they have worked");
  work.expect_whole(suite);
}

}  // namespace

int main() {
  Suite suite;
  suite.test("who computes ends where an interrupt finds it", end_who_computes);
  suite.test("who has a mutex computes until it has none", keep_who_has_a_mutex);
  suite.test("who could not end when it was told ends later", end_who_computes_later);
  suite.test("who is called by the runtime brings that to its end", keep_who_is_called);
  suite.test("who spawns comes to the end of that", keep_who_spawns);
  suite.test("who makes a static variable does so for all", keep_who_makes_a_variable);
  suite.test("ends at any time leave everything whole", end_who_works);
  return suite.status();
}
