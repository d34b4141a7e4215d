// Stop tokens among threads of all CPUs.
#include <atomic>
#include <chrono>
#include <cstdint>

#include "runtime/sync/stop_token.h"
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

}  // namespace tb::test
