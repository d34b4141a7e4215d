// Scenarios that must fail: that the simulator and its rules notice is tested with these.
#include <vector>

#include "arch/sim/simulator.h"
#include "base/assert.h"
#include "runtime/dispatch.h"
#include "runtime/memory/frame_allocator.h"
#include "runtime/thread.h"
#include "runtime/thread_table.h"
#include "tests/simulator/scenario_list.h"

namespace tb::simulator {
namespace {

using test::Suite;

void park_for_ever(Suite&) {
  for (;;) {
    this_thread::park();
  }
}

void never_end(Suite&) {
  for (;;) {
    this_thread::yield();
  }
}

void break_a_promise(Suite&) { expects(false, "this is planted"); }

void read_nowhere(Suite&) { static_cast<void>(*reinterpret_cast<volatile int*>(kPageSize)); }

void lose_a_frame(Suite&) { static_cast<void>(frames().allocate()); }

// Its state says that it runs, and no CPU runs it.
void lose_a_thread(Suite& suite) {
  using sched::ThreadState;
  auto thread = spawn([] { this_thread::park(); });
  suite.check(thread.has_value(), "a thread begins");
  this_thread::sleep_for(std::chrono::milliseconds(1));
  ThreadRecord& record = *thread_table().find(thread->id().index);
  record.state.transition(ThreadState::kParked, ThreadState::kReady, kNoCpu);
  record.state.transition(ThreadState::kReady, ThreadState::kRunning, kNoCpu);
  for (;;) {
    this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void fail_a_check(Suite& suite) { suite.check(false, "this is planted"); }

}  // namespace

std::vector<test::Scenario> planted_scenarios() {
  return {
      {"planted-deadlock", "", park_for_ever},    {"planted-endless", "", never_end},
      {"planted-assertion", "", break_a_promise}, {"planted-crash", "", read_nowhere},
      {"planted-lost-frame", "", lose_a_frame},   {"planted-lost-thread", "", lose_a_thread},
      {"planted-check", "", fail_a_check},
  };
}

}  // namespace tb::simulator
