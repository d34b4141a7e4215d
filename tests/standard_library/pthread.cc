// POSIX threads as C++ does not show them: attributes, names, CPUs, scheduling, the ways to join
// one, and the ways in which one ends before its function does.
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string>

#include "tests/standard_library/check.h"

namespace {

using tb::test::check;

constexpr std::size_t kKiB = 1024;

timespec from_now(clockid_t clock, long milliseconds) {
  timespec time{};
  clock_gettime(clock, &time);
  const long nanoseconds = time.tv_nsec + milliseconds * 1'000'000;
  return {time.tv_sec + nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
}

// A gate that threads wait at, so that they live while they are looked at.
class Gate {
 public:
  Gate() { sem_init(&semaphore_, 0, 0); }
  ~Gate() { sem_destroy(&semaphore_); }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  void open() { sem_post(&semaphore_); }
  void wait() {
    while (sem_wait(&semaphore_) != 0) {
    }
  }

 private:
  sem_t semaphore_;
};

void* wait_at(void* gate) {
  static_cast<Gate*>(gate)->wait();
  return gate;
}

// Writes to every page of about so many bytes of its stack.
[[gnu::noinline]] void* use_stack(void* argument) {
  const auto bytes = reinterpret_cast<std::uintptr_t>(argument);
  auto* const room = static_cast<volatile char*>(__builtin_alloca(bytes));
  std::uintptr_t pages = 0;
  for (std::uintptr_t at = 0; at < bytes; at += 4 * kKiB) {
    room[at] = 1;
    pages += static_cast<std::uintptr_t>(room[at]);
  }
  return reinterpret_cast<void*>(pages);
}

void choose_stacks() {
  for (const std::size_t size : {64 * kKiB, 16 * 1024 * kKiB}) {
    pthread_attr_t attributes;
    check(pthread_attr_init(&attributes) == 0, "attributes");
    check(pthread_attr_setstacksize(&attributes, size) == 0, "the size is possible");
    pthread_t thread{};
    const std::size_t used = size / 4 * 3;
    check(pthread_create(&thread, &attributes, use_stack, reinterpret_cast<void*>(used)) == 0,
          "a thread with that stack");
    void* pages = nullptr;
    check(pthread_join(thread, &pages) == 0, "which can be joined");
    std::printf("%zu KiB of stack: %zu pages used\n", size / kKiB,
                reinterpret_cast<std::size_t>(pages));
    pthread_attr_destroy(&attributes);
  }
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  check(pthread_attr_setstacksize(&attributes, 1) == EINVAL, "too small a stack");
}

void detach() {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  check(pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0, "detached");
  Gate gates[2];
  pthread_t thread{};
  const auto body = [](void* gates_of_it) -> void* {
    static_cast<Gate*>(gates_of_it)[0].wait();
    static_cast<Gate*>(gates_of_it)[1].open();
    return nullptr;
  };
  check(pthread_create(&thread, &attributes, body, gates) == 0, "a detached thread");
  check(pthread_join(thread, nullptr) == EINVAL, "which nobody can join");
  gates[0].open();
  gates[1].wait();
  check(pthread_join(pthread_self(), nullptr) == EDEADLK, "nor can one join oneself");
}

void name_threads() {
  Gate gate;
  pthread_t other{};
  pthread_create(&other, nullptr, wait_at, &gate);
  char name[16];
  check(pthread_setname_np(pthread_self(), "first") == 0, "a name of one's own");
  check(pthread_getname_np(pthread_self(), name, sizeof name) == 0, "which can be asked for");
  std::printf("own name: %s, ", name);
  check(pthread_setname_np(other, "fifteen letters") == 0, "a name for another");
  check(pthread_getname_np(other, name, sizeof name) == 0, "which can be asked for");
  std::printf("another's: %s\n", name);
  check(pthread_setname_np(other, "sixteen letters!") == ERANGE, "too long a name");
  check(pthread_getname_np(other, name, 3) == ERANGE, "too little room for it");
  gate.open();
  check(pthread_join(other, nullptr) == 0, "the thread ended");
}

void find_stacks() {
  pthread_t thread{};
  const auto body = [](void*) -> void* {
    pthread_attr_t attributes;
    check(pthread_getattr_np(pthread_self(), &attributes) == 0, "attributes of a living thread");
    void* lowest = nullptr;
    std::size_t size = 0;
    check(pthread_attr_getstack(&attributes, &lowest, &size) == 0, "its stack");
    const auto here = reinterpret_cast<std::uintptr_t>(&size);
    const auto begin = reinterpret_cast<std::uintptr_t>(lowest);
    check(here >= begin && here < begin + size, "a local variable is inside");
    int state = -1;
    check(pthread_attr_getdetachstate(&attributes, &state) == 0, "whether it is detached");
    check(state == PTHREAD_CREATE_JOINABLE && size >= 16 * kKiB, "it is not, and has room");
    pthread_attr_destroy(&attributes);
    return nullptr;
  };
  pthread_create(&thread, nullptr, body, nullptr);
  pthread_join(thread, nullptr);
}

// Only the CPUs that the program may use at all.
void choose_cpus() {
  cpu_set_t all;
  check(pthread_getaffinity_np(pthread_self(), sizeof all, &all) == 0, "the CPUs of a thread");
  check(CPU_COUNT(&all) >= 1, "there is one");
  Gate gate;
  pthread_t other{};
  pthread_create(&other, nullptr, wait_at, &gate);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &all)) {
      continue;
    }
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    check(pthread_setaffinity_np(pthread_self(), sizeof one, &one) == 0, "one CPU only");
    check(sched_getcpu() == cpu, "it is the one that executes this");
    cpu_set_t seen;
    check(pthread_getaffinity_np(pthread_self(), sizeof seen, &seen) == 0 && CPU_EQUAL(&seen, &one),
          "it can be asked for");
    check(pthread_setaffinity_np(other, sizeof one, &one) == 0, "another thread's CPU");
    check(pthread_getaffinity_np(other, sizeof seen, &seen) == 0 && CPU_EQUAL(&seen, &one),
          "it can be asked for as well");
  }
  cpu_set_t none;
  CPU_ZERO(&none);
  check(pthread_setaffinity_np(pthread_self(), sizeof none, &none) == EINVAL, "no CPU at all");
  check(sched_setaffinity(0, sizeof all, &all) == 0, "all of them again");
  gate.open();
  pthread_join(other, nullptr);
}

void ask_for_scheduling() {
  int policy = -1;
  sched_param parameters{};
  check(pthread_getschedparam(pthread_self(), &policy, &parameters) == 0, "how it is scheduled");
  check(policy == SCHED_OTHER && parameters.sched_priority == 0, "as all others");
  std::printf("priorities: other %d to %d, FIFO %d to %d, round robin %d to %d\n",
              sched_get_priority_min(SCHED_OTHER), sched_get_priority_max(SCHED_OTHER),
              sched_get_priority_min(SCHED_FIFO), sched_get_priority_max(SCHED_FIFO),
              sched_get_priority_min(SCHED_RR), sched_get_priority_max(SCHED_RR));
  check(sched_get_priority_min(12345) == -1 && errno == EINVAL, "no such policy");
  parameters.sched_priority = 5;
  check(pthread_setschedparam(pthread_self(), SCHED_OTHER, &parameters) == EINVAL,
        "a priority that is not possible");
  parameters.sched_priority = 0;
  check(pthread_setschedparam(pthread_self(), SCHED_OTHER, &parameters) == 0, "one that is");
  check(sched_yield() == 0, "others first");
}

void join_in_other_ways() {
  Gate gate;
  pthread_t thread{};
  pthread_create(&thread, nullptr, wait_at, &gate);
  check(pthread_tryjoin_np(thread, nullptr) == EBUSY, "it has not ended");
  const timespec soon = from_now(CLOCK_REALTIME, 20);
  check(pthread_timedjoin_np(thread, nullptr, &soon) == ETIMEDOUT, "nor does it soon");
  gate.open();
  const timespec late = from_now(CLOCK_REALTIME, 1'000'000);
  void* result = nullptr;
  check(pthread_timedjoin_np(thread, &result, &late) == 0 && result == &gate, "now it has");
  pthread_create(&thread, nullptr, wait_at, &gate);
  gate.open();
  while (pthread_tryjoin_np(thread, &result) == EBUSY) {
    usleep(1000);
  }
  check(result == &gate, "its result");
}

}  // namespace

int main() {
  choose_stacks();
  detach();
  name_threads();
  find_stacks();
  choose_cpus();
  ask_for_scheduling();
  join_in_other_ways();
  return tb::test::finish();
}
