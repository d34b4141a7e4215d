// Who has a mutex goes on as urgently as those who wait for it: or threads of an urgency between
// the two would keep both waiting.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

#include "runtime/scheduling.h"
#include "runtime/sync/barrier.h"
#include "runtime/sync/event.h"
#include "runtime/sync/mutex.h"
#include "runtime/sync/recursive_mutex.h"
#include "tests/scenarios/crowd.h"
#include "tests/scenarios/synchronisation.h"

namespace tb::test {
namespace {

using namespace std::chrono_literals;

constexpr SchedulingParameters fifo(std::uint32_t priority) {
  return {.policy = SchedulingPolicy::kFifo,
          .priority = Priority{static_cast<std::uint8_t>(priority)}};
}

SpawnOptions with_priority(std::uint32_t priority, std::uint32_t cpu = 0) {
  return {.affinity = CpuSet::only(CpuId{cpu}), .scheduling = fifo(priority)};
}

// Uses its CPU until then, or for so long that nobody can have been helped.
void compute_until(Suite& suite, const std::atomic<bool>& then) {
  const Time hopeless = after(now(), 20s);
  while (!then && now() < hopeless) {
    spend(5us);
  }
  suite.check(then, "who is less urgent keeps nobody from a mutex");
}

// The order in which threads of one CPU get somewhere.
class Order {
 public:
  void note(char who) {
    const std::lock_guard guard(mutex_);
    order_.push_back(who);
  }
  std::string_view seen() const { return {order_.data(), order_.size()}; }

 private:
  Mutex mutex_;
  std::vector<char> order_;  // guarded
};

// By a thread that has the mutex, on the one CPU of all of them.
void change_those_who_wait(Suite& suite) {
  Mutex mutex;
  Order order;
  Crowd crowd(suite);
  const auto let_all_wait = [&suite] {
    // An ordinary thread has its turn when all of those that are more urgent wait.
    Crowd ordinary(suite);
    ordinary.spawn([] {}, there(0));
  };
  mutex.lock();
  const auto lock_it = [&](char who) {
    return [&mutex, &order, who] {
      const std::lock_guard guard(mutex);
      order.note(who);
    };
  };
  const ThreadId high = crowd.spawn(lock_it('H'), with_priority(4));
  crowd.spawn(lock_it('M'), with_priority(3));
  const ThreadId low = crowd.spawn(
      [&] {
        const std::unique_lock guard(mutex, 1h);
        suite.check(guard.owns_lock(), "it comes in time");
        order.note('L');
      },
      with_priority(2));
  let_all_wait();
  suite.check(set_scheduling(low, fifo(6)).has_value(), "it can be changed");
  suite.check(set_scheduling(high, fifo(1)).has_value(), "it can be changed");
  let_all_wait();
  crowd.spawn([&] { order.note('w'); }, with_priority(5));
  mutex.unlock();
  crowd.join();
  suite.check(order.seen() == "LwMH", "the first is who is the most urgent now, and lends that");
}

// The low one has the mutex, the high one wants it, the middle one wants the CPU of the low one.
template <class Lockable>
void invert(Suite& suite) {
  Lockable mutex;
  Event low_has_it;
  Event begin;
  Order order;
  std::atomic<bool> high_is_done = false;
  Crowd crowd(suite);
  crowd.spawn(
      [&] {
        {
          const std::lock_guard guard(mutex);
          low_has_it.set();
          begin.wait();
          spend(50us);
        }
        order.note('L');
      },
      with_priority(1));
  low_has_it.wait();
  crowd.spawn(
      [&] {
        begin.wait();
        mutex.lock();
        mutex.unlock();
        order.note('H');
        high_is_done = true;
      },
      with_priority(3));
  crowd.spawn(
      [&] {
        begin.wait();
        compute_until(suite, high_is_done);
        order.note('M');
      },
      with_priority(2));
  this_thread::sleep_for(1ms);
  begin.set();
  crowd.join();
  suite.check(order.seen() == "HML", "once the mutex is free all is as before");
}

}  // namespace

void inversion(Suite& suite) {
  invert<Mutex>(suite);
  invert<RecursiveMutex>(suite);
}

// The same, but the high one gives up, if it can on another CPU: then the middle one goes first.
void given_up(Suite& suite) {
  Mutex mutex;
  Event low_has_it;
  Event begin;
  std::atomic<bool> high_has_given_up = false;
  std::atomic<bool> middle_is_done = false;
  Crowd crowd(suite);
  crowd.spawn(
      [&] {
        const std::lock_guard guard(mutex);
        low_has_it.set();
        begin.wait();
        // Who has the loan is as urgent as who has lent it: on one CPU that one has to be let go.
        while (cpu_count() == 1 && !high_has_given_up) {
          spend(5us);
          this_thread::yield();
        }
        compute_until(suite, middle_is_done);
      },
      with_priority(1));
  low_has_it.wait();
  crowd.spawn(
      [&] {
        begin.set();
        suite.check(!mutex.try_lock_for(100us), "the low one has it");
        high_has_given_up = true;
        const auto middle = spawn([&] { middle_is_done = true; }, with_priority(2));
        suite.check(middle.has_value(), "a thread begins");
      },
      with_priority(3, 1 % most_cpus()));
  crowd.join();
}

// Who is scheduled anew while it waits for a mutex has its place by that.
void new_places(Suite& suite) {
  Crowd crowd(suite);
  crowd.spawn([&] { change_those_who_wait(suite); }, there(0));
}

// Across CPUs: each waits for a mutex of the one before, on another CPU, and beside each a more
// urgent thread computes. Who is the most urgent waits for the last one.
void chains(Suite& suite) {
  const std::uint32_t length = most_cpus() + 1;
  std::vector<Mutex> mutexes(length);
  Barrier hold(length + 1);
  Event go;
  std::atomic<std::uint32_t> waiting = 0;
  std::atomic<bool> high_is_done = false;
  CpusSeen seen;
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < length; ++i) {
    crowd.spawn(
        [&, i] {
          const std::lock_guard own(mutexes[i]);
          hold.arrive_and_wait();
          seen.note();
          if (i == 0) {
            go.wait();
            spend(20us);
          } else {
            ++waiting;
            const std::lock_guard guard(mutexes[i - 1]);
            spend(20us);
          }
        },
        with_priority(1, i % most_cpus()));
  }
  hold.arrive_and_wait();
  while (waiting < length - 1) {
    this_thread::sleep_for(100us);
  }
  this_thread::sleep_for(1ms);
  std::atomic<std::uint32_t> computing = 0;
  for (std::uint32_t cpu = 0; cpu < most_cpus(); ++cpu) {
    crowd.spawn(
        [&] {
          ++computing;
          compute_until(suite, high_is_done);
        },
        with_priority(2, cpu));
  }
  crowd.spawn(
      [&] {
        while (computing < most_cpus()) {
          this_thread::sleep_for(50us);
        }
        go.set();
        const std::lock_guard guard(mutexes[length - 1]);
        high_is_done = true;
      },
      with_priority(3));
  crowd.join();
  suite.equal(seen.count(), most_cpus(), "CPUs that took part");
}

// Threads of all urgencies lock, give up and change how they are scheduled: in the end all are what
// they were made.
void many_lenders(Suite& suite) {
  constexpr int kRounds = 60;
  std::array<Mutex, 3> mutexes;
  std::array<std::uint32_t, 3> sums{};  // each guarded by its mutex
  std::atomic<std::uint32_t> had = 0;
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < crowd_size(); ++i) {
    crowd.spawn(
        [&, i] {
          Random random(i);
          for (int round = 0; round < kRounds; ++round) {
            const std::uint32_t first = random.below(3);
            const std::uint32_t second = first + random.below(3 - first);
            const std::lock_guard guard(mutexes[first]);
            ++sums[first];
            ++had;
            if (second != first && mutexes[second].try_lock_for(Duration(random.below(30'000)))) {
              ++sums[second];
              ++had;
              spend(2us);
              mutexes[second].unlock();
            }
            if (random.below(8) == 0) {
              this_thread::sleep_for(20us);
            }
            if (random.below(8) == 0) {
              suite.check(set_scheduling(this_thread::id(), fifo(1 + random.below(5))).has_value(),
                          "it can be changed");
            }
          }
          const SchedulingParameters last = fifo(1 + i % 5);
          suite.check(set_scheduling(this_thread::id(), last).has_value(), "it can be changed");
          suite.check(scheduling(this_thread::id()) == last, "it is what it was made");
        },
        i % 3 == 0 ? there(i) : with_priority(1 + i % 5, i % most_cpus()));
  }
  crowd.join();
  suite.equal(sums[0] + sums[1] + sums[2], had.load(), "times that somebody had one alone");
}

namespace {

// Each has a mutex and wants the next one's: somebody is told, and so all come to an end.
template <class AnyMutex>
void close_circle(Suite& suite, std::uint32_t length) {
  std::vector<AnyMutex> mutexes(length);
  Barrier hold(length);
  std::atomic<std::uint32_t> told = 0;
  std::atomic<std::uint32_t> had = 0;
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < length; ++i) {
    crowd.spawn(
        [&, i] {
          const std::lock_guard own(mutexes[i]);
          hold.arrive_and_wait();
          AnyMutex& next = mutexes[(i + 1) % length];
          if (const auto locked = next.lock_or_error(); locked) {
            ++had;
            next.unlock();
          } else {
            const auto* const error = std::get_if<DeadlockDetected>(&locked.error());
            suite.check(
                error != nullptr && error->length == length && error->first[0] == this_thread::id(),
                "the error says who waits for whom");
            ++told;
          }
        },
        there(i));
  }
  crowd.join();
  suite.check(told > 0, "a circle is found");
  suite.equal(told + had, length, "threads that had it or were told");
}

}  // namespace

void circles(Suite& suite) {
  close_circle<Mutex>(suite, 1);  // it wants what it has
  for (std::uint32_t length = 2; length <= most_cpus() + 2; ++length) {
    close_circle<Mutex>(suite, length);
  }
  close_circle<RecursiveMutex>(suite, 3);
  RecursiveMutex again;
  suite.check(again.lock_or_error() && again.lock_or_error(), "its owner may lock it again");
  again.unlock();
  again.unlock();
}

// Who locks in one order waits in no circle, however long the chains are.
void orders(Suite& suite) {
  constexpr int kRounds = 60;
  std::array<Mutex, 5> mutexes;
  std::atomic<std::uint32_t> told = 0;
  std::atomic<std::uint32_t> had = 0;
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < crowd_size(); ++i) {
    crowd.spawn([&, i] {
      Random random(i);
      for (int round = 0; round < kRounds; ++round) {
        std::uint32_t mine = 0;  // a bit each
        for (std::uint32_t each = 0; each < mutexes.size(); ++each) {
          if (random.below(2) == 0) {
            const bool has_it = mutexes[each].lock_or_error().has_value();
            mine |= has_it ? 1U << each : 0;
            ++(has_it ? had : told);
            spend(1us);
          }
        }
        for (std::uint32_t each = 0; each < mutexes.size(); ++each) {
          if ((mine & 1U << each) != 0) {
            mutexes[each].unlock();
          }
        }
      }
    });
  }
  crowd.join();
  suite.equal(told.load(), 0U, "circles where there are none");
  suite.check(had > 0, "mutexes were had");
}

}  // namespace tb::test
