// Stop tokens among threads of all CPUs.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <utility>

#include "runtime/sync/stop_token.h"
#include "runtime/sync/stoppable_thread.h"
#include "tests/scenarios/crowd.h"
#include "tests/scenarios/synchronisation.h"

namespace tb::test {

using namespace std::chrono_literals;

// Callbacks come and go while a stop is requested: each is called once, or not at all any more.
void stop_tokens(Suite& suite) {
  constexpr int kRounds = 20;
  for (int round = 0; round < kRounds; ++round) {
    StopSource source;
    std::atomic<int> called = 0;
    std::atomic<int> too_late = 0;
    Crowd crowd(suite);
    for (std::uint32_t i = 0; i < crowd_size(); ++i) {
      crowd.spawn([&, i, token = source.get_token()] {
        Random random(i);
        while (!token.stop_requested()) {
          std::atomic<bool> is_there = true;
          const StopCallback callback(token, [&] {
            ++(is_there ? called : too_late);
            spend(2us);
          });
          spend(1us);
          if (random.below(2) == 0) {
            this_thread::sleep_for(2us);
          }
        }
      });
    }
    this_thread::sleep_for(30us);
    source.request_stop();
    crowd.join();
    suite.equal(too_late.load(), 0, "callbacks that were called too late");
    bool at_once = false;
    const StopCallback callback(source.get_token(), [&] { at_once = true; });
    suite.check(at_once, "after the request it is called at once");
  }
}

// Whoever has a copy of a token is told the same; without a source nobody is ever asked.
void shared_tokens(Suite& suite) {
  const StopToken nobodys;
  suite.check(!nobodys.stop_possible() && !nobodys.stop_requested(), "nobody can ask for a stop");
  bool is_called = false;
  const StopCallback never(nobodys, [&is_called] { is_called = true; });
  StopToken token;
  {
    StopSource source;
    suite.check(source.stop_possible() && !source.stop_requested(), "there is memory for it");
    token = source.get_token();
    StopSource same = source;
    suite.check(token.stop_possible() && !token.stop_requested(), "somebody can");
    suite.check(same.request_stop() && !source.request_stop(), "one of two is the first");
    suite.check(source.stop_requested(), "both know of it");
  }
  suite.check(token.stop_possible() && token.stop_requested(), "it outlasts its source");
  StoppableThread none;
  suite.check(!none.request_stop() && !none.get_stop_token().stop_possible(), "there is no thread");
  auto thread = spawn_stoppable([](const StopToken& mine) {
    while (!mine.stop_requested()) {
      this_thread::sleep_for(2us);
    }
  });
  suite.check(thread.has_value(), "a thread begins");
  std::atomic<bool> is_told = false;
  const StopCallback callback(thread->get_stop_token(), [&is_told] { is_told = true; });
  none = std::move(*thread);
  suite.check(none.request_stop() && is_told, "who stops with it is told");
  suite.check(none.thread().join().has_value(), "and it stops");
  suite.check(!is_called, "the other one is not");
}

}  // namespace tb::test
