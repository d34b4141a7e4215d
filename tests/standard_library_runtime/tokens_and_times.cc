// What the C++ library has for stops and times, given to waits of ours.
#include <chrono>
#include <mutex>
#include <stop_token>
#include <thread>
#include <variant>

#include "runtime/sync/channel.h"
#include "runtime/sync/condition_variable.h"
#include "runtime/sync/event.h"
#include "runtime/sync/mutex.h"
#include "runtime/sync/std_stop_token.h"
#include "runtime/sync/stoppable_join.h"
#include "runtime/sync/timer.h"
#include "runtime/thread.h"
#include "tests/image/suite.h"

namespace {

using namespace std::chrono_literals;
using tb::test::Suite;
using Steady = std::chrono::steady_clock;

template <class Wait>
void takes_a_millisecond(Suite& suite, Wait wait) {
  const auto begin = Steady::now();
  suite.check(!wait(), "nothing has come");
  suite.check(Steady::now() - begin >= 1ms, "not too early");
}

void wait_by_other_clocks(Suite& suite) {
  tb::Event never;
  takes_a_millisecond(suite, [&] { return never.wait_until(Steady::now() + 1ms); });
  takes_a_millisecond(suite,
                      [&] { return never.wait_until(std::chrono::system_clock::now() + 1ms); });
  takes_a_millisecond(suite, [&] { return never.wait_until(Steady::now() + 1.5e-3s); });
  takes_a_millisecond(suite, [] {
    tb::this_thread::sleep_until(Steady::now() + 1ms);
    return false;
  });
  suite.check(!never.wait_until(Steady::now() - 1h), "what is over is over");
  suite.check(!never.wait_until(Steady::time_point::min()), "since ever");
  suite.check(!never.wait_until(std::chrono::system_clock::time_point::min()), "by any clock");
  using namespace std::chrono;
  suite.check(!never.wait_until(sys_seconds(sys_days(year(1600) / 1 / 1))), "for centuries");
  suite.check(!never.wait_until(sys_days(year(1) / 1 / 1)), "or more");
  suite.check(!never.wait_until(floor<milliseconds>(tb::now())), "in other units");

  tb::Mutex mutex;
  std::unique_lock lock(mutex, Steady::now() + 1h);
  suite.check(lock.owns_lock(), "it is free");
  tb::ConditionVariable changed;
  takes_a_millisecond(suite, [&] {
    return changed.wait_until(lock, Steady::now() + 1ms) == tb::CvStatus::kNoTimeout;
  });

  tb::Event comes;
  std::jthread setter([&] { comes.set(); });
  suite.check(comes.wait_until(Steady::time_point::max()), "the end of time does not come first");
  suite.check(comes.wait_until(Steady::now() + 1e300s), "nor what is beyond it");
  suite.check(comes.wait_until(sys_seconds(sys_days(year(9999) / 12 / 31))), "nor a late year");
}

void wait_with_tokens(Suite& suite) {
  tb::Event never;
  tb::Channel<int> nothing(1);
  std::jthread asked([&](const std::stop_token& token) {
    suite.check(!never.wait(token), "a stop ends a wait");
    suite.check(nothing.receive(token).error() == tb::ChannelError::kStopped, "and any after it");
    suite.check(!tb::this_thread::sleep_for(1h, token), "and sleep");
    auto other = tb::spawn([&] { never.wait(); });
    const auto joined = tb::join(*other, token);
    suite.check(!joined && std::holds_alternative<tb::StopRequested>(joined.error()), "and joins");
    never.set();
  });
  tb::this_thread::sleep_for(1ms);
  asked.request_stop();
  asked.join();
}

}  // namespace

int main() {
  Suite suite;
  suite.test("waits end at times of the library's clocks", wait_by_other_clocks);
  suite.test("waits take the library's stop tokens", wait_with_tokens);
  return suite.status();
}
