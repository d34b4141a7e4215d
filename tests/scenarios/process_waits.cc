// Waiting for children with less patience, by several at once, and for processes that are not
// there.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <vector>

#include "runtime/process/process.h"
#include "runtime/process/process_control.h"
#include "runtime/process/process_info.h"
#include "tests/scenarios/crowd.h"
#include "tests/scenarios/processes.h"

namespace tb::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kChildren = 8;

// Children of one parent, several of whose threads wait for any of them.
struct Children {
  std::array<std::atomic<std::uint32_t>, kChildren> told{};  // how often the end of each was
  std::atomic<std::uint32_t> ends = 0;                       // that were told
  std::atomic<std::uint32_t> late = 0;                       // waits that were given up

  void wait_for_all(Suite& suite, Random random) {
    while (ends < kChildren) {
      const Time deadline = after(now(), Duration(random.below(60'000)));
      const auto ended = wait_any_until(deadline);
      if (ended) {
        ++told[static_cast<std::size_t>(ended->value)];
        ++ends;
      } else if (fails_with<TimedOut>(ended)) {
        ++late;
      } else {
        // Another one has the last end, or the first child has not begun.
        suite.check(fails_with<NoChildren>(ended), "or there is none just now");
        this_thread::sleep_for(20us);
      }
    }
  }
};

}  // namespace

// Each end is told once, to whoever waits; who gives up takes none with him.
void impatient_parents(Suite& suite) {
  Children children;
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < 2; ++i) {
    crowd.spawn([&, i] { children.wait_for_all(suite, Random(i)); });
  }
  std::vector<Process> handles;
  Random random(9);
  for (std::uint32_t i = 0; i < kChildren; ++i) {
    auto child = spawn_process(
        [&children](std::uint32_t number, Duration life) {
          this_thread::sleep_for(life);
          // The last one lives for so long that somebody has given up.
          while (number == kChildren - 1 && children.late == 0) {
            this_thread::sleep_for(10us);
          }
          return static_cast<int>(number);
        },
        i, Duration(random.below(60'000)));
    suite.check(child.has_value(), "a child begins");
    handles.push_back(std::move(*child));
    this_thread::sleep_for(Duration(random.below(20'000)));
  }
  crowd.join();
  for (const auto& told : children.told) {
    suite.equal(told.load(), 1U, "times that an end was told");
  }
  for (Process& handle : handles) {
    suite.check(fails_with<ProcessNotFound>(handle.wait()), "it is not told again");
  }
}

// Two wait for the same child, and one for any: one of them is told, the others that it is gone.
void rival_waiters(Suite& suite) {
  constexpr int kRounds = 8;
  Random random(7);
  for (int round = 0; round < kRounds; ++round) {
    std::atomic<std::uint32_t> told = 0;
    const auto note = [&](const auto& ended) {
      told += ended ? 1 : 0;
      suite.check(ended || fails_with<ProcessNotFound>(ended) || fails_with<NoChildren>(ended),
                  "it is gone, or nobody is left");
    };
    const auto child = spawn_process(this_thread::sleep_for, Duration(random.below(60'000)));
    suite.check(child.has_value(), "a child begins");
    const ProcessId id = child->id();
    Crowd crowd(suite);
    crowd.spawn([&] { note(wait(id)); });
    crowd.spawn([&] { note(wait_for(id, 1h)); });
    crowd.spawn([&] { note(wait_any()); });
    crowd.join();
    suite.equal(told.load(), 1U, "times that an end was told");
  }
}

// Times that are over, and that never come.
void odd_process_waits(Suite& suite) {
  constexpr std::array kOver = {Time::min(), Time(-1ns), Time()};
  constexpr std::array kNever = {Time::max(), Time::max() - 1ns};
  suite.check(fails_with<NoChildren>(wait_any_until(Time::min())), "there is no child");
  suite.check(fails_with<NoChildren>(wait_any_until(Time::max())), "and nothing to wait for");
  for (const Time never : kNever) {
    std::atomic<bool> goes = false;
    auto child = spawn_process([&goes] {
      while (!goes) {
        this_thread::sleep_for(10us);
      }
      return 3;
    });
    suite.check(child.has_value(), "a child begins");
    for (const Time over : kOver) {
      suite.check(fails_with<TimedOut>(child->wait_until(over)), "it has not ended");
      suite.check(fails_with<TimedOut>(wait_until(child->id(), over)), "whoever asks");
      suite.check(fails_with<TimedOut>(wait_any_until(over)), "nor has any other");
    }
    for (const Duration nothing : {Duration::min(), Duration(-1ns), Duration::zero()}) {
      suite.check(fails_with<TimedOut>(child->wait_for(nothing)), "it has not ended yet");
      suite.check(fails_with<TimedOut>(wait_for(child->id(), nothing)), "for nobody");
    }
    goes = true;
    suite.check(wait_any_until(never).value_or(EndedProcess()).value == 3, "it ends");
    suite.check(fails_with<ProcessNotFound>(child->wait_for(Duration::max())), "once");
  }
  auto child = spawn_process([] { return 4; });
  suite.check(child && child->wait_for(Duration::max()).value_or(EndedProcess()).value == 4,
              "another one ends");
}

namespace {

// Whether that says that there is no process with this id.
template <class T>
bool finds_none(const std::expected<T, Error>& result, ProcessId id) {
  return !result && result.error() == Error(ProcessNotFound{id});
}

void ask_for_everything(Suite& suite, ProcessId id) {
  suite.check(finds_none(stop(id), id), "it is not stopped");
  suite.check(finds_none(resume(id), id), "nor does it go on");
  suite.check(finds_none(terminate(id), id), "nor is it ended");
  suite.check(finds_none(set_priority(id, PriorityLevel::kLow), id), "nor less important");
  suite.check(finds_none(info(id), id), "nothing is known of it");
  suite.check(finds_none(wait(id), id), "nobody waits for it");
  suite.check(finds_none(wait_for(id, 1h), id), "nor for a while");
  suite.check(finds_none(detach(id), id), "nor lets go of it");
}

}  // namespace

void no_such_processes(Suite& suite) {
  auto process = spawn_process([] {});
  suite.check(process.has_value(), "a process begins");
  const ProcessId gone = process->id();
  const auto has_terminated = [gone] {
    const auto seen = info(gone);
    return seen && seen->state == ProcessState::kTerminated;
  };
  while (!has_terminated()) {
    this_thread::sleep_for(10us);
  }
  // It has, but nobody has waited for it yet.
  suite.check(fails_with<InvalidProcessState>(stop(gone)), "it cannot be stopped any more");
  suite.check(fails_with<InvalidProcessState>(resume(gone)), "nor go on");
  suite.check(fails_with<InvalidProcessState>(terminate(gone)), "nor be ended");
  suite.check(process->wait().has_value(), "its end is told");
  const std::array ids = {gone, ProcessId{gone.index, gone.generation + 1}, ProcessId{},
                          ProcessId{4096, 0}, ProcessId{kFirstProcess.index, 1}};
  for (const ProcessId id : ids) {
    ask_for_everything(suite, id);
  }
  suite.check(fails_with<AccessDenied>(stop(kFirstProcess)), "the first one is not stopped");
  suite.check(fails_with<AccessDenied>(resume(kFirstProcess)), "nor resumed");
  suite.check(fails_with<AccessDenied>(terminate(kFirstProcess)), "nor ended");
  suite.check(fails_with<AccessDenied>(set_priority(kFirstProcess, PriorityLevel::kLow)),
              "nor made less important");
  suite.check(fails_with<NotAChild>(wait(kFirstProcess)), "nor is it anybody's child");
}

}  // namespace tb::test
