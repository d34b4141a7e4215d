// Ends by force of threads that wait for synchronisation objects: whatever they wait for, and
// whoever waits beside them.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "runtime/control/at_exit.h"
#include "runtime/control/terminate.h"
#include "runtime/sync/atomic_wait.h"
#include "runtime/sync/barrier.h"
#include "runtime/sync/condition_variable.h"
#include "runtime/sync/event.h"
#include "runtime/sync/latch.h"
#include "runtime/sync/mutex.h"
#include "runtime/sync/once.h"
#include "runtime/sync/recursive_mutex.h"
#include "runtime/sync/select.h"
#include "runtime/sync/semaphore.h"
#include "runtime/sync/shared_mutex.h"
#include "tests/scenarios/control.h"
#include "tests/scenarios/crowd.h"

namespace tb::test {
namespace {

using namespace std::chrono_literals;

// Objects that nobody gives anything; the mutexes are locked by who has made them.
struct Objects {
  Mutex mutex;
  RecursiveMutex recursive;
  SharedMutex read;
  SharedMutex written;
  Mutex of_condition;
  ConditionVariable condition;
  Semaphore semaphore{0};
  Event event;
  Latch latch{1};
  Barrier<> barrier{100};
  OnceFlag once;
  std::atomic<std::uint32_t> variable = 0;
  std::array<Channel<int>, 2> empty{Channel<int>(), Channel<int>()};
  Channel<int> full{1};
  StopSource nobody_asks;
};

using Wait = void (*)(Objects& objects);

constexpr std::array<Wait, 22> kWaits = {
    [](Objects& o) { o.mutex.lock(); },
    [](Objects& o) { static_cast<void>(o.mutex.lock_or_error()); },
    [](Objects& o) { static_cast<void>(o.mutex.try_lock_for(1h)); },
    [](Objects& o) { o.recursive.lock(); },
    [](Objects& o) { o.read.lock(); },
    [](Objects& o) { static_cast<void>(o.read.try_lock_for(1h)); },
    [](Objects& o) { o.written.lock_shared(); },
    [](Objects& o) {
      std::unique_lock lock(o.of_condition);
      o.condition.wait(lock);
    },
    [](Objects& o) {
      std::unique_lock lock(o.of_condition);
      static_cast<void>(o.condition.wait_for(lock, 1h));
    },
    [](Objects& o) { o.semaphore.acquire(); },
    [](Objects& o) { static_cast<void>(o.semaphore.try_acquire_for(1h)); },
    [](Objects& o) { static_cast<void>(o.semaphore.acquire(o.nobody_asks.get_token())); },
    [](Objects& o) { o.event.wait(); },
    [](Objects& o) { static_cast<void>(o.event.wait_for(1h)); },
    [](Objects& o) { o.latch.wait(); },
    [](Objects& o) { o.barrier.arrive_and_wait(); },
    [](Objects& o) { call_once(o.once, [] {}); },
    [](Objects& o) { atomic_wait(o.variable, 0U); },
    [](Objects& o) { static_cast<void>(o.empty[0].receive()); },
    [](Objects& o) { static_cast<void>(o.full.send(2)); },
    [](Objects& o) {
      static_cast<void>(
          select(receive_from(o.empty[0], [](int) {}), receive_from(o.empty[1], [](int) {})));
    },
    [](Objects& o) { static_cast<void>(o.empty[1].receive(o.nobody_asks.get_token())); },
};

// Whoever is still there would take something.
void expect_nobody_there(Suite& suite, Objects& objects) {
  objects.mutex.unlock();
  suite.check(objects.mutex.try_lock(), "nobody takes the mutex");
  objects.mutex.unlock();
  objects.recursive.unlock();
  objects.read.unlock_shared();
  objects.written.unlock();
  suite.check(objects.read.try_lock() && objects.written.try_lock(), "nor those that are shared");
  objects.read.unlock();
  objects.written.unlock();
  suite.check(objects.of_condition.try_lock(), "nobody has kept that of the condition");
  objects.of_condition.unlock();
  objects.condition.notify_all();
  objects.semaphore.release();
  suite.check(objects.semaphore.try_acquire(), "nobody takes the permit");
  objects.event.set();
  objects.latch.count_down();
  objects.variable = 1;
  atomic_notify_all(objects.variable);
  suite.check(!objects.empty[0].try_send(1) && !objects.empty[1].try_send(1), "nobody receives");
  suite.check(objects.full.try_receive() == 1, "what was sent is there");
  suite.check(objects.full.try_receive() == std::unexpected(ChannelError::kNotNow),
              "and nothing else");
}

// Who was ended has left nothing on its stack that others still look at: now other threads use it.
void use_their_stacks(Suite& suite) {
  constexpr std::size_t kBytes = 2'000;
  Latch all_use_one(kWaits.size());
  Crowd crowd(suite);
  for (std::size_t i = 0; i < kWaits.size(); ++i) {
    crowd.spawn([&all_use_one] {
      std::array<volatile std::uint8_t, kBytes> used;
      for (volatile std::uint8_t& each : used) {
        each = 0xa5;
      }
      all_use_one.arrive_and_wait();
    });
  }
}

// Everybody waits; all are told to end, in any order.
void end_all_waits(Suite& suite, Random& random) {
  Objects objects;
  std::atomic<std::uint32_t> began = 0;
  std::atomic<std::uint32_t> ended = 0;
  std::atomic<bool> may_return = false;
  objects.mutex.lock();
  objects.recursive.lock();
  objects.read.lock_shared();
  objects.written.lock();
  suite.check(objects.full.try_send(1).has_value(), "there is room for one");
  auto caller = spawn([&] {
    call_once(objects.once, [&] {
      ++began;
      while (!may_return) {
        this_thread::park();
      }
    });
  });
  suite.check(caller.has_value(), "a thread begins");
  Crowd crowd(suite);
  std::vector<ThreadId> ids;
  while (began == 0) {
    this_thread::yield();
  }
  for (const Wait wait : kWaits) {
    ids.push_back(crowd.spawn([&suite, &objects, &began, &ended, wait] {
      suite.check(this_thread::at_exit([&ended] { ++ended; }).has_value(), "it counts its end");
      ++began;
      for (;;) {
        wait(objects);
      }
    }));
  }
  suite.check(terminate(caller->id()).has_value(), "who is in a call is told to end, and stays");
  while (began < kWaits.size() + 1) {
    this_thread::sleep_for(10us);
  }
  spend(std::chrono::microseconds(random.below(40)));
  while (!ids.empty()) {
    const std::uint32_t next = random.below(static_cast<std::uint32_t>(ids.size()));
    suite.check(terminate(ids[next]).has_value(), "it is told to end");
    ids[next] = ids.back();
    ids.pop_back();
  }
  crowd.join();
  suite.equal(ended.load(), std::uint32_t{kWaits.size()}, "exit handlers called");
  use_their_stacks(suite);
  expect_nobody_there(suite, objects);
  may_return = true;
  static_cast<void>(wake(caller->id()));
  suite.check(caller->join().has_value(), "the call is over");
  bool called = false;
  call_once(objects.once, [&called] { called = true; });
  suite.check(!called, "it has returned");
}

// What a thread is called for by the runtime, it brings to its end.
class Call {
 public:
  void operator()() noexcept {
    has_begun_ = true;
    while (!may_return_) {
      this_thread::park();
    }
    is_over_ = true;
  }

  // That thread is told in the midst of it.
  void expect_whole(Suite& suite, Thread& thread) {
    while (!has_begun_) {
      this_thread::yield();
    }
    suite.check(terminate(thread.id()).has_value(), "who is in a call is told to end");
    this_thread::sleep_for(20us);
    suite.check(!is_over_, "and waits in it still");
    may_return_ = true;
    static_cast<void>(wake(thread.id()));
    suite.check(thread.join().has_value(), "it ends at its next wait");
    suite.check(is_over_, "the call is over");
  }

 private:
  std::atomic<bool> has_begun_ = false;
  std::atomic<bool> may_return_ = false;
  std::atomic<bool> is_over_ = false;
};

void end_in_calls(Suite& suite) {
  const auto spawn_waiting = [&suite](auto function) {
    auto thread = spawn([function] {
      function();
      for (;;) {
        this_thread::park();
      }
    });
    suite.check(thread.has_value(), "a thread begins");
    return std::move(*thread);
  };
  Call completion;
  const auto complete = [&completion]() noexcept { completion(); };
  Barrier barrier(1, complete);
  Thread last = spawn_waiting([&barrier] { barrier.arrive_and_wait(); });
  completion.expect_whole(suite, last);

  Call called;
  StopSource source;
  const StopCallback callback(source.get_token(), [&called] { called(); });
  Thread asking = spawn_waiting([&source] { static_cast<void>(source.request_stop()); });
  called.expect_whole(suite, asking);
}

// Told while it sleeps with a mutex, which uses the wake up; then it waits for good.
void end_after_a_sleep(Suite& suite) {
  Mutex mutex;
  Semaphore semaphore(0);
  std::atomic<bool> sleeps = false;
  auto thread = spawn([&] {
    {
      const std::lock_guard guard(mutex);
      sleeps = true;
      this_thread::sleep_for(200us);
    }
    semaphore.acquire();
  });
  suite.check(thread.has_value(), "a thread begins");
  while (!sleeps) {
    this_thread::yield();
  }
  this_thread::sleep_for(20us);
  suite.check(terminate(thread->id()).has_value(), "it is told to end");
  suite.check(thread->join().has_value(), "it ends once it has no mutex");
  suite.check(mutex.try_lock(), "the mutex is free");
  mutex.unlock();
}

// What threads do all the time until they are told to end.
class Work {
 public:
  explicit Work(Suite& suite) : suite_(suite) {}

  [[noreturn]] void go_on(Random random) {
    for (;;) {
      ++rounds_;
      lock_two(random);
      write();
      read();
      use_a_permit();
      wait_for_a_condition();
      static_cast<void>(channel_.send_until(1, deadline()));
      static_cast<void>(channel_.try_receive());
    }
  }

  std::uint64_t rounds() const { return rounds_; }

  void expect_whole() {
    suite_.equal(entered_, left_, "scopes of two mutexes that were left");
    suite_.equal(first_, second_, "two steps of a writer");
    suite_.equal(torn_.load(), 0U, "readers between the two");
    suite_.check(outer_.try_lock() && inner_.try_lock(), "the mutexes are free");
    inner_.unlock();
    outer_.unlock();
    suite_.check(shared_.try_lock(), "so is the one that is shared");
    shared_.unlock();
    suite_.check(permits_.try_acquire() && permits_.try_acquire() && !permits_.try_acquire(),
                 "all permits are back");
  }

 private:
  static Time deadline() { return after(now(), 3us); }

  // It waits for the second with the first in its hands, and sleeps with both.
  void lock_two(Random& random) {
    const std::lock_guard outer(outer_);
    const std::lock_guard inner(inner_);
    ++entered_;
    if (random.below(4) == 0) {
      this_thread::sleep_for(1us);
    }
    ++left_;
  }

  void write() {
    const std::lock_guard lock(shared_);
    ++first_;
    this_thread::yield();
    ++second_;
  }

  void read() {
    const std::shared_lock lock(shared_);
    torn_ += first_ != second_ ? 1 : 0;
  }

  // It is nobody's: only who holds it knows.
  void use_a_permit() {
    const NoTermination stays;
    permits_.acquire();
    permits_.release();
  }

  void wait_for_a_condition() {
    std::unique_lock lock(inner_);
    static_cast<void>(condition_.wait_for(lock, 2us));
    condition_.notify_one();
  }

  Suite& suite_;
  std::atomic<std::uint64_t> rounds_ = 0;
  Mutex outer_;
  Mutex inner_;
  std::uint64_t entered_ = 0;  // both guarded by the mutexes
  std::uint64_t left_ = 0;
  SharedMutex shared_;
  std::uint64_t first_ = 0;  // both guarded by it
  std::uint64_t second_ = 0;
  std::atomic<std::uint32_t> torn_ = 0;
  Semaphore permits_{2};
  ConditionVariable condition_;
  Channel<int> channel_{2};
};

}  // namespace

void ended_waits(Suite& suite) {
  constexpr int kRounds = 3;
  Random random(5);
  for (int round = 0; round < kRounds; ++round) {
    end_all_waits(suite, random);
    end_in_calls(suite);
    end_after_a_sleep(suite);
  }
}

// Who has something goes on until it has not.
void ended_work(Suite& suite) {
  constexpr std::uint32_t kWorkers = 6;
  constexpr std::uint32_t kEnds = 40;
  Work work(suite);
  Random random(23);
  std::vector<Thread> workers;
  const auto begin = [&](std::uint32_t number) {
    auto worker = spawn([&work, number] { work.go_on(Random(number)); });
    suite.check(worker.has_value(), "a worker begins");
    return std::move(*worker);
  };
  for (std::uint32_t i = 0; i < kWorkers; ++i) {
    workers.push_back(begin(i));
  }
  for (std::uint32_t i = 0; i < kEnds; ++i) {
    this_thread::sleep_for(std::chrono::microseconds(random.below(50)));
    Thread& worker = workers[random.below(kWorkers)];
    suite.check(terminate(worker.id()).has_value(), "it is told to end");
    suite.check(worker.join().has_value(), "and ends");
    worker = begin(kWorkers + i);
  }
  for (Thread& worker : workers) {
    suite.check(terminate(worker.id()).has_value(), "it is told to end");
    suite.check(worker.join().has_value(), "and ends");
  }
  suite.check(work.rounds() > kWorkers, "they have worked");
  work.expect_whole();
}

}  // namespace tb::test
