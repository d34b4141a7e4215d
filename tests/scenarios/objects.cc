// Synchronisation objects among threads of all CPUs: what each promises, counted.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <vector>

#include "runtime/sync/barrier.h"
#include "runtime/sync/condition_variable.h"
#include "runtime/sync/event.h"
#include "runtime/sync/latch.h"
#include "runtime/sync/mutex.h"
#include "runtime/sync/once.h"
#include "runtime/sync/recursive_mutex.h"
#include "runtime/sync/semaphore.h"
#include "runtime/sync/shared_mutex.h"
#include "tests/scenarios/crowd.h"
#include "tests/scenarios/synchronisation.h"

namespace tb::test {
namespace {

using namespace std::chrono_literals;

// Notes how many are in some place at once.
class Room {
 public:
  void enter() {
    const int now = ++inside_;
    int most = most_;
    while (now > most && !most_.compare_exchange_weak(most, now)) {
    }
    ++visits_;
  }
  void leave() { --inside_; }
  int most() const { return most_; }
  int visits() const { return visits_; }

 private:
  std::atomic<int> inside_ = 0;
  std::atomic<int> most_ = 0;
  std::atomic<int> visits_ = 0;
};

// Computes for a moment, or sleeps, so that others come on the same CPU, too.
void linger(Random& random) {
  if (random.below(8) == 0) {
    this_thread::sleep_for(20us);
  } else {
    spend(1us);
  }
}

}  // namespace

void semaphores(Suite& suite) {
  constexpr int kRounds = 60;
  constexpr int kPermits = 2;
  Semaphore permits(kPermits);
  Room room;
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < crowd_size(); ++i) {
    crowd.spawn([&, i] {
      Random random(i);
      for (int round = 0; round < kRounds; ++round) {
        permits.acquire();
        room.enter();
        linger(random);
        room.leave();
        permits.release();
        if (random.below(4) == 0) {
          this_thread::sleep_for(30us);
        }
      }
    });
  }
  crowd.join();
  suite.check(room.most() <= kPermits, "no more threads than permits at once");
  suite.equal(room.visits(), kRounds * int(crowd_size()), "permits taken");
  for (int i = 0; i < kPermits; ++i) {
    suite.check(permits.try_acquire(), "all permits have come back");
  }
  suite.check(!permits.try_acquire(), "and no more");
}

// Waits end by a permit, by their time or by a stop, and no permit is lost between them.
void one_winner(Suite& suite) {
  constexpr int kRounds = 80;
  Semaphore permits(0);
  StopSource source;
  std::atomic<int> taken = 0;
  std::atomic<int> late = 0;
  std::atomic<int> stopped = 0;
  int given = 0;
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < crowd_size(); ++i) {
    crowd.spawn([&, i] {
      Random random(i);
      for (int round = 0; round < kRounds; ++round) {
        const bool has_one = permits.try_acquire_for(std::chrono::microseconds(random.below(40)));
        ++(has_one ? taken : late);
      }
      const bool has_one = permits.acquire(source.get_token());
      ++(has_one ? taken : stopped);
    });
  }
  Random random(7);
  for (int i = 0; i < kRounds; ++i) {
    permits.release(1 + i % 2);
    given += 1 + i % 2;
    this_thread::sleep_for(std::chrono::microseconds(random.below(40)));
  }
  suite.check(source.request_stop(), "it is the first to request a stop");
  suite.check(!source.request_stop(), "and nobody is the second");
  crowd.join();
  int left = 0;
  while (permits.try_acquire()) {
    ++left;
  }
  suite.equal(taken + left, given, "permits taken or left");
  suite.equal(taken + late + stopped, (kRounds + 1) * int(crowd_size()), "ends of waits");
  suite.check(taken > 0 && late > 0, "waits have ended in more than one way");
}

void mutexes(Suite& suite) {
  constexpr int kRounds = 80;
  Mutex mutex;
  std::uint64_t sum = 0;  // guarded
  std::atomic<std::uint64_t> had = 0;
  CpusSeen seen;
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < crowd_size(); ++i) {
    crowd.spawn(
        [&, i] {
          Random random(i);
          StopSource never;
          for (int round = 0; round < kRounds; ++round) {
            seen.note();
            bool has_it = true;
            switch (random.below(4)) {
              case 0:
                has_it = mutex.try_lock_for(std::chrono::microseconds(random.below(30)));
                break;
              case 1:
                has_it = mutex.try_lock();
                break;
              case 2:
                has_it = mutex.lock(never.get_token());
                break;
              default:
                mutex.lock();
            }
            if (has_it) {
              const std::uint64_t before = sum;
              linger(random);
              sum = before + 1;
              ++had;
              mutex.unlock();
            }
          }
        },
        there(i));
  }
  crowd.join();
  suite.equal(sum, had.load(), "times that somebody had it alone");
  suite.check(seen.count() == most_cpus(), "the CPUs took part");
  suite.check(mutex.try_lock() && mutex.is_mine(), "it is free in the end");
  mutex.unlock();
}

// Each does nothing but lock and unlock: nobody gets far less than another one. So much is done
// that a host that lets some CPU stand still for a while changes little.
void fair_mutexes(Suite& suite) {
  constexpr std::uint64_t kTurns = 20'000;
  Mutex mutex;
  std::array<std::uint64_t, 4> turns{};
  std::atomic<std::uint64_t> left = kTurns;
  Crowd crowd(suite);
  for (std::uint64_t& count : turns) {
    crowd.spawn([&] {
      while (left > 0) {
        const std::lock_guard guard(mutex);
        spend(10us);
        ++count;
        left -= left > 0 ? 1 : 0;
      }
    });
  }
  crowd.join();
  const auto [least, most] = std::ranges::minmax(turns);
  suite.check(most <= 3 * least, "nobody has it three times as often as another one");
}

void recursive_mutexes(Suite& suite) {
  RecursiveMutex mutex;
  std::uint32_t sum = 0;  // guarded
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < crowd_size(); ++i) {
    crowd.spawn([&] {
      for (int round = 0; round < 30; ++round) {
        const std::lock_guard outer(mutex);
        const std::uint32_t before = sum;
        suite.check(mutex.try_lock(), "it can be locked again");
        spend(1us);
        mutex.unlock();
        sum = before + 1;
      }
    });
  }
  crowd.join();
  suite.equal(sum, 30 * crowd_size(), "times that somebody had it alone");
}

// A queue with little room: who makes and who takes wait for each other.
void condition_variables(Suite& suite) {
  constexpr std::uint32_t kEach = 60;
  constexpr std::size_t kRoom = 3;
  Mutex mutex;
  ConditionVariable has_room;
  ConditionVariable has_some;
  std::vector<std::uint32_t> queue;  // guarded, as is the sum
  std::uint64_t sum = 0;
  const std::uint32_t pairs = crowd_size();
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < pairs; ++i) {
    crowd.spawn([&] {
      for (std::uint32_t n = 1; n <= kEach; ++n) {
        std::unique_lock lock(mutex);
        has_room.wait(lock, [&] { return queue.size() < kRoom; });
        queue.push_back(n);
        n % 2 == 0 ? has_some.notify_all() : has_some.notify_one();
      }
    });
    crowd.spawn([&] {
      for (std::uint32_t n = 1; n <= kEach; ++n) {
        std::unique_lock lock(mutex);
        while (!has_some.wait_for(lock, 50us, [&] { return !queue.empty(); })) {
        }
        sum += queue.back();
        queue.pop_back();
        has_room.notify_one();
      }
    });
  }
  crowd.join();
  suite.equal(sum, std::uint64_t{pairs} * kEach * (kEach + 1) / 2, "all that was made");
  std::unique_lock lock(mutex);
  suite.check(has_some.wait_for(lock, 10us) == CvStatus::kTimeout, "nobody notifies any more");
}

void events(Suite& suite) {
  constexpr std::uint32_t kRounds = 20;
  Event go;
  Event all_done;
  std::atomic<std::uint32_t> went = 0;
  const std::uint32_t count = 2 * crowd_size();
  Crowd crowd(suite);
  for (std::uint32_t round = 0; round < kRounds; ++round) {
    for (std::uint32_t i = 0; i < count; ++i) {
      crowd.spawn([&] {
        go.wait();
        if (++went % count == 0) {
          all_done.set();
        }
      });
    }
    suite.check(!all_done.wait_for(20us), "nobody goes on before it is set");
    suite.equal(went.load(), round * count, "threads that have gone on");
    go.set();
    all_done.wait();
    crowd.join();
    go.clear();
    all_done.clear();
    suite.check(!go.is_set() && !all_done.is_set(), "it can be cleared");
  }
}

void latches(Suite& suite) {
  const std::uint32_t count = 2 * crowd_size();
  Latch start(1);
  Latch end(count);
  std::atomic<std::uint32_t> begun = 0;
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < count; ++i) {
    crowd.spawn([&] {
      start.wait();
      ++begun;
      end.arrive_and_wait();
      suite.equal(begun.load(), count, "threads that have begun when one goes on");
    });
  }
  suite.check(!end.wait_for(50us) && begun == 0, "nobody begins before the start");
  start.count_down();
  end.wait();
  suite.check(end.try_wait(), "it stays at zero");
  crowd.join();
}

// Nobody is a step ahead of another one; more wait than are let go at once.
void barriers(Suite& suite) {
  constexpr std::uint32_t kSteps = 20;
  const std::uint32_t count = crowd_size() + 20;
  std::atomic<std::uint32_t> arrived = 0;
  std::uint32_t completed = 0;  // by one thread at a time
  const auto complete = [&] {
    ++completed;
    suite.equal(arrived.load(), completed * count, "arrivals when a step is complete");
  };
  Barrier barrier(count, complete);
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < count; ++i) {
    crowd.spawn([&, i] {
      Random random(i);
      for (std::uint32_t step = 1; step <= kSteps; ++step) {
        linger(random);
        ++arrived;
        if (random.below(2) == 0) {
          barrier.arrive_and_wait();
        } else {
          const auto arrival = barrier.arrive();
          while (!barrier.wait_for(arrival, 5us)) {
          }
        }
        suite.check(arrived >= step * count, "all have arrived when one goes on");
      }
    });
  }
  crowd.join();
  suite.equal(completed, kSteps, "steps");
}

// Readers at once, writers alone, and neither starves beside a crowd of the others.
void shared_mutexes(Suite& suite) {
  constexpr int kWrites = 30;
  SharedMutex mutex;
  Room readers;
  std::uint64_t written = 0;  // guarded
  std::atomic<bool> ends = false;
  Latch begun(crowd_size());
  Crowd reading(suite);
  for (std::uint32_t i = 0; i < crowd_size(); ++i) {
    reading.spawn([&, i] {
      Random random(i);
      bool has_begun = false;
      while (!ends) {
        if (random.below(4) > 0) {
          mutex.lock_shared();
        } else if (!mutex.try_lock_shared_for(20us)) {
          continue;
        }
        readers.enter();
        const std::uint64_t before = written;
        linger(random);
        suite.equal(written, before, "what a reader reads twice");
        readers.leave();
        mutex.unlock_shared();
        if (!has_begun) {
          has_begun = true;
          begun.count_down();
        }
      }
    });
  }
  begun.wait();
  Crowd writing(suite);
  for (std::uint32_t i = 0; i < 2; ++i) {
    writing.spawn([&, i] {
      Random random(i);
      for (int n = 0; n < kWrites; ++n) {
        if (random.below(2) == 0 || !mutex.try_lock_for(20us)) {
          mutex.lock();
        }
        ++written;
        mutex.unlock();
        linger(random);
      }
    });
  }
  writing.join();
  ends = true;
  reading.join();
  suite.check(readers.most() > 1, "there were readers at once");
  suite.equal(written, std::uint64_t{2} * kWrites, "writes");
}

void once(Suite& suite) {
  OnceFlag flag;
  std::atomic<int> calls = 0;
  std::atomic<bool> is_over = false;
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < 2 * crowd_size(); ++i) {
    crowd.spawn([&] {
      call_once(flag, [&] {
        ++calls;
        spend(100us);
        is_over = true;
      });
      suite.check(is_over, "the call is over for all");
    });
  }
  crowd.join();
  suite.equal(calls.load(), 1, "calls");
}

}  // namespace tb::test
