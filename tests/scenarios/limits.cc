// What processes may have and do, and what they are charged for.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <vector>

#include "runtime/control/suspend.h"
#include "runtime/control/terminate.h"
#include "runtime/memory/heap.h"
#include "runtime/process/process.h"
#include "runtime/process/process_control.h"
#include "runtime/process/process_info.h"
#include "runtime/sync/barrier.h"
#include "runtime/sync/event.h"
#include "tests/scenarios/crowd.h"
#include "tests/scenarios/processes.h"

namespace tb::test {
namespace {

using namespace std::chrono_literals;

constexpr UserId kUser{7};

// Until the first error, which it returns.
Error spawn_until_refused(std::vector<Thread>& threads, const std::atomic<bool>& ends) {
  for (;;) {
    auto thread = spawn([&ends] {
      while (!ends) {
        this_thread::sleep_for(10us);
      }
    });
    if (!thread) {
      return thread.error();
    }
    threads.push_back(std::move(*thread));
  }
}

}  // namespace

void process_limits(Suite& suite) {
  constexpr std::size_t kThreads = 6;
  std::atomic<bool> ends = false;
  auto process = spawn_process(
      [&] {
        for (int round = 0; round < 2; ++round) {
          std::vector<Thread> threads;
          const Error refused = spawn_until_refused(threads, ends);
          suite.check(refused == Error(ProcessThreadLimitReached{this_process::id(), kThreads}),
                      "it is refused for the limit");
          suite.equal(threads.size(), kThreads - 1, "threads besides the main thread");
          ends = true;
          threads.clear();
          ends = false;
        }
      },
      ProcessOptions{.limits = {.threads = kThreads}});
  suite.check(process->wait().has_value(), "it ends");

  suite.check(set_user_limits(kUser, {.processes = 2, .threads = 5}).has_value(), "limits");
  std::atomic<std::uint32_t> begun = 0;
  std::atomic<std::uint32_t> full = 0;
  std::atomic<bool> goes = false;
  ends = false;
  const auto count_threads = [&] {
    while (!goes) {
      this_thread::sleep_for(10us);
    }
    std::vector<Thread> threads;
    const Error refused = spawn_until_refused(threads, ends);
    begun += static_cast<std::uint32_t>(threads.size());
    ++full;
    while (!ends) {
      this_thread::sleep_for(10us);
    }
    return refused == Error(UserThreadLimitReached{kUser, 5}) ? 0 : 1;
  };
  {
    auto one = spawn_process(count_threads, ProcessOptions{.user = kUser});
    auto two = spawn_process(count_threads, ProcessOptions{.user = kUser});
    suite.check(
        fails_with<UserProcessLimitReached>(spawn_process([] {}, ProcessOptions{.user = kUser})),
        "a third process of the user");
    goes = true;
    while (one && two && full < 2) {
      this_thread::sleep_for(10us);
    }
    ends = true;
    suite.check(one && one->wait().value_or(EndedProcess{.id = {}, .value = 1}).value == 0,
                "refused");
    suite.check(two && two->wait().value_or(EndedProcess{.id = {}, .value = 1}).value == 0,
                "refused");
    suite.equal(begun.load(), 3U, "threads of the user besides the two main threads");
  }
  suite.check(spawn_process([] {}, ProcessOptions{.user = kUser}).has_value(),
              "when they have ended there is room again");
  suite.check(set_user_limits(kUser, {}).has_value(), "no limits");
}

namespace {

// What a process has left behind does not keep its user from having others.
void leave_memory_behind(Suite& suite) {
  constexpr std::size_t kBlock = 100'000;
  constexpr int kRounds = 5;
  suite.check(
      set_user_limits(kUser, {.memory = 2 * kBlock + SpawnOptions::kDefaultStackSize}).has_value(),
      "limits");
  for (int round = 0; round < kRounds; ++round) {
    void* left = nullptr;
    auto process =
        spawn_process([&left] { left = allocate(kBlock); }, ProcessOptions{.user = kUser});
    suite.check(process && process->wait().has_value(), "it ends");
    suite.check(left != nullptr, "there was room for a block");
    deallocate(left);
  }
  suite.check(set_user_limits(kUser, {}).has_value(), "no limits");
}

}  // namespace

void process_memory(Suite& suite) {
  leave_memory_behind(suite);
  constexpr std::size_t kBlock = 40'000;
  constexpr std::size_t kBlocks = 10;
  constexpr std::size_t kMemory = SpawnOptions::kDefaultStackSize + 10'240 + 11 * kBlock;
  auto process = spawn_process(
      [&] {
        std::vector<void*> blocks;
        blocks.reserve(2 * kBlocks);
        while (void* const block = blocks.size() < 2 * kBlocks ? allocate(kBlock) : nullptr) {
          blocks.push_back(block);
        }
        suite.check(blocks.size() >= kBlocks - 1 && blocks.size() <= kBlocks + 1,
                    "as many blocks as the limit has room for");
        suite.check(fails_with<MemoryLimitReached>(spawn([] {})), "nor is there room for a stack");
        const auto full = info(this_process::id());
        suite.check(full && full->memory.heap >= blocks.size() * kBlock, "they are charged");
        void* const larger = reallocate(blocks.back(), 4 * kBlock);
        suite.check(larger == nullptr, "nor does one of them become larger");
        for (void* const block : blocks) {
          deallocate(block);
        }
        suite.check(spawn([] {}).has_value(), "there is room for a stack again");
        const auto empty = info(this_process::id());
        suite.check(empty && empty->memory.heap < kBlock, "what is freed is not charged");
      },
      ProcessOptions{.limits = {.memory = kMemory}});
  suite.check(process && process->wait().has_value(), "it ends");
}

namespace {

struct Bomb {
  std::atomic<std::uint32_t> threads = 0;
  std::atomic<std::uint32_t> processes = 0;
  std::atomic<std::uint32_t> refused = 0;

  // Makes threads that make processes that make threads, for ever.
  void explode() {
    for (;;) {
      if (auto thread = spawn([this] { explode(); })) {
        ++threads;
        static_cast<void>(thread->detach());
      } else {
        ++refused;
      }
      if (auto process = spawn_process([this] { explode(); })) {
        ++processes;
        static_cast<void>(process->detach());
      } else {
        ++refused;
      }
      this_thread::yield();
    }
  }
};

}  // namespace

void fork_bomb(Suite& suite) {
  suite.check(set_user_limits(kUser, {.processes = 10, .threads = 40}).has_value(), "limits");
  Bomb bomb;
  auto process = spawn_process([&bomb] { bomb.explode(); },
                               ProcessOptions{.user = kUser, .permissions = kNoPermissions});
  suite.check(process.has_value(), "it begins");
  while (bomb.refused < 30) {
    this_thread::sleep_for(50us);
  }
  // Everybody else goes on.
  Crowd crowd(suite);
  std::atomic<std::uint32_t> others = 0;
  for (int i = 0; i < 60; ++i) {
    crowd.spawn([&others] { ++others; });
  }
  crowd.join();
  auto child = spawn_process([] { return 5; });
  suite.check(child && child->wait().value_or(EndedProcess()).value == 5, "others make processes");
  suite.equal(others.load(), 60U, "threads of others");
  suite.check(bomb.threads > 0 && bomb.processes > 0, "it has made some");
  std::uint32_t of_bomb = 0;
  for (const ProcessInfo& each : processes()) {
    of_bomb += each.user == kUser ? 1 : 0;
  }
  suite.check(of_bomb > 0 && of_bomb <= 10, "processes of the bomb");
  suite.check(terminate(process->id()).has_value(), "it is ended");
  suite.check(process->wait().has_value(), "it has ended");
  // Some of its processes may have lost their parents before.
  for (bool is_left = true; is_left;) {
    is_left = false;
    for (const ProcessInfo& each : processes()) {
      if (each.user == kUser) {
        is_left = true;
        static_cast<void>(terminate(each.id));
      }
    }
    this_thread::sleep_for(50us);
  }
  suite.check(set_user_limits(kUser, {}).has_value(), "no limits");
}

void permissions(Suite& suite) {
  std::atomic<bool> ends = false;
  Crowd crowd(suite);
  const ThreadId outsider = crowd.spawn([&ends] {
    while (!ends) {
      this_thread::sleep_for(10us);
    }
  });
  const auto try_all = [&suite, outsider] {
    const ThreadId self = this_thread::id();
    suite.check(fails_with<RealTimePermissionDenied>(set_scheduling(
                    self, {.policy = SchedulingPolicy::kFifo, .priority = Priority{5}})),
                "real-time policies are refused");
    suite.check(fails_with<RealTimePermissionDenied>(
                    spawn([] {}, SpawnOptions{.scheduling = {.policy = SchedulingPolicy::kFifo,
                                                             .priority = Priority{5}}})),
                "for new threads, too");
    suite.check(fails_with<PriorityPermissionDenied>(set_scheduling(self, {.nice = -1})),
                "so are nice values below zero");
    suite.check(set_scheduling(self, {.nice = 3}).has_value(), "others are not");
    suite.check(fails_with<AccessDenied>(suspend(outsider)), "a stranger is not suspended");
    suite.check(fails_with<AccessDenied>(terminate(outsider)), "nor ended");
    suite.check(fails_with<AccessDenied>(set_affinity(outsider, CpuSet::everywhere())),
                "nor moved");
    suite.check(fails_with<AccessDenied>(set_scheduling(outsider, {.nice = 19})),
                "nor scheduled otherwise");
    suite.check(fails_with<AccessDenied>(set_name(outsider, "x")), "nor named");
    suite.check(fails_with<AccessDenied>(terminate(kFirstProcess)), "nor is the first process");
    suite.check(fails_with<AccessDenied>(set_user_limits(kUser, {})), "users have their limits");
    suite.check(fails_with<AccessDenied>(spawn_process([] {}, ProcessOptions{.user = UserId{1}})),
                "nobody becomes another user");
    suite.check(fails_with<PriorityPermissionDenied>(
                    spawn_process([] {}, ProcessOptions{.priority = PriorityLevel::kHigh})),
                "nor more important");
  };
  auto process = spawn_process(
      [&] {
        try_all();
        // What it asks for does not help the child.
        auto child = spawn_process(try_all, ProcessOptions{.permissions = Permissions()});
        suite.check(child.has_value(), "a child begins");
        auto sleeper = spawn_process([] {
          for (;;) {
            this_thread::sleep_for(10us);
          }
        });
        suite.check(stop(sleeper->id()).has_value(), "its own child it may stop");
        suite.check(terminate(sleeper->id()).has_value(), "and end");
      },
      ProcessOptions{.permissions = kNoPermissions});
  suite.check(process && process->wait().has_value(), "it ends");
  ends = true;
}

namespace {

// Threads that are made while their process is given another priority have it, too.
void change_priority_at_birth(Suite& suite) {
  constexpr int kRounds = 30;
  constexpr std::uint32_t kThreads = 5;
  std::array<ThreadId, kThreads> made;
  Barrier begins(2);
  Barrier all_made(2);
  Barrier all_seen(2);
  auto process = spawn_process([&] {
    for (int round = 0; round < kRounds; ++round) {
      Event may_end;
      Crowd crowd(suite);
      begins.arrive_and_wait();
      for (ThreadId& id : made) {
        id = crowd.spawn([&may_end] { may_end.wait(); });
      }
      all_made.arrive_and_wait();
      all_seen.arrive_and_wait();
      may_end.set();
      crowd.join();
    }
  });
  suite.check(process.has_value(), "a process begins");
  Random random(9);
  for (int round = 0; round < kRounds; ++round) {
    const bool is_low = round % 2 == 0;
    begins.arrive_and_wait();
    spend(Duration(random.below(8'000)));
    suite.check(set_priority(process->id(), is_low ? PriorityLevel::kLow : PriorityLevel::kNormal)
                    .has_value(),
                "another priority");
    all_made.arrive_and_wait();
    for (const ThreadId id : made) {
      suite.equal(int{scheduling(id).value_or(SchedulingParameters()).nice}, is_low ? 10 : 0,
                  "nice of a thread that was made meanwhile");
    }
    all_seen.arrive_and_wait();
  }
  suite.check(process->wait().has_value(), "it ends");
}

}  // namespace

void process_priorities(Suite& suite) {
  std::atomic<bool> ends = false;
  std::atomic<std::uint32_t> begun = 0;
  std::array<ThreadId, 3> ids;
  constexpr std::array<std::int8_t, 3> kOwn = {-15, 0, 15};
  auto process = spawn_process(
      [&] {
        Crowd crowd(suite);
        for (std::size_t i = 0; i < ids.size(); ++i) {
          ids[i] = crowd.spawn(
              [&] {
                ++begun;
                while (!ends) {
                  this_thread::sleep_for(20us);
                }
              },
              {.scheduling = {.nice = kOwn[i]}});
        }
        crowd.join();
      },
      ProcessOptions{.priority = PriorityLevel::kLow});
  while (begun < ids.size()) {
    this_thread::sleep_for(20us);
  }
  const auto check_nice = [&](std::array<int, 3> wanted) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      suite.equal(int{scheduling(ids[i]).value_or(SchedulingParameters()).nice}, wanted[i], "nice");
    }
  };
  check_nice({-5, 10, 19});
  suite.check(set_priority(process->id(), PriorityLevel::kHigh).has_value(), "another priority");
  check_nice({-20, -10, 5});
  suite.check(set_scheduling(ids[1], {.nice = 2}).has_value(), "another nice value");
  check_nice({-20, -8, 5});
  suite.check(set_priority(process->id(), PriorityLevel::kNormal).has_value(), "none");
  check_nice({-15, 2, 15});
  suite.check(info(process->id())->priority == PriorityLevel::kNormal, "it is shown");
  ends = true;
  suite.check(process->wait().has_value(), "it ends");
  change_priority_at_birth(suite);
}

void process_accounts(Suite& suite) {
  std::atomic<bool> ends = false;
  std::atomic<std::uint32_t> done = 0;
  const Duration before = info(kFirstProcess)->cpu_time;
  auto process = spawn_process(
      [&] {
        {
          auto ended = spawn([] { spend(300us); });
        }
        Crowd crowd(suite);
        for (int i = 0; i < 2; ++i) {
          crowd.spawn([&] {
            spend(300us);
            ++done;
            while (!ends) {
              this_thread::sleep_for(20us);
            }
          });
        }
        crowd.join();
      },
      ProcessOptions{.name = "an account"});
  while (done < 2) {
    this_thread::sleep_for(50us);
  }
  const auto seen = info(process->id());
  suite.check(seen.has_value(), "it is there");
  suite.check(seen->cpu_time >= 900us, "all its threads' time");
  suite.equal(seen->threads, 3U, "threads");
  suite.check(seen->memory.stack >= 3 * SpawnOptions::kDefaultStackSize, "stacks");
  suite.check(seen->memory.shared() > 0 && seen->memory.total() > seen->memory.shared(), "memory");
  suite.check(seen->name == "an account" && seen->parent == kFirstProcess, "what it is");
  suite.check(
      info(seen->main_thread).has_value() && info(seen->main_thread)->process == process->id(),
      "its main thread is its own");
  ends = true;
  suite.check(process->wait().has_value(), "it ends");
  // That time is not the first one's, whose own is what it does while it waits.
  suite.check(info(kFirstProcess)->cpu_time >= before, "time does not run backwards");
  const auto first = info(kFirstProcess);
  suite.check(first->threads >= 1 && first->state == ProcessState::kRunning, "the first process");
}

}  // namespace tb::test
