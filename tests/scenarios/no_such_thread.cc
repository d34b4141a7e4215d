// Whatever is asked of a thread that is not there, or that may not be ended: the answer says so,
// and nothing else happens.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <variant>

#include "runtime/control/suspend.h"
#include "runtime/control/terminate.h"
#include "runtime/control/thread_info.h"
#include "tests/scenarios/control.h"
#include "tests/scenarios/crowd.h"
#include "tests/scenarios/fails_with.h"

namespace tb::test {
namespace {

using namespace std::chrono_literals;

// Whether that says that there is no thread with this id.
template <class T>
bool finds_nobody(const std::expected<T, Error>& result, ThreadId id) {
  return !result && result.error() == Error(ThreadNotFound{id});
}

// The same is said of one that has ended but is not joined.
void ask_for_everything(Suite& suite, ThreadId id) {
  suite.check(finds_nobody(suspend(id), id), "it is not suspended");
  suite.check(finds_nobody(resume(id), id), "nor does it go on");
  suite.check(finds_nobody(terminate(id), id), "nor is it ended");
  suite.check(finds_nobody(set_name(id, "nobody"), id), "nor named");
  suite.check(finds_nobody(set_affinity(id, CpuSet::only(CpuId{0})), id), "nor moved");
  suite.check(finds_nobody(set_scheduling(id, {.nice = 5}), id), "nor scheduled otherwise");
  suite.check(
      finds_nobody(
          set_scheduling(id, {.policy = SchedulingPolicy::kFifo, .priority = Priority{50}}), id),
      "nor urgently");
  suite.check(
      finds_nobody(set_scheduling(id, {.policy = SchedulingPolicy::kDeadline,
                                       .task = {.runtime = 10us, .deadline = 1ms, .period = 1ms}}),
                   id),
      "nor admitted");
  suite.check(finds_nobody(info(id), id), "nothing is known of it");
  suite.check(finds_nobody(name(id), id), "nor its name");
  suite.check(finds_nobody(affinity(id), id), "nor where it may run");
  suite.check(finds_nobody(scheduling(id), id), "nor how it is scheduled");
  suite.check(finds_nobody(statistics(id), id), "nor what it has had");
}

void let_go_of_nobody(Suite& suite, ThreadId id) {
  suite.check(finds_nobody(wake(id), id), "it is not woken");
  suite.check(finds_nobody(join(id), id), "nor joined");
  suite.check(finds_nobody(join_until(id, Time::min()), id), "not for a moment either");
  suite.check(finds_nobody(detach(id), id), "nor let go of");
}

// Parameters that are wrong for any thread may be told of first, or the thread; one of both is.
void ask_wrongly(Suite& suite, ThreadId id) {
  suite.check(fails_with<InvalidCpuSet>(set_affinity(id, CpuSet())) ||
                  fails_with<ThreadNotFound>(set_affinity(id, CpuSet())),
              "nobody runs nowhere");
  const SchedulingParameters wrong{.policy = SchedulingPolicy::kFifo};
  suite.check(fails_with<InvalidPriority>(set_scheduling(id, wrong)) ||
                  fails_with<ThreadNotFound>(set_scheduling(id, wrong)),
              "nobody is urgent without a priority");
}

}  // namespace

void no_such_threads(Suite& suite) {
  auto thread = spawn([] {});
  suite.check(thread.has_value(), "a thread begins");
  const ThreadId gone = thread->id();
  while (info(gone)) {
    this_thread::sleep_for(10us);
  }
  ask_for_everything(suite, gone);
  suite.check(thread->join().has_value(), "it can be joined all the same");
  const std::array ids = {
      gone,
      ThreadId{gone.index, gone.generation + 1},
      ThreadId{gone.index, gone.generation - 1},
      ThreadId{},
      ThreadId{1'000'000, 0},
      ThreadId{0xffffffff, 0xffffffff},
      ThreadId{this_thread::id().index, this_thread::id().generation + 1},
  };
  for (const ThreadId id : ids) {
    ask_for_everything(suite, id);
    let_go_of_nobody(suite, id);
    ask_wrongly(suite, id);
  }
}

// The first thread is ended by nobody, and goes on undisturbed; nor is oneself.
void not_terminable(Suite& suite) {
  ThreadId main;
  for (const ThreadInfo& thread : tb::threads()) {
    main = thread.name == "main" ? thread.id : main;
  }
  suite.check(main != ThreadId(), "there is a first thread");
  Crowd crowd(suite);
  for (int i = 0; i < 3; ++i) {
    crowd.spawn([&suite, main] {
      const auto told = terminate(main);
      suite.check(!told && told.error() == Error(NotTerminable{main}), "it is not ended");
      const ThreadId self = this_thread::id();
      const auto myself = terminate(self);
      suite.check(!myself && myself.error() == Error(NotTerminable{self}), "nor is oneself");
      this_thread::end_point();
      this_thread::sleep_for(1us);
    });
  }
  crowd.join();
  this_thread::end_point();
  this_thread::sleep_for(1us);
  suite.check(info(main).has_value(), "it is there");
}

}  // namespace tb::test
