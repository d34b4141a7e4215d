// Who goes on of those who wait: by urgency, and all of those who waited for an event at that time;
// and condition variables with any lock.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "runtime/control/thread_info.h"
#include "runtime/scheduling.h"
#include "runtime/sync/condition_variable.h"
#include "runtime/sync/event.h"
#include "runtime/sync/recursive_mutex.h"
#include "runtime/sync/shared_mutex.h"
#include "tests/scenarios/crowd.h"
#include "tests/scenarios/kinds.h"
#include "tests/scenarios/synchronisation.h"

namespace tb::test {
namespace {

using namespace std::chrono_literals;

// Nobody wakes it meanwhile.
void wait_until_it_waits(ThreadId id) {
  const auto waits = [id] {
    const auto thread = info(id);
    return thread && thread->state == ThreadState::kParked;
  };
  while (!waits()) {
    this_thread::sleep_for(5us);
  }
}

// Of a Fifo thread that many; of none it is an ordinary one.
constexpr std::uint8_t kOrdinary = 0;
SpawnOptions with_urgency(std::uint8_t urgency, std::uint32_t number) {
  SpawnOptions options = there(number);
  if (urgency != kOrdinary) {
    options.scheduling = {.policy = SchedulingPolicy::kFifo, .priority = Priority{urgency}};
  }
  return options;
}

// They come in this order, and wait in all the ways in which one waits for it.
void let_in(Suite& suite, Awaited& thing) {
  constexpr std::array<std::uint8_t, 6> kUrgencies = {kOrdinary, 20, 30, 10, 20, kOrdinary};
  constexpr std::array<std::uint32_t, 6> kTurns = {2, 1, 4, 3, 0, 5};
  StopSource nobody_asks;
  std::vector<std::uint32_t> turns;  // by whoever has the thing
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < kUrgencies.size(); ++i) {
    const ThreadId id = crowd.spawn(
        [&, i] {
          if (i % 3 == 0) {
            thing.take();
          } else {
            suite.check(i % 3 == 1 ? thing.take_for(1h) : thing.take(nobody_asks.get_token()),
                        "it comes in time");
          }
          turns.push_back(i);
          thing.put_back();
        },
        with_urgency(kUrgencies[i], i));
    wait_until_it_waits(id);
  }
  thing.give();
  crowd.join();
  suite.check(std::equal(turns.begin(), turns.end(), kTurns.begin(), kTurns.end()), thing.name());
}

// Two in turns, one with patience for a stop that never comes: both wait for ever if the other one
// changes something, and says so, between a look and the wait.
template <class Mutex, class Lock>
void wait_with(Suite& suite) {
  constexpr int kTurns = 50;
  Mutex mutex;
  ConditionVariable changed;
  int turn = 0;  // guarded
  StopSource nobody_asks;
  Crowd crowd(suite);
  crowd.spawn([&] {
    for (int i = 0; i < kTurns; ++i) {
      Lock lock(mutex);
      changed.wait(lock, [&] { return turn == 2 * i + 1; });
      lock.unlock();
      const std::lock_guard guard(mutex);
      ++turn;
      changed.notify_all();
    }
  });
  for (int i = 0; i < kTurns; ++i) {
    {
      const std::lock_guard guard(mutex);
      ++turn;
      changed.notify_all();
    }
    Lock lock(mutex);
    const auto has_changed = [&] { return turn == 2 * i + 2; };
    suite.check(changed.wait(lock, nobody_asks.get_token(), has_changed), "it is notified");
  }
}

}  // namespace

void most_urgent_first(Suite& suite) {
  for (const MakeAwaited make : all_kinds()) {
    const auto thing = make();
    if (!thing->is_shared()) {
      let_in(suite, *thing);
    }
  }
}

// An event that is cleared before anybody has looked, and while the last of so many are let go.
void momentary_events(Suite& suite) {
  constexpr int kRounds = 5;
  constexpr std::uint32_t kWaiters = 30;
  Event event;
  StopSource nobody_asks;
  for (int round = 0; round < kRounds; ++round) {
    Crowd crowd(suite);
    for (std::uint32_t i = 0; i < kWaiters; ++i) {
      const auto wait = [&, i] {
        if (i % 3 == 0) {
          event.wait();
        } else {
          suite.check(i % 3 == 1 ? event.wait_for(1h) : event.wait(nobody_asks.get_token()),
                      "who waited when it was set goes on");
        }
      };
      wait_until_it_waits(crowd.spawn(wait, there(i)));
    }
    crowd.spawn([&event] { event.set(); }, there(1));
    while (!event.is_set()) {
      this_thread::yield();
    }
    event.clear();
    suite.check(!event.wait_for(20us), "who comes later waits");
    crowd.join();
  }
}

void any_locks(Suite& suite) {
  wait_with<RecursiveMutex, std::unique_lock<RecursiveMutex>>(suite);
  wait_with<SharedMutex, std::unique_lock<SharedMutex>>(suite);
  wait_with<SharedMutex, std::shared_lock<SharedMutex>>(suite);
}

}  // namespace tb::test
