// What threads say of themselves: their names, which others see whole, and the time that all have
// had together.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

#include "runtime/control/thread_info.h"
#include "tests/scenarios/control.h"
#include "tests/scenarios/crowd.h"
#include "tests/scenarios/fails_with.h"

namespace tb::test {

using namespace std::chrono_literals;

// One takes names of different lengths, another one is given them; whoever looks sees one of them,
// never parts of two.
void whole_names(Suite& suite) {
  constexpr std::size_t kRounds = 60;
  constexpr std::array<std::string_view, 3> kNames = {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbb",
                                                      "cccccccccccccccccc"};
  constexpr std::string_view kTooLong = "ddddddddddddddddddddddddddddddddddddddddddddddddd";
  std::atomic<bool> ends = false;
  Crowd crowd(suite);
  const ThreadId taker = crowd.spawn(
      [&] {
        for (std::size_t turn = 0; !ends; ++turn) {
          const std::string_view name = kNames[turn % kNames.size()];
          suite.check(this_thread::set_name(name).has_value(), "it takes a name");
          suite.check(this_thread::name() == name, "it has it");
          this_thread::sleep_for(1us);
        }
        suite.check(this_thread::set_name(kTooLong).has_value(), "it takes a long one");
        suite.check(this_thread::name() == kTooLong.substr(0, ThreadName::kMaxLength), "cut");
        suite.check(this_thread::set_name("").has_value() && this_thread::name().empty(), "none");
      },
      {.name = kNames[0]});
  const ThreadId given = crowd.spawn(
      [&] {
        while (!ends) {
          this_thread::sleep_for(2us);
        }
      },
      {.name = kNames[0]});
  const auto is_whole = [&kNames](ThreadId id) {
    const auto seen = name(id);
    return seen && (*seen == kNames[0] || *seen == kNames[1] || *seen == kNames[2]);
  };
  std::array<bool, kNames.size()> seen{};
  for (std::size_t round = 0; round < kRounds || !std::ranges::all_of(seen, std::identity());
       ++round) {
    suite.check(set_name(given, kNames[round % kNames.size()]).has_value(), "a name is given");
    suite.check(is_whole(given) && is_whole(taker), "a name is seen whole");
    const auto taken = name(taker);
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      seen[i] = seen[i] || (taken && *taken == kNames[i]);
    }
  }
  ends = true;
}

// Time does not run backwards, and includes what those have had who have ended.
void time_of_all(Suite& suite) {
  constexpr std::uint32_t kThreads = 6;
  constexpr Duration kEach = 60us;
  Duration before = cpu_time_of_all();
  const Duration begin = before;
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < kThreads; ++i) {
    crowd.spawn([kEach] { spend(kEach); });
  }
  for (int look = 0; look < 10; ++look) {
    const Duration now = cpu_time_of_all();
    suite.check(now >= before, "it never becomes less");
    before = now;
    this_thread::sleep_for(10us);
  }
  crowd.join();
  suite.check(cpu_time_of_all() - begin >= kThreads * kEach, "what all have had");
}

// Parameters can be looked at before anybody is scheduled by them.
void checked_parameters(Suite& suite) {
  using Policy = SchedulingPolicy;
  suite.check(check_scheduling({}).has_value(), "ordinary ones");
  suite.check(check_scheduling({.policy = Policy::kFifo, .priority = Priority{1}}).has_value(),
              "urgent ones");
  suite.check(fails_with<InvalidPriority>(check_scheduling({.priority = Priority{1}})),
              "only urgent threads have a priority");
  for (const std::uint8_t priority : {0, 100, 255}) {
    suite.check(fails_with<InvalidPriority>(check_scheduling(
                    {.policy = Policy::kRoundRobin, .priority = Priority{priority}})),
                "which is neither too low nor too high");
  }
  for (const std::int8_t nice : {-128, -21, 20, 127}) {
    suite.check(fails_with<InvalidNice>(check_scheduling({.nice = nice})), "likewise a nice value");
  }
  const auto of_task = [](Duration runtime, Duration deadline, Duration period) {
    return check_scheduling({.policy = Policy::kDeadline,
                             .task = {.runtime = runtime, .deadline = deadline, .period = period}});
  };
  suite.check(of_task(1us, 1ms, 1ms).has_value(), "a task");
  suite.check(fails_with<InvalidTask>(of_task(0us, 1ms, 1ms)), "nothing to do");
  suite.check(fails_with<InvalidTask>(of_task(-1us, 1ms, 1ms)), "less than nothing");
  suite.check(fails_with<InvalidTask>(of_task(2ms, 1ms, 1ms)), "more than there is time for");
  suite.check(fails_with<InvalidTask>(of_task(1us, 2ms, 1ms)), "too late for the next");
  suite.check(fails_with<InvalidTask>(of_task(1us, Duration::max(), Duration::min())),
              "times that never are");
  // Whoever is scheduled otherwise says so himself.
  auto urgent = spawn(
      [&suite] {
        suite.check(own_scheduling().policy == Policy::kBatch && own_scheduling().nice == 7,
                    "it is as it was told");
        suite.check(set_scheduling(this_thread::id(), {.nice = -3}).has_value(), "another way");
        suite.check(own_scheduling().policy == Policy::kNormal && own_scheduling().nice == -3,
                    "from then on");
      },
      SpawnOptions{.scheduling = {.policy = Policy::kBatch, .nice = 7}});
  suite.check(urgent && urgent->join().has_value(), "a thread ends");
}

}  // namespace tb::test
