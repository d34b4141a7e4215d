// The policies as Linux's calls have them: what is asked for is had and told, new threads have it
// from who made them, and what cannot be is refused.
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstdint>
#include <ctime>
#include <thread>

#include "tests/image/suite.h"
#include "tests/standard_library_runtime/raw_call.h"

namespace {

using tb::test::raw_call;
using tb::test::Suite;

long set_policy(int policy, int priority) {
  return raw_call(SYS_sched_setscheduler, 0, policy, &priority);
}
long policy() { return raw_call(SYS_sched_getscheduler, 0); }
int priority() {
  int known = -1;
  return raw_call(SYS_sched_getparam, 0, &known) == 0 ? known : -1;
}
long set_nice(int nice) { return raw_call(SYS_setpriority, PRIO_PROCESS, 0, nice); }
long nice_value() { return 20 - raw_call(SYS_getpriority, PRIO_PROCESS, 0); }
long slice_ms() {
  timespec slice{};
  return raw_call(SYS_sched_rr_get_interval, 0, &slice) == 0 ? slice.tv_nsec / 1'000'000 : -1;
}

void have_each_policy(Suite& suite) {
  struct Case {
    const char* name;
    int policy;
    int priority;
    long slice_ms;
  };
  for (const Case& each :
       {Case{"batch", SCHED_BATCH, 0, 50}, Case{"idle", SCHED_IDLE, 0, 1},
        Case{"first in, first out", SCHED_FIFO, 50, 0}, Case{"round robin", SCHED_RR, 1, 100},
        Case{"ordinary", SCHED_OTHER, 0, 10}}) {
    suite.equal(set_policy(each.policy, each.priority), 0l, each.name);
    suite.equal(policy(), long{each.policy}, "the policy");
    suite.equal(priority(), each.priority, "the priority");
    suite.equal(slice_ms(), each.slice_ms, "the slice in ms");
  }
}

void change_the_priority_alone(Suite& suite) {
  suite.equal(set_policy(SCHED_FIFO, 7), 0l, "a policy");
  const int other = 8;
  suite.equal(raw_call(SYS_sched_setparam, 0, &other), 0l, "another priority");
  suite.equal(policy(), long{SCHED_FIFO}, "the policy");
  suite.equal(priority(), 8, "the priority");
  suite.equal(set_policy(SCHED_OTHER, 0), 0l, "as before");
}

void be_nice(Suite& suite) {
  suite.equal(set_nice(5), 0l, "a nice value");
  suite.equal(nice_value(), 5l, "it");
  suite.equal(set_policy(SCHED_BATCH, 0), 0l, "a policy that has nice values, too");
  suite.equal(nice_value(), 5l, "it stays");
  suite.equal(set_nice(-99), 0l, "one beyond the end");
  suite.equal(nice_value(), -20l, "is the last");
  suite.equal(set_policy(SCHED_IDLE, 0), 0l, "idle threads");
  suite.equal(set_nice(0), 0l, "may ask for another, as on Linux");
  suite.equal(nice_value(), 19l, "and keep the weakest");
  suite.equal(set_policy(SCHED_OTHER, 0), 0l, "as before");
  suite.equal(nice_value(), 0l, "the nice value");
  suite.equal(raw_call(SYS_getpriority, PRIO_PGRP, 0), long{-EINVAL}, "groups of processes");
}

void hand_it_on(Suite& suite) {
  suite.equal(set_policy(SCHED_RR, 42), 0l, "a policy");
  long inherited = -1;
  int its_priority = -1;
  std::thread([&] {
    inherited = policy();
    its_priority = priority();
  }).join();
  suite.equal(inherited, long{SCHED_RR}, "the policy of a thread that it makes");
  suite.equal(its_priority, 42, "its priority");
  suite.equal(set_policy(SCHED_OTHER, 0), 0l, "as before");
}

void make_one_of_another_policy(Suite& suite) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  const sched_param wanted{.sched_priority = 33};
  suite.equal(pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED), 0, "not as mine");
  suite.equal(pthread_attr_setschedpolicy(&attributes, SCHED_FIFO), 0, "a policy");
  suite.equal(pthread_attr_setschedparam(&attributes, &wanted), 0, "a priority");
  long its_priority = -1;
  pthread_t thread{};
  const int made = pthread_create(
      &thread, &attributes,
      [](void* seen) -> void* {
        *static_cast<long*>(seen) = policy() == SCHED_FIFO ? priority() : -1;
        return nullptr;
      },
      &its_priority);
  suite.equal(made, 0, "a thread with attributes of its own");
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  suite.equal(its_priority, 33l, "its priority");
}

// The kernel's, which the C library does not show.
struct Attributes {
  std::uint32_t size = sizeof(Attributes);
  std::uint32_t policy = 0;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0;
  std::uint64_t deadline = 0;
  std::uint64_t period = 0;
};

void be_a_deadline_thread(Suite& suite) {
  constexpr std::uint32_t kDeadline = 6;
  Attributes wanted{.policy = kDeadline, .runtime = 1'000'000, .deadline = 10'000'000};
  suite.equal(raw_call(SYS_sched_setattr, 0, &wanted, 0), 0l, "1 ms in 10");
  suite.equal(policy(), long{kDeadline}, "the policy");
  Attributes told;
  suite.equal(raw_call(SYS_sched_getattr, 0, &told, sizeof told, 0), 0l, "all of it");
  suite.equal(told.runtime, wanted.runtime, "the runtime");
  suite.equal(told.period, wanted.deadline, "the period, which was not given");
  long inherited = -1;
  std::thread([&] { inherited = policy(); }).join();
  suite.equal(inherited, long{SCHED_OTHER}, "what a thread that it makes is");
  wanted.runtime = 10'000'000;
  suite.equal(raw_call(SYS_sched_setattr, 0, &wanted, 0), long{-EBUSY}, "10 ms in 10");
  wanted.runtime = 11'000'000;
  suite.equal(raw_call(SYS_sched_setattr, 0, &wanted, 0), long{-EINVAL}, "11 ms in 10");
  wanted = {.policy = SCHED_BATCH, .nice = 3};
  suite.equal(raw_call(SYS_sched_setattr, 0, &wanted, 0), 0l, "another policy");
  suite.equal(nice_value(), 3l, "the nice value");
  suite.equal(set_policy(SCHED_OTHER, 0) + set_nice(0), 0l, "as before");
}

void refuse_what_cannot_be(Suite& suite) {
  suite.equal(set_policy(SCHED_OTHER, 1), long{-EINVAL}, "a priority of an ordinary thread");
  suite.equal(set_policy(SCHED_FIFO, 0), long{-EINVAL}, "a priority too low");
  suite.equal(set_policy(SCHED_RR, 100), long{-EINVAL}, "a priority too high");
  suite.equal(set_policy(SCHED_RR, 256 + 1), long{-EINVAL}, "a priority much too high");
  suite.equal(set_policy(77, 0), long{-EINVAL}, "a policy");
  suite.equal(raw_call(SYS_sched_getscheduler, -1), long{-EINVAL}, "a thread below zero");
  suite.equal(raw_call(SYS_sched_getscheduler, 999'999), long{-ESRCH}, "no thread");
  suite.equal(raw_call(SYS_sched_setscheduler, 0, SCHED_FIFO, nullptr), long{-EINVAL}, "nowhere");
}

}  // namespace

int main() {
  Suite suite;
  suite.test("each policy is had as it is asked for", have_each_policy);
  suite.test("the priority can be changed alone", change_the_priority_alone);
  suite.test("nice values", be_nice);
  suite.test("a new thread is scheduled as who makes it", hand_it_on);
  suite.test("a new thread has the policy of its attributes", make_one_of_another_policy);
  suite.test("Deadline threads", be_a_deadline_thread);
  suite.test("what cannot be is refused", refuse_what_cannot_be);
  return suite.status();
}
