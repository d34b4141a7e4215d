// Deadline threads: what is admitted and what is not, what an overrun costs, who is told of a miss;
// and what a real-time thread that runs away leaves to the others.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <variant>

#include "runtime/console.h"
#include "runtime/scheduling.h"
#include "runtime/thread.h"
#include "tests/image/suite.h"

namespace {

using namespace std::chrono_literals;
using tb::CpuId;
using tb::CpuSet;
using tb::Duration;
using tb::SchedulingParameters;
using tb::SchedulingPolicy;
using tb::SpawnOptions;
using tb::test::Suite;

const CpuSet kHere = CpuSet::only(CpuId{0});

SchedulingParameters every(Duration period, Duration runtime) {
  return {.policy = SchedulingPolicy::kDeadline, .task = {runtime, period, period}};
}

void run_jobs(Suite& suite) {
  constexpr int kJobs = 10;
  int jobs = 0;
  Duration taken{};
  auto thread = tb::spawn(
      [&] {
        const tb::Time begin = tb::now();
        for (; jobs < kJobs; ++jobs) {
          tb::this_thread::yield();
        }
        taken = tb::now() - begin;
      },
      SpawnOptions{.scheduling = every(10ms, 2ms)});
  suite.check(thread.has_value(), "it is admitted");
  suite.check(thread->join().has_value(), "it ends");
  suite.equal(jobs, kJobs, "jobs");
  suite.check(taken >= 90ms, "each begins with its period");
}

void refuse_what_does_not_fit(Suite& suite) {
  const auto parks = [] { tb::this_thread::park(); };
  auto first = tb::spawn(parks, SpawnOptions{.affinity = kHere, .scheduling = every(10ms, 5ms)});
  suite.check(first.has_value(), "half of a CPU");
  const auto second =
      tb::spawn(parks, SpawnOptions{.affinity = kHere, .scheduling = every(10ms, 5ms)});
  suite.check(!second && std::holds_alternative<tb::NotAdmitted>(second.error()),
              "another half, when 95 % are for all");
  suite.equal(std::get<tb::NotAdmitted>(second.error()).free, 450'000U, "millionths that are free");
  tb::println("{}", second.error());
  auto third = tb::spawn(parks, SpawnOptions{.affinity = kHere, .scheduling = every(20ms, 9ms)});
  suite.check(third.has_value(), "what is left");
  suite.check(!tb::set_scheduling(tb::this_thread::id(), every(1s, 1ms)), "nothing is left");
  static_cast<void>(tb::wake(first->id()));
  suite.check(first->join().has_value(), "it ends");
  suite.check(tb::set_scheduling(tb::this_thread::id(), every(1s, 1ms)).has_value(),
              "now there is");
  suite.check(tb::set_scheduling(tb::this_thread::id(), {}).has_value(), "and is given back");
  static_cast<void>(tb::wake(third->id()));
  suite.check(third->join().has_value(), "it ends");
}

void give_back_what_was_promised(Suite& suite) {
  for (int i = 0; i < 100; ++i) {
    auto thread = tb::spawn([] {}, SpawnOptions{.affinity = kHere, .scheduling = every(10ms, 9ms)});
    suite.check(thread.has_value() && thread->join(), "nine tenths, again and again");
  }
}

void change_what_was_promised(Suite& suite) {
  auto thread = tb::spawn([] { tb::this_thread::park(); },
                          SpawnOptions{.affinity = kHere, .scheduling = every(10ms, 9ms)});
  suite.check(tb::set_scheduling(thread->id(), every(10ms, 8ms)).has_value(), "less");
  suite.check(tb::set_scheduling(thread->id(), every(10ms, 9ms)).has_value(),
              "and more, beside nobody but itself");
  suite.check(!tb::set_scheduling(thread->id(), every(10ms, 10ms)), "too much");
  suite.check(tb::scheduling(thread->id()) == every(10ms, 9ms), "then it stays as it was");
  suite.check(tb::affinity(thread->id()) == kHere, "where it may be admitted");
  static_cast<void>(tb::wake(thread->id()));
  suite.check(thread->join().has_value(), "it ends");
}

// First fit: what CPU 0 cannot serve, CPU 1 does; who is sent elsewhere is admitted there.
void use_several_cpus(Suite& suite) {
  if (tb::cpu_count() < 2) {
    const auto nowhere = tb::set_affinity(tb::this_thread::id(), CpuSet::only(CpuId{1}));
    suite.check(!nowhere, "there is one CPU");
    return;
  }
  const auto play = [](std::atomic<std::uint32_t>* cpu) {
    *cpu = index_of(tb::this_thread::cpu());
    tb::this_thread::park();
    *cpu = index_of(tb::this_thread::cpu());
  };
  std::atomic<std::uint32_t> cpu_of_first = 99;
  std::atomic<std::uint32_t> cpu_of_second = 99;
  const SpawnOptions options{.scheduling = every(10ms, 6ms)};
  auto first = tb::spawn(play, &cpu_of_first, options);
  auto second = tb::spawn(play, &cpu_of_second, options);
  suite.check(first && second, "both are admitted");
  while (cpu_of_first == 99 || cpu_of_second == 99) {
    tb::this_thread::sleep_for(1ms);
  }
  suite.equal(cpu_of_first.load(), 0U, "the first one's CPU");
  suite.equal(cpu_of_second.load(), 1U, "the second one's CPU");
  suite.check(!tb::set_affinity(second->id(), kHere), "CPU 0 has no room for both");
  suite.check(tb::affinity(second->id())->contains(CpuId{1}), "so it stays");
  const CpuId last{tb::cpu_count() - 1};
  suite.check(tb::set_affinity(first->id(), CpuSet::only(last)).has_value() || tb::cpu_count() == 2,
              "the last CPU has");
  static_cast<void>(tb::wake(first->id()));
  static_cast<void>(tb::wake(second->id()));
  suite.check(first->join() && second->join(), "they end");
  if (tb::cpu_count() > 2) {
    suite.equal(cpu_of_first.load(), index_of(last), "it has gone there");
  }
  suite.equal(cpu_of_second.load(), 1U, "the other one stays");
}

std::atomic<std::uint64_t> misses = 0;
std::atomic<bool> is_in_order = true;

// It asks for all, and is given what it was admitted for; the others get the rest.
void contain_an_overrun(Suite& suite) {
  std::atomic<bool> over = false;
  tb::ThreadStatistics statistics{};
  SchedulingParameters parameters = every(10ms, 2ms);
  parameters.on_miss = [](const tb::DeadlineMiss& miss) {
    ++misses;
    is_in_order = is_in_order && miss.seen >= miss.deadline;
  };
  auto greedy = tb::spawn(
      [&] {
        while (!over) {
        }
        statistics = tb::this_thread::statistics();
      },
      SpawnOptions{.affinity = kHere, .scheduling = parameters});
  suite.check(greedy.has_value(), "a fifth of the CPU");
  const tb::Time begin = tb::now();
  std::uint64_t rounds = 0;
  while (tb::now() < begin + 300ms) {
    ++rounds;
  }
  const Duration passed = tb::now() - begin;
  over = true;
  suite.check(greedy->join().has_value(), "it ends");
  suite.check(rounds > 0, "others get on");
  suite.check(statistics.cpu_time < passed / 2, "it has had about a fifth");
  suite.check(statistics.deadline_misses >= 1 && misses >= statistics.deadline_misses,
              "its handler was told each time");
  suite.check(is_in_order, "of what there was");
}

// By default 5 % of a CPU are for those who are no real-time threads.
void survive_a_runaway(Suite& suite) {
  std::atomic<bool> over = false;
  auto runaway = tb::spawn(
      [&over] {
        while (!over) {
        }
      },
      SpawnOptions{
          .affinity = kHere,
          .scheduling = {.policy = SchedulingPolicy::kFifo, .priority = tb::Priority{99}}});
  tb::this_thread::sleep_for(10ms);
  over = true;
  suite.check(runaway->join().has_value(), "a Normal thread on its CPU has ended it");
}

void refuse_what_is_no_task(Suite& suite) {
  for (const tb::PeriodicTask& task :
       {tb::PeriodicTask{0ms, 1ms, 1ms}, {2ms, 1ms, 3ms}, {1ms, 3ms, 2ms}, {-1ms, 1ms, 1ms}}) {
    const SchedulingParameters wanted{.policy = SchedulingPolicy::kDeadline, .task = task};
    const auto done = tb::set_scheduling(tb::this_thread::id(), wanted);
    suite.check(!done && std::holds_alternative<tb::InvalidTask>(done.error()), "no task");
    tb::println("{}", done.error());
  }
}

}  // namespace

int main() {
  tb::expects(tb::set_affinity(tb::this_thread::id(), kHere).has_value(), "CPU 0 exists");
  Suite suite;
  suite.test("a Deadline thread runs a job in each period", run_jobs);
  suite.test("what does not fit is refused", refuse_what_does_not_fit);
  suite.test("what was promised is given back at the end", give_back_what_was_promised);
  suite.test("what was promised can be changed", change_what_was_promised);
  suite.test("several CPUs are used", use_several_cpus);
  suite.test("an overrun is contained", contain_an_overrun);
  suite.test("a runaway real-time thread leaves something to the others", survive_a_runaway);
  suite.test("what is no task is refused", refuse_what_is_no_task);
  return suite.status();
}
