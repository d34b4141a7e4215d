// Ends of threads: by force wherever they wait, by request, and what is called before.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <variant>
#include <vector>

#include "runtime/control/at_exit.h"
#include "runtime/control/suspend.h"
#include "runtime/control/terminate.h"
#include "runtime/sync/mutex.h"
#include "runtime/sync/stoppable_thread.h"
#include "tests/scenarios/control.h"
#include "tests/scenarios/crowd.h"

namespace tb::test {
namespace {

using namespace std::chrono_literals;

// What the threads of a round share that never end by themselves.
struct Endless {
  Mutex mutex;
  std::atomic<std::uint32_t> began = 0;
  std::atomic<std::uint32_t> ended = 0;
  std::atomic<std::uint32_t> entered = 0;  // the scopes that are not to be left in the midst
  std::atomic<std::uint32_t> left = 0;
  ThreadId sleeper;

  void begin(Suite& suite) {
    suite.check(this_thread::at_exit([this] { ++ended; }).has_value(), "it says what to call");
    ++began;
  }
};

[[noreturn]] void sleep_for_ever() {
  for (;;) {
    this_thread::sleep_for(1h);
  }
}

[[noreturn]] void park_for_ever() {
  for (;;) {
    this_thread::park();
  }
}

[[noreturn]] void yield_for_ever() {
  for (;;) {
    this_thread::yield();
  }
}

[[noreturn]] void compute_for_ever() {
  for (;;) {
    spend(1us);
    this_thread::end_point();
  }
}

[[noreturn]] void join_for_ever(ThreadId id) {
  static_cast<void>(join(id));
  park_for_ever();
}

[[noreturn]] void lock_for_ever(Endless& shared) {
  for (;;) {
    {
      const std::lock_guard lock(shared.mutex);
      ++shared.entered;
      this_thread::sleep_for(2us);
      ++shared.left;
    }
    this_thread::yield();
  }
}

[[noreturn]] void stay_for_ever(Endless& shared) {
  for (;;) {
    {
      const NoTermination guard;
      ++shared.entered;
      this_thread::park();
      this_thread::yield();
      ++shared.left;
    }
    this_thread::sleep_for(1us);
  }
}

constexpr std::uint32_t kKinds = 8;

void never_end(std::uint32_t kind, Endless& shared) {
  switch (kind) {
    case 0:
      park_for_ever();
    case 1:
      yield_for_ever();
    case 2:
      compute_for_ever();
    case 3:
      join_for_ever(shared.sleeper);
    case 4:
    case 5:
      lock_for_ever(shared);
    case 6:
      stay_for_ever(shared);
    default:
      sleep_for_ever();
  }
}

// A third of a CPU, so that nobody would be admitted for long if it were not given back.
SchedulingParameters of_kind(std::uint32_t kind) {
  return kind == kKinds - 1
             ? SchedulingParameters{.policy = SchedulingPolicy::kDeadline,
                                    .task = {.runtime = 300us, .deadline = 1ms, .period = 1ms}}
             : SchedulingParameters();
}

// Whatever is asked of it besides, it ends.
void end_by_force(Suite& suite, ThreadId id, Random& random) {
  const std::uint32_t besides = random.below(4);
  if (besides == 0) {
    suite.check(suspend(id).has_value(), "it can be suspended before");
  }
  if (besides == 1) {
    static_cast<void>(wake(id));
  }
  suite.check(terminate(id).has_value(), "it is told to end");
  if (besides == 2) {
    const auto again = terminate(id);
    suite.check(again || std::holds_alternative<ThreadNotFound>(again.error()), "or has ended");
  }
}

void end_all_by_force(Suite& suite, Random& random) {
  Endless shared;
  auto sleeper = spawn([&] {
    shared.begin(suite);
    sleep_for_ever();
  });
  suite.check(sleeper.has_value(), "a thread begins");
  shared.sleeper = sleeper->id();
  Crowd crowd(suite);
  std::vector<ThreadId> ids{shared.sleeper};
  for (std::uint32_t kind = 0; kind < kKinds; ++kind) {
    ids.push_back(crowd.spawn(
        [&suite, &shared, kind] {
          shared.begin(suite);
          never_end(kind, shared);
        },
        {.scheduling = of_kind(kind)}));
  }
  while (shared.began < kKinds + 1) {
    this_thread::sleep_for(10us);
  }
  spend(std::chrono::microseconds(random.below(30)));
  while (!ids.empty()) {
    const std::uint32_t next = random.below(static_cast<std::uint32_t>(ids.size()));
    end_by_force(suite, ids[next], random);
    ids[next] = ids.back();
    ids.pop_back();
  }
  crowd.join();
  // Maybe the one that was joining it has.
  static_cast<void>(sleeper->join());
  suite.equal(shared.ended.load(), kKinds + 1, "exit handlers called");
  suite.equal(shared.left.load(), shared.entered.load(), "scopes that were left");
  suite.check(shared.mutex.try_lock(), "the mutex is free");
  shared.mutex.unlock();
}

}  // namespace

void terminations(Suite& suite) {
  constexpr int kRounds = 4;
  Random random(11);
  for (int round = 0; round < kRounds; ++round) {
    end_all_by_force(suite, random);
  }
  const auto myself = terminate(this_thread::id());
  suite.check(!myself && std::holds_alternative<NotTerminable>(myself.error()), "not oneself");
}

// The last registered runs first, on the thread, before its end is told; one may register another.
void exit_handlers(Suite& suite) {
  constexpr std::uint32_t kThreads = 20;
  std::atomic<std::uint32_t> called = 0;
  std::atomic<std::uint32_t> out_of_order = 0;
  for (std::uint32_t i = 0; i < kThreads; ++i) {
    auto thread = spawn([&] {
      const auto expect = [&, id = this_thread::id()](std::uint32_t place) {
        out_of_order += called.fetch_add(1) % 3 != place || this_thread::id() != id ? 1 : 0;
        this_thread::sleep_for(1us);
      };
      static_cast<void>(this_thread::at_exit([expect] { expect(2); }));
      static_cast<void>(this_thread::at_exit([expect] {
        expect(0);
        static_cast<void>(this_thread::at_exit([expect] { expect(1); }));
      }));
    });
    suite.check(thread.has_value() && thread->join().has_value(), "a thread has ended");
    suite.equal(called.load(), 3 * (i + 1), "calls before the end");
  }
  suite.equal(out_of_order.load(), 0U, "calls out of order");
}

// At the end of its scope each is asked to stop, and does.
void stoppable_threads(Suite& suite) {
  constexpr std::uint32_t kThreads = 10;
  std::atomic<std::uint32_t> stopped = 0;
  {
    std::array<StoppableThread, kThreads> threads;
    for (std::uint32_t i = 0; i < kThreads; ++i) {
      auto thread = spawn_stoppable(
          [&stopped](const StopToken& token, std::uint32_t number) {
            while (!token.stop_requested()) {
              this_thread::sleep_for(std::chrono::microseconds(number));
            }
            ++stopped;
          },
          i, SpawnOptions{.name = "stoppable"});
      suite.check(thread.has_value(), "a thread begins");
      threads[i] = std::move(*thread);
    }
    suite.equal(stopped.load(), 0U, "threads that have stopped by themselves");
    suite.check(threads[0].request_stop(), "it is asked to stop");
    suite.check(threads[0].thread().join().has_value(), "and ends");
    suite.equal(stopped.load(), 1U, "threads that have stopped");
  }
  suite.equal(stopped.load(), kThreads, "threads that have stopped");
}

}  // namespace tb::test
