// Time for threads: ticks that do not drift, sleeps that a stop ends, calls that are made once or
// never.
#include "runtime/sync/timer.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#include "runtime/sync/event.h"
#include "tests/scenarios/crowd.h"
#include "tests/scenarios/synchronisation.h"

namespace tb::test {

using namespace std::chrono_literals;

// However late a tick is seen, the next ones stand where they stood.
void periodic_timers(Suite& suite) {
  constexpr int kWaits = 40;
  constexpr Duration kSkew = 20us;  // between the clocks of simulated CPUs
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < crowd_size(); ++i) {
    crowd.spawn([&, i] {
      Random random(i);
      const Duration period(20'000 + random.below(60'000));
      const Time first = after(now(), Duration(random.below(50'000)));
      PeriodicTimer timer(period, first);
      std::uint64_t ticks = 0;
      for (int wait = 0; wait < kWaits; ++wait) {
        const Time next = timer.next();
        const std::uint64_t passed = timer.wait();
        suite.check(passed >= 1 && now() >= next, "no tick is early");
        suite.check(timer.next() > next && timer.next() == next + passed * period,
                    "the next one is a whole number of periods later");
        suite.check(timer.next() <= now() + period + kSkew, "and not further away than a period");
        ticks += passed;
        spend(Duration(random.below(2) * random.below(200'000)));
      }
      suite.check(timer.next() == first + ticks * period, "ticks do not drift");
    });
  }
}

void stopped_sleeps(Suite& suite) {
  StopSource source;
  std::atomic<std::uint32_t> stopped = 0;
  std::atomic<std::uint32_t> slept = 0;
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < crowd_size(); ++i) {
    crowd.spawn([&, token = source.get_token()] {
      const Time short_end = after(now(), 30us);
      if (this_thread::sleep_until(short_end, token)) {
        suite.check(now() >= short_end, "no sleep ends early but by a stop");
        ++slept;
      }
      PeriodicTimer hourly(1h);
      if (hourly.wait(token) == 0 && !this_thread::sleep_for(1h, token)) {
        ++stopped;
      }
    });
  }
  while (slept < crowd_size()) {
    this_thread::sleep_for(100us);
  }
  source.request_stop();
  crowd.join();
  suite.equal(stopped.load(), crowd_size(), "sleeps that a stop has ended");
}

// A call and a cancellation at the same instant: one of the two.
void cancelled_timers(Suite& suite) {
  constexpr int kRounds = 60;
  std::atomic<int> calls = 0;
  int cancelled = 0;
  Random random(5);
  for (int round = 0; round < kRounds; ++round) {
    auto timer = Timer::after(Duration(random.below(60'000)), [&] { ++calls; });
    suite.check(timer.has_value(), "a timer");
    this_thread::sleep_for(Duration(random.below(60'000)));
    cancelled += timer->cancel() ? 1 : 0;
    suite.check(!timer->cancel(), "it is cancelled once");
  }
  suite.equal(calls + cancelled, kRounds, "timers that have called or were cancelled");
  suite.check(calls > 0 && cancelled > 0, "both have happened");
  std::atomic<bool> late = false;
  {
    auto hourly = Timer::after(1h, [&] { late = true; });
    suite.check(hourly.has_value(), "a timer");
    hourly = Timer::after(1h, [&] { late = true; });
    suite.check(hourly.has_value(), "another one in its place");
  }
  suite.check(!late, "one that is destroyed or replaced before its time calls nobody");
}

// At their times, each on a thread of its own, as urgent as it is told; but for those that are
// cancelled before.
void timers_at_times(Suite& suite) {
  constexpr std::uint32_t kTimers = 12;
  std::atomic<std::uint32_t> calls = 0;
  std::atomic<std::uint32_t> early = 0;
  std::atomic<std::uint32_t> elsewhere = 0;
  std::vector<Timer> timers;
  Random random(3);
  for (std::uint32_t i = 0; i < kTimers; ++i) {
    const CpuId cpu{i % most_cpus()};
    SpawnOptions options = there(i);
    options.name = "alarm";
    options.scheduling = {.policy = SchedulingPolicy::kFifo, .priority = Priority{5}};
    const Time time = after(now(), Duration(random.below(80'000)));
    const auto call = [&, time, cpu] {
      early += now() < time ? 1 : 0;
      const bool is_right = this_thread::name() == "alarm" && this_thread::cpu() == cpu &&
                            own_scheduling().policy == SchedulingPolicy::kFifo;
      elsewhere += is_right ? 0 : 1;
      ++calls;
    };
    auto timer = Timer::at(time, call, options);
    auto never = Timer::at(kNever, call, options);
    suite.check(timer && never, "two timers");
    suite.check(never->cancel(), "one of them never calls");
    timers.push_back(std::move(*timer));
  }
  while (calls < kTimers) {
    this_thread::sleep_for(20us);
  }
  for (Timer& timer : timers) {
    suite.check(!timer.cancel(), "it has called");
  }
  timers.clear();
  suite.equal(calls.load(), kTimers, "calls");
  suite.equal(early.load(), 0U, "calls before their time");
  suite.equal(elsewhere.load(), 0U, "calls by other threads than was said");
}

void repeated_timers(Suite& suite) {
  constexpr int kCalls = 20;
  std::atomic<int> calls = 0;
  std::atomic<int> inside = 0;
  Event enough;
  const Time begin = now();
  auto timer = Timer::every(50us, [&] {
    suite.equal(++inside, 1, "calls of one timer at once");
    spend(5us);
    if (++calls == kCalls) {
      enough.set();
    }
    --inside;
  });
  suite.check(timer.has_value(), "a timer");
  enough.wait();
  // Clocks of two CPUs may be apart by that, as the simulator may set them.
  constexpr Duration kClocksApart = 20us;
  suite.check(now() - begin >= kCalls * 50us - kClocksApart, "no call is early");
  const bool none_goes_on = timer->cancel();
  const int after_cancel = calls + (none_goes_on ? 0 : 1);
  this_thread::sleep_for(500us);
  suite.check(calls <= after_cancel, "none begins after it is cancelled");
}

// A tick and the cancellation at the same instant: the call is over, goes on, or never comes.
void cancelled_repeaters(Suite& suite) {
  constexpr int kRounds = 30;
  int idle = 0;
  int busy = 0;
  Random random(11);
  for (int round = 0; round < kRounds || ((idle == 0 || busy == 0) && round < 50 * kRounds);
       ++round) {
    std::atomic<int> begun = 0;
    std::atomic<int> over = 0;
    auto timer = Timer::every(20us, [&] {
      // Now and then for so long that somebody else has a turn meanwhile.
      this_thread::sleep_for((++begun % 3) * 2us);
      ++over;
    });
    suite.check(timer.has_value(), "a timer");
    this_thread::sleep_for(Duration(random.below(100'000)));
    const int before = over;
    const bool none_goes_on = timer->cancel();
    (none_goes_on ? idle : busy) += 1;
    const int after_cancel = begun;
    suite.check(after_cancel >= before, "what is over has begun");
    suite.check(!none_goes_on || over == after_cancel, "no call goes on");
    this_thread::sleep_for(50us);
    suite.check(begun <= after_cancel + (none_goes_on ? 0 : 1), "none begins later");
    while (over < begun) {
      this_thread::sleep_for(5us);
    }
  }
  suite.check(idle > 0 && busy > 0, "both have happened");
}

}  // namespace tb::test
