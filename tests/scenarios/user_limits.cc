// What the processes of a user may have together, what no child gains, and what none may do to
// those of others.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <vector>

#include "runtime/control/suspend.h"
#include "runtime/memory/heap.h"
#include "runtime/process/process.h"
#include "runtime/process/process_control.h"
#include "runtime/process/process_info.h"
#include "tests/scenarios/crowd.h"
#include "tests/scenarios/processes.h"

namespace tb::test {
namespace {

using namespace std::chrono_literals;

constexpr UserId kUser{8};
constexpr std::size_t kStack = SpawnOptions::kDefaultStackSize;

// As many blocks as there is room for; gives them back at the end of its scope.
class Blocks {
 public:
  static constexpr std::size_t kSize = 40'000;

  // At most so many.
  explicit Blocks(std::size_t most) {
    blocks_.reserve(most);
    while (blocks_.size() < most) {
      void* const block = allocate(kSize);
      if (block == nullptr) {
        break;
      }
      blocks_.push_back(block);
    }
  }
  Blocks(const Blocks&) = delete;
  Blocks& operator=(const Blocks&) = delete;
  ~Blocks() { std::ranges::for_each(blocks_, deallocate); }

  std::size_t count() const { return blocks_.size(); }

 private:
  std::vector<void*> blocks_;
};

}  // namespace

// Two processes have together what one could have alone; what one gives back the other may take.
void user_memory(Suite& suite) {
  constexpr std::size_t kBlocks = 12;
  constexpr std::size_t kRest = 4'000;  // for what the threads themselves allocate
  suite.check(
      set_user_limits(kUser, {.memory = 2 * kStack + kBlocks * Blocks::kSize + kRest}).has_value(),
      "a limit");
  std::atomic<std::size_t> first_has = 0;
  std::atomic<bool> first_ends = false;
  std::atomic<bool> has_room = false;
  auto first = spawn_process(
      [&] {
        const Blocks blocks(kBlocks / 2);
        first_has = blocks.count();
        while (!first_ends) {
          this_thread::sleep_for(10us);
        }
      },
      ProcessOptions{.user = kUser});
  while (first && first_has == 0) {
    this_thread::sleep_for(10us);
  }
  auto second = spawn_process(
      [&] {
        {
          const Blocks rest(2 * kBlocks);
          suite.check(first_has == kBlocks / 2 && rest.count() <= kBlocks / 2 &&
                          rest.count() >= kBlocks / 2 - 2,
                      "it has what the other one has left");
          const auto thread = spawn([] {});
          suite.check(fails_with<MemoryLimitReached>(thread), "there is no room for a stack");
          suite.equal(info(this_process::id())->threads, 1U, "threads, refused ones excluded");
          suite.check(fails_with<MemoryLimitReached>(spawn_process([] {})), "nor for a process");
        }
        first_ends = true;
        while (!has_room) {
          this_thread::sleep_for(10us);
        }
        const Blocks all(2 * kBlocks);
        suite.check(all.count() >= kBlocks, "it has what the other one has given back");
      },
      ProcessOptions{.user = kUser});
  suite.check(first && first->wait().has_value(), "the first one ends");
  has_room = true;
  suite.check(second && second->wait().has_value(), "the second one ends");
  auto stranger = spawn_process(
      [&suite] {
        const Blocks blocks(2 * kBlocks);
        suite.equal(blocks.count(), 2 * kBlocks, "blocks of another user's");
      },
      ProcessOptions{.user = UserId{9}});
  suite.check(stranger && stranger->wait().has_value(), "it ends");
  suite.check(set_user_limits(kUser, {}).has_value(), "no limits");
}

// A child may have as much as its parent, however much it asks for; less if it asks for less.
void inherited_limits(Suite& suite) {
  constexpr ProcessLimits kLimits{.threads = 3, .memory = 1'000'000};
  const auto limits_of_child = [&suite](const ProcessLimits& wanted) {
    ProcessLimits given{};
    auto child = spawn_process([&given] { given = info(this_process::id())->limits; },
                               ProcessOptions{.limits = wanted});
    suite.check(child && child->wait().has_value(), "a child ends");
    return given;
  };
  auto parent = spawn_process(
      [&] {
        suite.check(info(this_process::id())->limits == kLimits, "it has what it was given");
        suite.check(limits_of_child({}) == kLimits, "who asks for nothing has its parent's");
        suite.check(limits_of_child({.threads = 100, .memory = 100'000'000}) == kLimits,
                    "who asks for more, too");
        suite.check(limits_of_child({.threads = 2, .memory = 900'000}) ==
                        ProcessLimits{.threads = 2, .memory = 900'000},
                    "who asks for less has less");
        suite.check(limits_of_child({.threads = 1, .memory = kNoLimit}) ==
                        ProcessLimits{.threads = 1, .memory = kLimits.memory},
                    "each by itself");
        auto child = spawn_process(
            [&] {
              suite.check(limits_of_child({}) == ProcessLimits{.threads = 2, .memory = 800'000},
                          "and so for grandchildren");
            },
            ProcessOptions{.limits = {.threads = 2, .memory = 800'000}});
        suite.check(child && child->wait().has_value(), "a child ends");
      },
      ProcessOptions{.limits = kLimits});
  suite.check(parent && parent->wait().has_value(), "the parent ends");
  suite.check(limits_of_child({}) == ProcessLimits(), "others have none");
}

// A process that could not begin is none: it is not counted, and nobody waits for it.
void refused_processes(Suite& suite) {
  suite.check(
      set_user_limits(kUser, {.processes = 1, .threads = 1, .memory = kStack + 20'000}).has_value(),
      "limits");
  const auto nothing = [] {};
  for (int round = 0; round < 3; ++round) {
    suite.check(
        fails_with<MemoryLimitReached>(spawn_process(
            nothing, ProcessOptions{.user = kUser, .main_thread = {.stack_size = 200'000}})),
        "it has no such stack");
    suite.check(fails_with<InvalidStackSize>(spawn_process(
                    nothing, ProcessOptions{.user = kUser, .main_thread = {.stack_size = 1}})),
                "nobody has");
    suite.check(fails_with<InvalidCpu>(spawn_process(
                    nothing, ProcessOptions{.user = kUser, .main_thread = {.cpu = CpuId{5000}}})),
                "there is no such CPU");
    suite.check(fails_with<MemoryLimitReached>(spawn_process(
                    nothing, ProcessOptions{.limits = {.memory = 10}, .user = kUser})),
                "without memory there is none");
    suite.check(fails_with<ProcessThreadLimitReached>(spawn_process(
                    nothing, ProcessOptions{.limits = {.threads = 0}, .user = kUser})),
                "nor without threads");
    suite.check(fails_with<NoChildren>(wait_any_until(Time::min())), "nobody is waited for");
    auto child = spawn_process([] { return 6; }, ProcessOptions{.user = kUser});
    suite.check(
        fails_with<UserProcessLimitReached>(spawn_process(nothing, ProcessOptions{.user = kUser})),
        "one there is, and no more");
    suite.check(child && child->wait().value_or(EndedProcess()).value == 6, "it was one");
  }
  suite.check(set_user_limits(kUser, {}).has_value(), "no limits");
}

namespace {

// What a process may not do to one that is not its descendant, though it is of its own user.
void try_to_control(Suite& suite, ProcessId other) {
  const Error denied = AccessDenied{other};
  const auto is_denied = [&denied](const std::expected<void, Error>& result) {
    return !result && result.error() == denied;
  };
  suite.check(is_denied(stop(other)), "it stops nobody");
  suite.check(is_denied(resume(other)), "nor lets anybody go on");
  suite.check(is_denied(set_priority(other, PriorityLevel::kIdle)), "nor makes him unimportant");
  suite.check(is_denied(set_priority(other, PriorityLevel::kCritical)), "nor important");
  suite.check(is_denied(terminate(other)), "nor ends him");
  const auto seen = info(other);
  suite.check(seen.has_value(), "but it may look");
  const ThreadId thread = seen ? seen->main_thread : ThreadId();
  suite.check(is_denied(suspend(thread)), "nor suspends his threads");
  suite.check(is_denied(resume(thread)), "nor lets them go on");
}

}  // namespace

void denied_control(Suite& suite) {
  std::atomic<std::uint64_t> turns = 0;
  std::atomic<bool> ends = false;
  const auto work = [&] {
    while (!ends) {
      ++turns;
      this_thread::sleep_for(5us);
    }
  };
  auto other = spawn_process(work, ProcessOptions{.user = kUser});
  auto brother = spawn_process(work, ProcessOptions{.permissions = kNoPermissions});
  suite.check(other && brother, "two processes begin");
  auto process = spawn_process(
      [&] {
        try_to_control(suite, other->id());
        try_to_control(suite, brother->id());
        // Those above it are none of its descendants either.
        const ProcessId self = this_process::id();
        auto child = spawn_process([&suite, self] { try_to_control(suite, self); });
        suite.check(child && child->wait().has_value(), "its child ends");
        suite.check(fails_with<PriorityPermissionDenied>(set_priority(self, PriorityLevel::kHigh)),
                    "nor does it make itself more important");
        suite.check(set_priority(self, PriorityLevel::kLow).has_value(), "less it may");
        suite.check(
            fails_with<PriorityPermissionDenied>(set_priority(self, PriorityLevel::kNormal)),
            "for good");
      },
      ProcessOptions{.permissions = kNoPermissions});
  suite.check(process && process->wait().has_value(), "it ends");
  const auto seen = info(other->id());
  suite.check(seen && seen->priority == PriorityLevel::kNormal, "nothing has changed for others");
  const std::uint64_t then = turns;
  while (turns < then + 4) {
    this_thread::sleep_for(10us);
  }
  ends = true;
  suite.check(other->wait().has_value() && brother->wait().has_value(), "they end");
}

}  // namespace tb::test
