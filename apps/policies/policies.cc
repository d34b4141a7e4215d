// All policies side by side on one CPU, live: who has how much of it, and how that changes when
// others rest or one runs away.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/format.h"
#include "base/parse_number.h"
#include "runtime/console.h"
#include "runtime/thread.h"

namespace {

using namespace std::chrono_literals;
using tb::Duration;
using tb::SchedulingParameters;
using tb::SchedulingPolicy;

constexpr tb::CpuId kStage{0};
constexpr Duration kFrame = 200ms;
constexpr std::uint32_t kDefaultSeconds = 2;
constexpr std::uint32_t kMostSeconds = 3600;
constexpr std::size_t kActors = 8;

// How it spends its time: computing for ever, or so much at a time with a rest in between.
struct Part {
  std::string_view name;
  std::string_view does;
  SchedulingParameters parameters;
  Duration burst;  // zero: without end
  Duration rest;
};

constexpr SchedulingParameters real_time(SchedulingPolicy policy, std::uint8_t priority) {
  return {.policy = policy, .priority = tb::Priority{priority}};
}

constexpr std::array<Part, kActors> kParts = {{
    {"Deadline",
     "wants it all; admitted for 2 ms in 10",
     {.policy = SchedulingPolicy::kDeadline, .task = {2ms, 10ms, 10ms}},
     0ms,
     0ms},
    {"Fifo 60", "2 ms, then rests for 18", real_time(SchedulingPolicy::kFifo, 60), 2ms, 18ms},
    {"RoundRobin 40", "3 ms, then rests for 27", real_time(SchedulingPolicy::kRoundRobin, 40), 3ms,
     27ms},
    {"Normal", "computes", {}, 0ms, 0ms},
    {"Normal, nice 5", "computes", {.nice = 5}, 0ms, 0ms},
    {"Batch", "computes", {.policy = SchedulingPolicy::kBatch}, 0ms, 0ms},
    {"Idle", "computes", {.policy = SchedulingPolicy::kIdle, .nice = 19}, 0ms, 0ms},
    {"Fifo 50", "runs away in the third act", real_time(SchedulingPolicy::kFifo, 50), 0ms, 0ms},
}};

enum class Act : int { kAll, kOthersRest, kOneRunsAway, kOver };

std::atomic<Act> act = Act::kAll;

// Written by the actor, read by the audience.
struct Actor {
  std::atomic<Duration::rep> cpu_time = 0;
  tb::Thread thread;
};

bool is_on(std::size_t part) {
  constexpr std::size_t kRunaway = kActors - 1;
  const bool is_fair = kParts[part].parameters.policy == SchedulingPolicy::kNormal ||
                       kParts[part].parameters.policy == SchedulingPolicy::kBatch;
  const Act now = act;
  return part == kRunaway ? now == Act::kOneRunsAway : !(is_fair && now == Act::kOthersRest);
}

void compute_until(Actor& actor, tb::Time end) {
  constexpr int kUnits = 2'000;
  while (tb::now() < end && act != Act::kOver) {
    for (int unit = 0; unit < kUnits; ++unit) {
      asm volatile("");
    }
    actor.cpu_time = tb::this_thread::statistics().cpu_time.count();
  }
}

void play(Actor* actor, std::size_t part) {
  constexpr Duration kLook = 20ms;
  while (act != Act::kOver) {
    if (!is_on(part)) {
      tb::this_thread::sleep_for(kLook);
      continue;
    }
    const Duration burst = kParts[part].burst;
    compute_until(*actor, tb::now() + (burst > 0ms ? burst : kLook));
    if (burst > 0ms) {
      tb::this_thread::sleep_for(kParts[part].rest);
    }
  }
}

std::optional<tb::Error> begin(std::array<Actor, kActors>& actors) {
  for (std::size_t i = 0; i < kActors; ++i) {
    auto thread = tb::spawn(play, &actors[i], i,
                            tb::SpawnOptions{.name = kParts[i].name,
                                             .affinity = tb::CpuSet::only(kStage),
                                             .scheduling = kParts[i].parameters});
    if (!thread) {
      return thread.error();
    }
    actors[i].thread = std::move(*thread);
  }
  return std::nullopt;
}

using Times = std::array<Duration, kActors>;

Times times_of(const std::array<Actor, kActors>& actors) {
  Times times{};
  for (std::size_t i = 0; i < kActors; ++i) {
    times[i] = Duration(actors[i].cpu_time);
  }
  return times;
}

void draw(const Times& before, const Times& after, Duration passed) {
  constexpr int kWidth = 40;
  constexpr std::string_view kBar = "########################################";
  for (std::size_t i = 0; i < kActors; ++i) {
    const auto permille = 1'000 * (after[i] - before[i]) / std::max(passed, Duration(1));
    const auto length = std::clamp<std::int64_t>(permille * kWidth / 1'000, 0, kWidth);
    tb::println("{:<15} {:<38} {:>3} % {:<40}", kParts[i].name, kParts[i].does, (permille + 5) / 10,
                kBar.substr(0, static_cast<std::size_t>(length)));
  }
}

// Draws over the last frame, but for the first of an act.
void show_act(Act next, std::string_view title, Duration length,
              const std::array<Actor, kActors>& actors) {
  act = next;
  tb::println("\n{}", title);
  tb::this_thread::sleep_for(kFrame);
  const tb::Time begin = tb::now();
  const Times at_begin = times_of(actors);
  tb::Time last = begin;
  Times before = at_begin;
  bool is_first = true;
  while (last < begin + length) {
    tb::this_thread::sleep_for(kFrame);
    const tb::Time now = tb::now();
    const Times times = times_of(actors);
    if (!is_first) {
      tb::print("\x1b[{}A", kActors);
    }
    is_first = false;
    const bool is_last = now >= begin + length;
    draw(is_last ? at_begin : before, times, now - (is_last ? begin : last));
    before = times;
    last = now;
  }
}

std::optional<Duration> length_from(int argc, char** argv) {
  if (argc < 2) {
    return std::chrono::seconds(kDefaultSeconds);
  }
  const auto seconds = tb::parse_number<std::uint32_t>(argv[1]);
  const bool is_good = seconds && argc == 2 && *seconds >= 1 && *seconds <= kMostSeconds;
  return is_good ? std::optional<Duration>(std::chrono::seconds(*seconds)) : std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
  const auto length = length_from(argc, argv);
  if (!length) {
    tb::println("policies: says how long each act takes: 1 to {} seconds, {} without a number",
                kMostSeconds, kDefaultSeconds);
    return 2;
  }
  std::array<Actor, kActors> actors;
  // The audience sees everything at once: on the stage's CPU, before all but the Deadline thread.
  const auto self = tb::this_thread::id();
  static_cast<void>(tb::set_scheduling(self, real_time(SchedulingPolicy::kFifo, 99)));
  if (const auto error = begin(actors)) {
    act = Act::kOver;
    tb::println("policies: {}", *error);
    return 1;
  }
  tb::println("CPU 0, a frame every 200 ms; the last one of an act is its average.");
  show_act(Act::kAll, "All compute, but for the Fifo thread below:", *length, actors);
  show_act(Act::kOthersRest,
           "Normal and Batch threads rest; the Idle thread has what is left:", *length, actors);
  show_act(Act::kOneRunsAway,
           "A Fifo thread runs away; real-time threads have 95 % at most:", *length, actors);
  act = Act::kOver;
  return 0;
}
