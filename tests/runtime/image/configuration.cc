// An application that says how it wants to be scheduled, and a command line that says more.
#include <atomic>
#include <chrono>
#include <variant>
#include <vector>

#include "runtime/cpu.h"
#include "runtime/options.h"
#include "runtime/preemption.h"
#include "runtime/thread.h"
#include "tests/image/suite.h"

tb::Options tb::wanted_options() {
  return {.cpus = 2,
          .scheduler = {.fair = {.algorithm = tb::sched::FairAlgorithm::kAging,
                                 .quantum = std::chrono::milliseconds(2)}}};
}

namespace {

using namespace std::chrono_literals;
using tb::CpuId;
using tb::CpuSet;
using tb::test::Suite;

void take_what_is_wanted(Suite& suite) {
  const tb::Options& options = tb::options();
  suite.equal(tb::cpu_count(), 2U, "CPUs of those that the machine has");
  suite.check(options.scheduler.fair.algorithm == tb::sched::FairAlgorithm::kAging, "algorithm");
  suite.check(options.scheduler.fair.quantum == 3ms, "the command line goes over it");
}

void refuse_affinities(Suite& suite) {
  const CpuSet one = CpuSet::only(CpuId{1});
  const auto fails = [](const auto& result) {
    return !result && std::holds_alternative<tb::AffinityIsOff>(result.error());
  };
  suite.check(fails(tb::set_affinity(tb::this_thread::id(), one)), "of a thread that runs");
  suite.check(fails(tb::spawn([] {}, tb::SpawnOptions{.affinity = one})), "of a new one");
  suite.check(tb::set_affinity(tb::this_thread::id(), CpuSet::everywhere()).has_value(),
              "everywhere is where all may run");
}

CpuId here() {
  const tb::PreemptionGuard guard;
  return tb::this_cpu().scheduler.id();
}

void stay_apart(Suite& suite) {
  for (const CpuId cpu : {CpuId{0}, CpuId{1}}) {
    std::atomic<int> elsewhere = 0;
    std::vector<tb::Thread> threads;
    for (int i = 0; i < 6; ++i) {
      threads.push_back(*tb::spawn(
          [&elsewhere, cpu] {
            for (int turn = 0; turn < 200; ++turn) {
              elsewhere += here() != cpu ? 1 : 0;
              tb::this_thread::sleep_for(100us);
            }
          },
          tb::SpawnOptions{.cpu = cpu}));
    }
    for (tb::Thread& thread : threads) {
      suite.check(thread.join().has_value(), "it ends");
    }
    suite.equal(elsewhere.load(), 0, "turns elsewhere");
  }
}

}  // namespace

int main() {
  Suite suite;
  suite.test("the application's wishes are taken, and the words over them", take_what_is_wanted);
  suite.test("no thread is kept to a CPU", refuse_affinities);
  suite.test("threads stay on the CPU where they began", stay_apart);
  return suite.status();
}
