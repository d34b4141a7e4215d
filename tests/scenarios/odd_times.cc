// Times that are over long ago, and times that never come: of all that waits.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "runtime/control/terminate.h"
#include "runtime/sync/event.h"
#include "runtime/sync/timer.h"
#include "tests/scenarios/crowd.h"
#include "tests/scenarios/fails_with.h"
#include "tests/scenarios/kinds.h"
#include "tests/scenarios/synchronisation.h"

namespace tb::test {
namespace {

using namespace std::chrono_literals;

constexpr std::array kNothing = {Duration::min(), Duration::min() + 1ns, Duration(-1h),
                                 Duration(-1ns), Duration::zero()};
constexpr std::array kLongAgo = {Time::min(), Time::min() + 1ns, Time(-1ns), Time()};
constexpr std::array kForEver = {Duration::max(), Duration::max() - 1ns, Duration::max() / 2};
constexpr std::array kFarAway = {Time::max(), Time::max() - 1ns, Time(Duration::max() / 2)};

// All of them try; so many have it.
std::uint32_t try_all_that_is_over(Awaited& thing) {
  std::uint32_t had = 0;
  const auto note = [&](bool has_it) {
    if (has_it) {
      ++had;
      thing.put_back();
    }
  };
  for (const Duration duration : kNothing) {
    note(thing.take_for(duration));
  }
  for (const Time time : kLongAgo) {
    note(thing.take_until(time));
  }
  return had;
}

void wait_oddly(Suite& suite, Awaited& thing) {
  std::atomic<std::uint32_t> begun = 0;
  Crowd crowd(suite);
  crowd.spawn([&] { suite.equal(try_all_that_is_over(thing), 0U, thing.name()); });
  crowd.join();
  const auto wait_for_ever = [&](auto take) {
    crowd.spawn([&, take] {
      ++begun;
      suite.check(take(), thing.name());
      thing.put_back();
    });
  };
  for (const Duration duration : kForEver) {
    wait_for_ever([&thing, duration] { return thing.take_for(duration); });
  }
  for (const Time time : kFarAway) {
    wait_for_ever([&thing, time] { return thing.take_until(time); });
  }
  while (begun < kForEver.size() + kFarAway.size()) {
    this_thread::sleep_for(10us);
  }
  this_thread::sleep_for(20us);
  thing.give();
  crowd.join();
  // What is there needs no time.
  suite.equal(try_all_that_is_over(thing), std::uint32_t{kNothing.size() + kLongAgo.size()},
              thing.name());
  expect_back(suite, thing);
}

void sleep_oddly(Suite& suite) {
  StopSource source;
  Crowd crowd(suite);
  std::atomic<std::uint32_t> stopped = 0;
  for (const Duration duration : kNothing) {
    this_thread::sleep_for(duration);
    suite.check(this_thread::sleep_for(duration, source.get_token()), "it is over at once");
  }
  for (const Time time : kLongAgo) {
    this_thread::sleep_until(time);
    suite.check(this_thread::sleep_until(time, source.get_token()), "it is over at once");
  }
  for (const Duration duration : kForEver) {
    crowd.spawn([&, duration, token = source.get_token()] {
      stopped += this_thread::sleep_for(duration, token) ? 0 : 1;
      PeriodicTimer timer(duration);
      stopped += timer.wait(token) == 0 ? 1 : 0;
    });
  }
  for (const Time time : kFarAway) {
    crowd.spawn([&, time, token = source.get_token()] {
      stopped += this_thread::sleep_until(time, token) ? 0 : 1;
    });
  }
  this_thread::sleep_for(50us);
  suite.equal(stopped.load(), 0U, "sleeps that have ended by themselves");
  source.request_stop();
  crowd.join();
  suite.equal(stopped.load(), std::uint32_t{2 * kForEver.size() + kFarAway.size()},
              "sleeps that a stop has ended");
}

// Only force ends a sleep that nobody can stop; and who joins for so long comes back.
void join_oddly(Suite& suite) {
  for (const Duration duration : kForEver) {
    auto sleeper = spawn([duration] { this_thread::sleep_for(duration); });
    suite.check(sleeper.has_value(), "a thread begins");
    for (const Duration nothing : kNothing) {
      suite.check(fails_with<TimedOut>(sleeper->join_for(nothing)), "it sleeps");
    }
    for (const Time time : kLongAgo) {
      suite.check(fails_with<TimedOut>(sleeper->join_until(time)), "it sleeps on");
    }
    suite.check(sleeper->joinable(), "it can be joined as before");
    suite.check(terminate(sleeper->id()).has_value(), "it is told to end");
    suite.check(sleeper->join_for(duration).has_value(), "and ends");
  }
  for (const Time time : kFarAway) {
    auto sleeper = spawn([] { this_thread::sleep_for(20us); });
    suite.check(sleeper && sleeper->join_until(time).has_value(), "it ends by itself");
  }
}

// At times that have passed, that come, and that never do; each is called by a thread of its own.
void call_oddly(Suite& suite) {
  std::atomic<std::uint32_t> called = 0;
  const auto call = [&called] { ++called; };
  for (const Duration duration : kForEver) {
    auto late = Timer::after(duration, call);
    auto seldom = Timer::every(duration, call);
    suite.check(late && late->cancel() && seldom && seldom->cancel(), "it is never called");
  }
  for (const Time time : kFarAway) {
    auto late = Timer::at(time, call);
    suite.check(late && late->cancel(), "it is never called");
  }
  suite.equal(called.load(), 0U, "calls that were early");
  for (const Time time : kLongAgo) {
    Event is_called;
    auto timer = Timer::at(time, [&is_called] { is_called.set(); });
    is_called.wait();
    suite.check(timer && !timer->cancel(), "it was called at once");
  }
  for (const Duration duration : kNothing) {
    Event is_called;
    auto timer = Timer::after(duration, [&is_called] { is_called.set(); });
    is_called.wait();
    suite.check(timer && !timer->cancel(), "it was called at once");
  }
}

// The first tick may be over since ever, and the next one may never come.
void tick_oddly(Suite& suite) {
  for (const Time first : kLongAgo) {
    for (const Duration period : {Duration(1ns), Duration(1h), Duration::max()}) {
      PeriodicTimer timer(period, first);
      const Time begin = now();
      const std::uint64_t ticks = timer.wait();
      const Time end = now();
      suite.check(timer.next() > begin && timer.next() <= after(end, period), "the next is near");
      // Unsigned, for they may be further apart than a Duration is long.
      const auto distance = static_cast<std::uint64_t>(timer.next().time_since_epoch().count()) -
                            static_cast<std::uint64_t>(first.time_since_epoch().count());
      suite.check(distance == ticks * static_cast<std::uint64_t>(period.count()),
                  "so many periods after the first");
    }
  }
}

}  // namespace

void odd_waits(Suite& suite) {
  for (const MakeAwaited make : all_kinds()) {
    wait_oddly(suite, *make());
  }
}

void odd_sleeps(Suite& suite) {
  sleep_oddly(suite);
  tick_oddly(suite);
  join_oddly(suite);
  call_oddly(suite);
}

}  // namespace tb::test
