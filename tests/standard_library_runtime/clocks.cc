// Clocks and sleeping as the trap offers them.
#include <pthread.h>
#include <sys/resource.h>
#include <sys/times.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <thread>

#include "runtime/thread_table.h"
#include "tests/image/suite.h"
#include "tests/standard_library_runtime/raw_call.h"

namespace {

using tb::test::kSecond;
using tb::test::raw_call;
using tb::test::Suite;
using tb::test::to_timespec;

constexpr std::int64_t kShort = 10'000'000;  // nanoseconds
constexpr clockid_t kNoClock = 99;

std::int64_t nanoseconds(const timespec& time) { return time.tv_sec * kSecond + time.tv_nsec; }

// What the trap says; the library's own function does not ask it.
std::int64_t read(clockid_t clock) {
  timespec time{};
  const long result = raw_call(SYS_clock_gettime, clock, &time);
  return result == 0 ? nanoseconds(time) : result;
}

long sleep(clockid_t clock, int flags, std::int64_t length, timespec* left = nullptr) {
  const timespec time = to_timespec(length);
  return raw_call(SYS_clock_nanosleep, clock, flags, &time, left);
}

void read_all(Suite& suite) {
  for (const clockid_t clock : {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID,
                                CLOCK_THREAD_CPUTIME_ID, CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME,
                                CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_TAI}) {
    const std::int64_t first = read(clock);
    suite.check(first > 0 && read(clock) >= first, "it goes forward");
    timespec resolution{};
    suite.equal(raw_call(SYS_clock_getres, clock, &resolution), 0, "its resolution");
    suite.equal(nanoseconds(resolution), 1, "nanoseconds of its resolution");
    suite.equal(raw_call(SYS_clock_getres, clock, nullptr), 0, "its resolution is not wanted");
  }
  suite.check(read(CLOCK_REALTIME) > 1'500'000'000 * kSecond, "the real time is after 2017");
}

void agree(Suite& suite) {
  std::array<long, 2> value{};
  const long seconds = raw_call(SYS_time, nullptr);
  suite.equal(raw_call(SYS_gettimeofday, value.data(), nullptr), 0, "gettimeofday");
  suite.check(value[0] - seconds <= 1 && value[1] < 1'000'000, "it agrees with time");
  suite.check(read(CLOCK_REALTIME) / kSecond - value[0] <= 1, "and with the clock");
  tms used{};
  const long ticks = raw_call(SYS_times, &used);
  suite.check(read(CLOCK_MONOTONIC) / kShort - ticks <= 100, "times counts from boot");
  suite.check(used.tms_utime <= 8 * ticks, "and no more time than there was");
}

void count_cpu_time(Suite& suite) {
  constexpr std::int64_t kWork = 5 * kShort;
  const std::int64_t program_before = read(CLOCK_PROCESS_CPUTIME_ID);
  const std::int64_t thread_before = read(CLOCK_THREAD_CPUTIME_ID);
  while (read(CLOCK_THREAD_CPUTIME_ID) - thread_before < kShort) {
  }
  suite.check(read(CLOCK_PROCESS_CPUTIME_ID) - program_before >= kShort,
              "the program's has it too");
  const std::int64_t before_sleep = read(CLOCK_THREAD_CPUTIME_ID);
  sleep(CLOCK_MONOTONIC, 0, 5 * kShort);
  suite.check(read(CLOCK_THREAD_CPUTIME_ID) - before_sleep < 5 * kShort, "sleep costs nothing");
  const std::int64_t before_work = read(CLOCK_PROCESS_CPUTIME_ID);
  std::jthread([] {
    const std::int64_t end = read(CLOCK_MONOTONIC) + kWork;
    while (read(CLOCK_MONOTONIC) < end) {
    }
  }).join();
  suite.check(read(CLOCK_PROCESS_CPUTIME_ID) - before_work >= kWork, "what an ended thread used");
  rusage usage{};
  suite.equal(raw_call(SYS_getrusage, RUSAGE_THREAD, &usage), 0, "the thread's usage");
  suite.check(usage.ru_utime.tv_sec > 0 || usage.ru_utime.tv_usec >= kShort / 1000, "it is used");
  suite.equal(raw_call(SYS_getrusage, RUSAGE_CHILDREN, &usage), 0, "the children's usage");
  suite.check(usage.ru_utime.tv_sec == 0 && usage.ru_utime.tv_usec == 0, "there are none");
  suite.equal(raw_call(SYS_getrusage, 5, &usage), -EINVAL, "the usage of somebody else");
}

void read_another_threads(Suite& suite) {
  std::atomic<bool> ends = false;
  clockid_t clock{};
  {
    std::jthread busy([&ends] {
      while (!ends) {
        read(CLOCK_THREAD_CPUTIME_ID);
      }
    });
    suite.equal(pthread_getcpuclockid(busy.native_handle(), &clock), 0, "the thread has a clock");
    while (read(clock) < kShort) {
      sleep(CLOCK_MONOTONIC, 0, kShort / 10);
    }
    suite.equal(sleep(clock, 0, kShort), -EOPNOTSUPP, "sleeping by it");
    ends = true;
  }
}

void sleep_long_enough(Suite& suite) {
  const auto lasted = [&suite](auto action) {
    const std::int64_t begin = read(CLOCK_MONOTONIC);
    suite.equal(action(), 0, "the sleep");
    return read(CLOCK_MONOTONIC) - begin;
  };
  const timespec length = to_timespec(kShort);
  suite.check(lasted([&] { return raw_call(SYS_nanosleep, &length, nullptr); }) >= kShort, "plain");
  for (const clockid_t clock : {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME}) {
    suite.check(lasted([&] { return sleep(clock, 0, kShort); }) >= kShort, "for so long");
    const std::int64_t end = read(clock) + kShort;
    suite.equal(sleep(clock, TIMER_ABSTIME, end), 0, "the sleep until then");
    suite.check(read(clock) >= end, "until then");
    suite.equal(sleep(clock, TIMER_ABSTIME, end), 0, "the sleep until the past");
  }
  suite.equal(sleep(CLOCK_MONOTONIC, 0, 0), 0, "no sleep at all");
}

void interrupt(Suite& suite) {
  struct sigaction action{};
  action.sa_handler = [](int) {};
  sigaction(SIGUSR1, &action, nullptr);
  for (const bool absolute : {false, true}) {
    std::atomic<pid_t> number = 0;
    long result = 0;
    timespec left{.tv_sec = -1, .tv_nsec = 0};
    std::jthread sleeper([&] {
      number = gettid();
      result = absolute ? sleep(CLOCK_MONOTONIC, TIMER_ABSTIME,
                                read(CLOCK_MONOTONIC) + 1000 * kSecond, &left)
                        : sleep(CLOCK_MONOTONIC, 0, 1000 * kSecond, &left);
    });
    while (number == 0 ||
           tb::thread_table().find(static_cast<std::uint32_t>(number) - 1)->state.get() !=
               tb::sched::ThreadState::kParked) {
    }
    raw_call(SYS_tgkill, getpid(), number.load(), SIGUSR1);
    sleeper.join();
    suite.equal(result, -EINTR, "the sleep that a signal ends");
    suite.check(absolute ? left.tv_sec == -1 : left.tv_sec > 900 && left.tv_sec < 1000,
                "what is left of it");
  }
}

void refuse(Suite& suite) {
  timespec time{};
  suite.equal(read(kNoClock), -EINVAL, "reading no clock");
  suite.equal(raw_call(SYS_clock_getres, kNoClock, &time), -EINVAL, "the resolution of no clock");
  suite.equal(sleep(kNoClock, 0, kShort), -EINVAL, "sleeping by no clock");
  suite.equal(sleep(kNoClock, TIMER_ABSTIME, kShort), -EINVAL, "sleeping until, by no clock");
  suite.equal(sleep(CLOCK_THREAD_CPUTIME_ID, 0, kShort), -EOPNOTSUPP, "by one's own CPU time");
  for (const timespec& wrong : {timespec{0, kSecond}, timespec{0, -1}, timespec{-1, 0}}) {
    suite.equal(raw_call(SYS_nanosleep, &wrong, nullptr), -EINVAL, "a sleep of no length");
    suite.equal(raw_call(SYS_clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, &wrong, nullptr),
                -EINVAL, "a sleep until no time");
  }
}

}  // namespace

int main() {
  Suite suite;
  suite.test("every clock goes forward and has a resolution", read_all);
  suite.test("the older calls agree with the clocks", agree);
  suite.test("CPU time is counted", count_cpu_time);
  suite.test("another thread's CPU time is counted", read_another_threads);
  suite.test("no sleep is short", sleep_long_enough);
  suite.test("a signal ends a sleep", interrupt);
  suite.test("what makes no sense is refused", refuse);
  return suite.status();
}
