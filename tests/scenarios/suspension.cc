// Threads that are suspended whatever they are doing, and all else that is asked of them meanwhile.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include "runtime/control/at_exit.h"
#include "runtime/control/suspend.h"
#include "runtime/control/terminate.h"
#include "runtime/control/thread_info.h"
#include "runtime/no_termination.h"
#include "tests/scenarios/control.h"
#include "tests/scenarios/crowd.h"

namespace tb::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kMembers = 6;

struct Member {
  std::atomic<std::uint64_t> steps = 0;
  std::atomic<std::uint32_t> due = 0;  // tokens it was given, each with a wake
  std::uint32_t done = 0;              // of them; the member's own
};

// Takes tokens, and does a little of everything where there is none.
void take_tokens(Member& member, std::uint64_t seed, const std::atomic<bool>& ends,
                 CpusSeen& seen) {
  Random random(seed);
  while (!ends || member.done < member.due) {
    ++member.steps;
    seen.note();
    if (member.done < member.due) {
      ++member.done;
      continue;
    }
    switch (random.below(4)) {
      case 0:
        this_thread::park();
        break;
      case 1:
        this_thread::sleep_for(std::chrono::microseconds(random.below(30)));
        break;
      case 2:
        this_thread::yield();
        break;
      default:
        spend(std::chrono::microseconds(random.below(20)));
        break;
    }
  }
}

// What else may be asked of a thread, which stands still or not.
void disturb(Suite& suite, ThreadId id, Random& random) {
  switch (random.below(4)) {
    case 0: {
      const CpuSet somewhere = CpuSet::only(CpuId{random.below(cpu_count())});
      suite.check(
          set_affinity(id, random.below(2) == 0 ? somewhere : CpuSet::everywhere()).has_value(),
          "a thread is told where to run");
      break;
    }
    case 1:
      suite.check(
          set_scheduling(id, {.nice = static_cast<std::int8_t>(random.below(20))}).has_value(),
          "a thread is told how to be scheduled");
      break;
    case 2:
      suite.check(statistics(id).has_value(), "a thread has statistics");
      break;
    default:
      break;
  }
}

constexpr std::uint32_t kSlots = 4;

struct Targets {
  std::array<std::atomic<ThreadId>, kSlots> slots{};
  std::atomic<std::uint32_t> suspended = 0;  // times that a thread was
  std::atomic<std::uint32_t> ended = 0;      // likewise, or was told to
  CpusSeen seen;
  std::atomic<bool> end = false;
};

// Any of the threads may have gone.
void control_whomever(Targets& targets, std::uint64_t seed) {
  Random random(seed);
  while (!targets.end) {
    const ThreadId id = targets.slots[random.below(kSlots)];
    switch (random.below(8)) {
      case 0:
      case 1:
        targets.suspended += suspend(id).has_value() ? 1 : 0;
        break;
      case 2:
        static_cast<void>(set_affinity(id, CpuSet::only(CpuId{random.below(cpu_count())})));
        break;
      case 3:
        static_cast<void>(wake(id));
        break;
      case 4:
        static_cast<void>(set_scheduling(id, {.policy = SchedulingPolicy::kBatch}));
        break;
      case 5:
        targets.ended += terminate(id).has_value() ? 1 : 0;
        break;
      default:
        static_cast<void>(resume(id));
        break;
    }
    // On one CPU those who are asked again and again would have no turn.
    if (random.below(2) == 0) {
      this_thread::sleep_for(30us);
    } else {
      spend(1us);
    }
  }
}

// Threads but the caller; those that stand still go on.
std::uint32_t let_others_go_on() {
  std::uint32_t count = 0;
  for (const ThreadInfo& thread : tb::threads()) {
    if (thread.id != this_thread::id()) {
      ++count;
      static_cast<void>(resume(thread.id));
    }
  }
  return count;
}

}  // namespace

// One suspends the others at any moment, and gives them tokens before, meanwhile and after.
void suspensions(Suite& suite) {
  constexpr int kRounds = 200;
  std::array<Member, kMembers> members;
  std::array<ThreadId, kMembers> ids;
  std::atomic<bool> ends = false;
  const auto seen = std::make_unique<CpusSeen>();
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < kMembers; ++i) {
    ids[i] = crowd.spawn([&, &seen = *seen, i] { take_tokens(members[i], i + 1, ends, seen); });
  }
  Random random(5);
  std::array<std::uint32_t, kMembers> given{};
  int broken = 0;
  for (int round = 0; round < kRounds; ++round) {
    const std::uint32_t i = random.below(kMembers);
    const auto give = [&] {
      ++given[i];
      ++members[i].due;
      suite.check(wake(ids[i]).has_value(), "a thread is woken");
    };
    if (random.below(2) == 0) {
      give();
    }
    suite.check(suspend(ids[i]).has_value(), "a thread is suspended");
    const std::uint64_t steps = members[i].steps;
    if (random.below(2) == 0) {
      give();
    }
    disturb(suite, ids[i], random);
    spend(std::chrono::microseconds(random.below(60)));
    broken += members[i].steps != steps ? 1 : 0;
    suite.check(resume(ids[i]).has_value(), "a thread goes on");
    if (random.below(2) == 0) {
      give();
    }
  }
  ends = true;
  for (const ThreadId id : ids) {
    static_cast<void>(wake(id));
  }
  crowd.join();
  suite.equal(broken, 0, "steps of suspended threads");
  for (std::uint32_t i = 0; i < kMembers; ++i) {
    suite.equal(members[i].done, given[i], "tokens taken");
  }
  suite.check(seen->count() >= std::min(cpu_count(), kMembers), "many CPUs ran something");
}

// Several ask the same threads for everything at the same time, while these begin and end. What
// each has registered counts its end, by force or not; some end before they have.
void control_at_once(Suite& suite) {
  constexpr std::uint32_t kControllers = 3;
  constexpr std::uint32_t kThreads = 60;
  const auto targets_of_all = std::make_unique<Targets>();
  Targets& targets = *targets_of_all;
  std::atomic<std::uint32_t> count_their_end = 0;
  std::atomic<std::uint32_t> ended = 0;
  Crowd controllers(suite);
  for (std::uint32_t i = 0; i < kControllers; ++i) {
    controllers.spawn([&targets, i] { control_whomever(targets, i); });
  }
  std::array<Thread, kSlots> threads;
  // Where CPUs share processors it takes some more until the others meet one.
  const auto all_has_happened = [&] { return targets.suspended > 0 && targets.ended > 0; };
  std::uint32_t begun = 0;
  for (; begun < kThreads || (begun < 50 * kThreads && !all_has_happened()); ++begun) {
    const std::uint32_t i = begun;
    Thread& last = threads[i % kSlots];
    if (last.joinable()) {
      suite.check((i % 3 == 0 ? last.detach() : last.join()).has_value(), "a thread is let go of");
    }
    auto thread = spawn([&, i] {
      {
        const NoTermination stays;
        suite.check(this_thread::at_exit([&ended] { ++ended; }).has_value(),
                    "it says what to call");
        ++count_their_end;
      }
      Random random(i);
      for (int step = 0; step < 5; ++step) {
        targets.seen.note();
        spend(std::chrono::microseconds(random.below(10)));
        this_thread::sleep_for(std::chrono::microseconds(random.below(10)));
      }
    });
    suite.check(thread.has_value(), "a thread begins");
    targets.slots[i % kSlots] = thread->id();
    last = std::move(*thread);
  }
  for (Thread& thread : threads) {
    suite.check(thread.join().has_value(), "the last ones are joined");
  }
  targets.end = true;
  controllers.join();
  // Of the detached ones, some may stand still still, even behind the last that they have called.
  while (let_others_go_on() > 0) {
    this_thread::sleep_for(50us);
  }
  suite.equal(ended.load(), count_their_end.load(), "threads that came to their end");
  suite.check(targets.suspended > 0, "some were suspended");
  suite.check(targets.ended > 0, "some were ended by force");
  suite.check(targets.seen.count() >= std::min(cpu_count(), 2U), "several CPUs ran something");
}

}  // namespace tb::test
