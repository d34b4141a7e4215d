// Parents and children: their beginnings and ends, by themselves and by force.
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <vector>

#include "runtime/no_termination.h"
#include "runtime/process/process.h"
#include "runtime/process/process_control.h"
#include "runtime/process/process_info.h"
#include "runtime/process/stoppable_wait.h"
#include "runtime/sync/stop_token.h"
#include "runtime/sync/timer.h"
#include "tests/scenarios/crowd.h"
#include "tests/scenarios/processes.h"

namespace tb::test {
namespace {

using namespace std::chrono_literals;

std::uint32_t count_processes() {
  std::uint32_t count = 0;
  for (const ProcessInfo& process : processes()) {
    count += process.state != ProcessState::kTerminated ? 1 : 0;
  }
  return count;
}

// For what comes soon, though nobody tells of it; else the scenario would hang. A busy host can
// keep a CPU of an emulated machine waiting.
template <class Holds>
void expect_soon(Suite& suite, Holds holds, std::string_view what) {
  const Time end = now() + 30s;
  while (!holds() && now() < end) {
    this_thread::sleep_for(50us);
  }
  suite.check(holds(), what);
}

[[noreturn]] void sleep_for_ever() {
  for (;;) {
    this_thread::sleep_for(1h);
  }
}

// Who waits no longer can wait again.
void give_up_waiting(Suite& suite) {
  std::atomic<bool> goes = false;
  auto sleeper = spawn_process([&goes] {
    while (!goes) {
      this_thread::sleep_for(20us);
    }
  });
  suite.check(fails_with<TimedOut>(sleeper->wait_for(10us)), "it has not ended yet");
  suite.check(fails_with<TimedOut>(wait_any_for(10us)), "nobody else either");
  StopSource source;
  auto asker = spawn([&source] {
    this_thread::sleep_for(10us);
    source.request_stop();
  });
  suite.check(fails_with<StopRequested>(wait(*sleeper, source.get_token())), "it is to stop");
  suite.check(fails_with<StopRequested>(wait(sleeper->id(), source.get_token())), "it still is");
  suite.check(fails_with<StopRequested>(wait_any(source.get_token())), "whoever would end");
  auto stranger = spawn_process(
      [](ProcessId id) { return fails_with<NotAChild>(wait(id)) ? 1 : 0; }, sleeper->id());
  suite.check(stranger->wait().value_or(EndedProcess()).value == 1, "brothers do not wait");
  goes = true;
}

}  // namespace

void children(Suite& suite) {
  constexpr int kChildren = 12;
  suite.check(fails_with<NoChildren>(wait_any()), "there is no child yet");
  std::vector<Process> all;
  for (int i = 0; i < kChildren; ++i) {
    auto child = spawn_process(
        [](int value) {
          // The process's end is the last one's.
          auto other = spawn([] { this_thread::sleep_for(20us); });
          static_cast<void>(other->detach());
          return value;
        },
        100 + i, ProcessOptions{.name = "child"});
    suite.check(child.has_value(), "a child begins");
    if (child) {
      all.push_back(std::move(*child));
    }
  }
  // One by its id, one by its handle, the others as they come.
  const ProcessId first = all[0].id();
  const auto ended = wait(first);
  suite.check(ended == EndedProcess{.id = first, .end = ProcessEnd::kExited, .value = 100},
              "the value of the one that is named");
  suite.check(fails_with<ProcessNotFound>(all[0].wait()), "it is told once");
  suite.check(all[1].wait().value_or(EndedProcess()).value == 101, "the value by the handle");
  suite.check(all[2].detach().has_value(), "nobody waits for it");
  suite.check(
      fails_with<NotAChild>(wait(all[2].id())) || fails_with<ProcessNotFound>(wait(all[2].id())),
      "who has let go of a child does not wait for it");
  int sum = 0;
  for (int i = 3; i < kChildren; ++i) {
    sum += wait_any().value_or(EndedProcess()).value;
  }
  suite.equal(sum, 9 * 107, "values of the others");
  suite.check(fails_with<NoChildren>(wait_any()), "that were all");
  give_up_waiting(suite);
  // The handle has waited at the end of its scope.
  suite.check(fails_with<NoChildren>(wait_any()), "no child is left");
  all.clear();
  expect_soon(suite, [] { return count_processes() == 1; }, "only the first process is there");
}

void orphans(Suite& suite) {
  std::atomic<std::uint32_t> ended = 0;
  constexpr std::uint32_t kGrandchildren = 5;
  ProcessId grandchild;
  auto parent = spawn_process([&] {
    for (std::uint32_t i = 0; i < kGrandchildren; ++i) {
      auto child = spawn_process([&ended, i] {
        // Some end before their parent does: nobody has waited for them.
        this_thread::sleep_for(i % 2 == 0 ? 5us : 500us);
        ++ended;
      });
      suite.check(child.has_value(), "a grandchild begins");
      grandchild = child->id();
      // Its handle would wait for it.
      alignas(Process) std::array<std::byte, sizeof(Process)> never_destroyed;
      new (never_destroyed.data()) Process(std::move(*child));
    }
    this_thread::sleep_for(100us);
    const auto seen = info(this_process::id());
    suite.check(seen.has_value() && seen->children == kGrandchildren, "they are its children");
  });
  suite.check(parent->wait().has_value(), "their parent has ended");
  suite.check(fails_with<NoChildren>(wait_any()), "they are not the caller's to wait for");
  expect_soon(suite, [] { return count_processes() == 1; }, "they have ended on their own");
  suite.equal(ended.load(), kGrandchildren, "grandchildren that ended");
  suite.check(fails_with<ProcessNotFound>(info(grandchild)), "nothing is kept of them");
}

namespace {

// The next child, if it has the record that `id` had, is stopped before its main thread has begun,
// or soon after, and stands still all the same. Returns whether it had; `id` is its own then.
bool stop_at_birth(Suite& suite, ProcessId& id, Duration lead) {
  const ProcessId next{id.index, id.generation + 1};
  std::atomic<std::uint32_t> turns = 0;
  std::atomic<bool> may_end = false;
  Crowd crowd(suite);
  crowd.spawn([&] {
    while (!may_end && !stop(next)) {
      this_thread::yield();
    }
    this_thread::sleep_for(40us);
    const std::uint32_t then = turns;
    this_thread::sleep_for(20us);
    suite.check(may_end || turns == then, "it takes no turns when it was stopped");
    may_end = true;
    static_cast<void>(resume(next));
  });
  spend(lead);
  auto child = spawn_process([&] {
    while (!may_end) {
      ++turns;
      spend(1us);
    }
  });
  suite.check(child.has_value(), "the next child begins");
  id = child->id();
  may_end = may_end || id != next;
  suite.check(child->wait().has_value(), "it ends");
  return id == next;
}

// A record is used anew at once, unless another one has just become free.
void stop_many_at_birth(Suite& suite) {
  constexpr int kBirths = 60;
  Random random(7);
  auto first = spawn_process([] {});
  suite.check(first.has_value(), "a child begins");
  ProcessId id = first->id();
  suite.check(first->wait().has_value(), "it ends");
  int foreseen = 0;
  for (int birth = 0; birth < kBirths; ++birth) {
    foreseen += stop_at_birth(suite, id, Duration(random.below(4'000))) ? 1 : 0;
  }
  suite.check(foreseen >= kBirths / 2, "most were stopped");
}

// Who is not ended yet makes no threads any more, nor processes.
void make_others_when_told(Suite& suite) {
  std::atomic<bool> stays = false;
  std::atomic<bool> is_told = false;
  std::atomic<bool> has_tried = false;
  auto maker = spawn_process([&] {
    const NoTermination guard;
    stays = true;
    while (!is_told) {
      this_thread::yield();
    }
    auto thread = spawn([] {});
    suite.check(fails_with<InvalidProcessState>(thread), "it makes no thread");
    suite.check(fails_with<InvalidProcessState>(spawn_process([] {})), "nor a process");
    has_tried = true;
  });
  suite.check(maker.has_value(), "a process begins");
  expect_soon(suite, [&] { return stays.load(); }, "it stays for a while");
  suite.check(terminate(maker->id()).has_value(), "it is told to end");
  is_told = true;
  suite.check(maker->wait().has_value() && has_tried, "it has tried, and ended");
}

// A timer's thread is one of the process.
void end_with_a_timer(Suite& suite) {
  const Time begin = now();
  std::atomic<bool> has_timer = false;
  auto timed = spawn_process([&has_timer] {
    const auto timer = Timer::after(1h, [] {});
    has_timer = timer.has_value();
    sleep_for_ever();
  });
  suite.check(timed.has_value(), "a process begins");
  expect_soon(suite, [&] { return has_timer.load(); }, "it has a timer");
  suite.check(terminate(timed->id()).has_value(), "it is told to end");
  suite.check(timed->wait().has_value(), "so is the thread of its timer");
  suite.check(now() < begin + 1h, "and neither waits for the call");
}

}  // namespace

void stopped_processes(Suite& suite) {
  stop_many_at_birth(suite);
  std::atomic<bool> ends = false;
  std::atomic<std::uint32_t> made = 0;
  const auto work = [&made] {
    for (int turn = 0; turn < 20; ++turn) {
      ++made;
      spend(2us);
    }
  };
  const auto make_others = [&] {
    while (!ends) {
      auto other = spawn([&work] {
        auto third = spawn(work);
        work();
      });
      this_thread::sleep_for(3us);
    }
  };
  auto process = spawn_process([&] {
    Crowd crowd(suite);
    for (int i = 0; i < 4; ++i) {
      crowd.spawn(make_others);
    }
    crowd.join();
  });
  suite.check(process.has_value(), "a process begins");
  for (int round = 0; round < 10; ++round) {
    const std::uint32_t before = made;
    expect_soon(suite, [&] { return made > before; }, "it makes threads");
    suite.check(stop(process->id()).has_value(), "it is stopped");
    const std::uint32_t then = made;
    suite.check(info(process->id())->state == ProcessState::kStopped, "it says so");
    this_thread::sleep_for(60us);
    suite.equal(made.load(), then, "turns of its threads when it was stopped and later");
    suite.check(stop(process->id()).has_value(), "to stop it once more is nothing");
    suite.check(resume(process->id()).has_value(), "it goes on");
  }
  ends = true;
  suite.check(process->wait().has_value(), "it ends");
  auto stopping = spawn_process(
      [&] { suite.check(stop(this_process::id()).has_value(), "one may stop its own process"); });
  suite.check(stopping.has_value(), "a process begins");
  expect_soon(
      suite, [&] { return info(stopping->id())->state == ProcessState::kStopped; }, "it stops");
  suite.check(resume(stopping->id()).has_value(), "it goes on");
  suite.check(stopping->wait().has_value(), "it ends");
}

void ended_processes(Suite& suite) {
  make_others_when_told(suite);
  end_with_a_timer(suite);
  constexpr int kRounds = 6;
  for (int round = 0; round < kRounds; ++round) {
    std::atomic<std::uint32_t> begun = 0;
    auto process = spawn_process([&] {
      for (int i = 0; i < 3; ++i) {
        // One that is told to end makes none.
        auto thread = spawn([&] {
          auto child = spawn_process([&] {
            auto grandchild = spawn_process([&] {
              ++begun;
              sleep_for_ever();
            });
            ++begun;
            for (;;) {
              this_thread::yield();
            }
          });
          ++begun;
          this_thread::park();
          sleep_for_ever();
        });
        if (thread) {
          static_cast<void>(thread->detach());
        }
      }
      for (;;) {
        spend(1us);
        this_thread::sleep_for(1us);
      }
    });
    suite.check(process.has_value(), "a process begins");
    // Anywhere in the midst of their beginnings, or later.
    this_thread::sleep_for(Duration(round * 20'000));
    if (round % 2 == 0) {
      suite.check(stop(process->id()).has_value(), "it is stopped before");
    }
    suite.check(terminate(process->id()).has_value(), "it is told to end");
    suite.check(fails_with<InvalidProcessState>(stop(process->id())) ||
                    fails_with<ProcessNotFound>(stop(process->id())),
                "from then on it cannot be stopped");
    const auto ended = process->wait();
    suite.check(ended.has_value() && ended->end == ProcessEnd::kTerminated, "it has ended");
    expect_soon(suite, [] { return count_processes() == 1; }, "so have its descendants");
  }
  auto leaver = spawn_process([] {
    auto other = spawn(sleep_for_ever);
    this_thread::sleep_for(5us);
    this_process::exit(7);
  });
  suite.check(leaver->wait() == EndedProcess{.id = leaver->id(), .value = 7},
              "who exits ends its other threads");
}

namespace {

// A few processes of which one after the other ends and begins, while others ask for something.
class Turmoil {
 public:
  // Something of any of them.
  void ask(Random& random) {
    const ProcessId id = id_at(random.below(kSlots));
    switch (random.below(4)) {
      case 0:
        static_cast<void>(stop(id));
        static_cast<void>(resume(id));
        break;
      case 1:
        static_cast<void>(terminate(id));
        break;
      case 2:
        static_cast<void>(set_priority(id, PriorityLevel::kLow));
        break;
      default:
        static_cast<void>(info(id));
    }
    ++asked_;
  }

  // From its beginning to its end.
  void live(Suite& suite, std::uint32_t number) {
    auto process = spawn_process([] {
      for (int k = 0; k < 3; ++k) {
        // One that is told to end makes none.
        if (auto member = spawn(be_busy)) {
          static_cast<void>(member->detach());
        }
      }
      this_thread::sleep_for(10us);
    });
    suite.check(process.has_value(), "a process begins");
    ids_[number % kSlots] = std::uint64_t{process->id().generation} << 32 | process->id().index;
    // A stop that came last would last.
    while (!process->wait_for(200us)) {
      static_cast<void>(resume(process->id()));
    }
  }

  std::uint32_t asked() const { return asked_; }

 private:
  static constexpr std::uint32_t kSlots = 3;

  static void be_busy() {
    for (int turn = 0; turn < 10; ++turn) {
      spend(1us);
      this_thread::sleep_for(1us);
    }
  }

  ProcessId id_at(std::uint32_t slot) const {
    const std::uint64_t packed = ids_[slot];
    return {static_cast<std::uint32_t>(packed), static_cast<std::uint32_t>(packed >> 32)};
  }

  std::array<std::atomic<std::uint64_t>, kSlots> ids_{};
  std::atomic<std::uint32_t> asked_ = 0;
};

}  // namespace

void processes_at_once(Suite& suite) {
  constexpr std::uint32_t kProcesses = 25;
  Turmoil turmoil;
  std::atomic<bool> ends = false;
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < 3; ++i) {
    crowd.spawn([&turmoil, &ends, i] {
      Random random(i);
      while (!ends) {
        turmoil.ask(random);
        this_thread::sleep_for(2us);
      }
    });
  }
  for (std::uint32_t i = 0; i < kProcesses; ++i) {
    turmoil.live(suite, i);
  }
  ends = true;
  crowd.join();
  suite.check(turmoil.asked() > kProcesses, "others have asked meanwhile");
  suite.check(fails_with<NoChildren>(wait_any()), "each was waited for");
}

}  // namespace tb::test
