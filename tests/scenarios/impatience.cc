// Those who give up a wait, at about the time at which it ends: nobody else loses by it.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <variant>

#include "runtime/sync/barrier.h"
#include "runtime/sync/event.h"
#include "runtime/sync/mutex.h"
#include "runtime/sync/once.h"
#include "runtime/sync/shared_mutex.h"
#include "runtime/sync/stop_token.h"
#include "runtime/sync/stoppable_join.h"
#include "runtime/thread.h"
#include "tests/scenarios/crowd.h"
#include "tests/scenarios/synchronisation.h"

namespace tb::test {

using namespace std::chrono_literals;

// One who gives up just when the mutex becomes free leaves it to who waits behind.
void impatience(Suite& suite) {
  constexpr int kRounds = 150;
  Mutex mutex;
  Barrier begin(3);
  Barrier end(3);
  std::atomic<int> had = 0;
  const auto take_part = [&](std::uint64_t seed, auto part) {
    Random random(seed);
    for (int round = 0; round < kRounds; ++round) {
      part(random, [&] { begin.arrive_and_wait(); });
      end.arrive_and_wait();
    }
  };
  Crowd crowd(suite);
  crowd.spawn([&] {
    take_part(1, [&](Random& random, auto all_begin) {
      const std::lock_guard guard(mutex);
      all_begin();
      spend(Duration(10'000 + random.below(4'000)));
    });
  });
  crowd.spawn([&] {
    take_part(2, [&](Random& random, auto all_begin) {
      all_begin();
      if (mutex.try_lock_for(Duration(8'000 + random.below(4'000)))) {
        mutex.unlock();
      }
    });
  });
  crowd.spawn([&] {
    take_part(3, [&](Random&, auto all_begin) {
      all_begin();
      spend(3us);
      const std::lock_guard guard(mutex);
      ++had;
    });
  });
  crowd.join();
  suite.equal(had.load(), kRounds, "times that the patient one had it");
}

// A reader behind a writer that gives up reads on beside the one who reads already.
void impatient_writers(Suite& suite) {
  constexpr int kRounds = 20;
  SharedMutex mutex;
  for (int round = 0; round < kRounds; ++round) {
    Event reads;
    Crowd crowd(suite);
    mutex.lock_shared();
    crowd.spawn([&] {
      // Unless the other one was so late that all had read.
      if (mutex.try_lock_for(100us)) {
        mutex.unlock();
      }
    });
    crowd.spawn([&] {
      this_thread::sleep_for(10us);
      mutex.lock_shared();
      reads.set();
      mutex.unlock_shared();
    });
    reads.wait();
    mutex.unlock_shared();
  }
  suite.check(mutex.try_lock(), "it is free in the end");
  mutex.unlock();
}

// Whoever gives up can join again, and nobody's record is lost or freed twice.
void impatient_joins(Suite& suite) {
  constexpr int kRounds = 60;
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < crowd_size(); ++i) {
    crowd.spawn([&suite, i] {
      Random random(i);
      for (int round = 0; round < kRounds; ++round) {
        auto thread = spawn([length = Duration(random.below(30'000))] {
          if (length < 15us) {
            spend(length);
          } else {
            this_thread::sleep_for(length);
          }
        });
        if (!thread) {
          continue;
        }
        auto joined = thread->join_for(Duration(random.below(30'000)));
        while (!joined) {
          suite.check(std::holds_alternative<TimedOut>(joined.error()) && thread->joinable(),
                      "who gives up can join again");
          joined = thread->join_for(Duration(random.below(10'000)));
        }
        suite.check(!thread->joinable(), "it is joined once");
      }
    });
  }
}

// The same for who is asked to stop.
void stopped_joins(Suite& suite) {
  {
    Event may_end;
    auto thread = spawn([&may_end] { may_end.wait(); });
    suite.check(thread.has_value(), "a thread begins");
    StopSource source;
    auto asker = spawn([&source] {
      this_thread::sleep_for(10us);
      source.request_stop();
    });
    for (int turn = 0; turn < 2; ++turn) {
      const auto joined = join(*thread, source.get_token());
      suite.check(
          !joined && std::holds_alternative<StopRequested>(joined.error()) && thread->joinable(),
          "a stop ends a join, and keeps one from waiting");
    }
    const auto by_id = join(thread->id(), source.get_token());
    suite.check(!by_id && std::holds_alternative<StopRequested>(by_id.error()), "by its id, too");
    may_end.set();
  }
  constexpr int kRounds = 60;
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < crowd_size(); ++i) {
    crowd.spawn([&suite, i] {
      Random random(i);
      for (int round = 0; round < kRounds; ++round) {
        auto thread = spawn([length = Duration(random.below(30'000))] { spend(length); });
        StopSource source;
        auto asker = spawn([&source, length = Duration(random.below(30'000))] {
          spend(length);
          source.request_stop();
        });
        const auto joined = join(*thread, source.get_token());
        suite.check(joined ? !thread->joinable() : thread->join().has_value(),
                    "who gives up can join again");
      }
    });
  }
}

// Who does not wait for another's call leaves it alone.
void impatient_calls(Suite& suite) {
  OnceFlag flag;
  Event begun;
  Event may_end;
  Crowd crowd(suite);
  crowd.spawn([&] {
    const bool is_over = call_once_for(flag, 0ns, [&] {
      begun.set();
      may_end.wait();
    });
    suite.check(is_over, "who comes first calls, however little time it has");
  });
  begun.wait();
  bool is_called_twice = false;
  const auto call = [&is_called_twice] { is_called_twice = true; };
  StopSource source;
  suite.check(!call_once_for(flag, 10us, call), "time is up");
  suite.check(!call_once_until(flag, now(), call), "time is up at once");
  crowd.spawn([&source] {
    this_thread::sleep_for(10us);
    source.request_stop();
  });
  suite.check(!call_once(flag, source.get_token(), call), "a stop is requested");
  StopSource nobody_asks;
  crowd.spawn([&] {
    suite.check(call_once(flag, nobody_asks.get_token(), call), "it is over for who waits on");
  });
  crowd.spawn(
      [&] { suite.check(call_once_until(flag, kNever, call), "it is over for who waits on"); });
  this_thread::sleep_for(20us);
  may_end.set();
  crowd.join();
  suite.check(call_once_for(flag, 0ns, call), "it is over for who comes later");
  suite.check(!is_called_twice, "it is called once");
}

}  // namespace tb::test
