// Clocks and sleeping: the machine's two clocks under Linux' many numbers.
#include "runtime/linux/time.h"

#include <cstring>

#include <sys/resource.h>
#include <sys/times.h>
#include <time.h>

#include "arch/clock.h"
#include "runtime/dispatch.h"
#include "runtime/linux/clocks.h"
#include "runtime/linux/signals.h"
#include "runtime/linux/structs.h"
#include "runtime/linux/threads.h"
#include "runtime/park.h"
#include "runtime/thread.h"
#include "runtime/thread_life.h"

namespace tb::linux_abi {
namespace {

// The number of another thread's CPU clock has the thread's number in it, inverted, and says in its
// lowest bits that it counts what the scheduler charges to one thread.
constexpr int kOneThread = 4;
constexpr int kScheduled = 2;
constexpr unsigned kKindBits = 3;
constexpr int kKindMask = (1 << kKindBits) - 1;

std::expected<Duration, Errno> read_cpu_clock(int clock) {
  const auto number = static_cast<std::uint32_t>(~(clock >> kKindBits));
  const int kind = clock & kKindMask;
  const ThreadRecord* const thread = find_thread(number);
  if ((kind != kScheduled && kind != (kOneThread | kScheduled)) || thread == nullptr) {
    return std::unexpected(Errno::kInvalid);
  }
  if ((kind & kOneThread) == 0) {
    return cpu_time_of_all();
  }
  std::expected<ThreadStatistics, Error> known;
  blocking([&] { known = statistics({thread->index, thread->life.generation()}); });
  return known ? std::expected<Duration, Errno>(known->cpu_time) : std::unexpected(Errno::kInvalid);
}

bool counts_from_boot(int clock) {
  switch (clock) {
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM:
      return true;
    default:
      return false;
  }
}

bool counts_from_1970(int clock) {
  switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_TAI:
      return true;
    default:
      return false;
  }
}

// A signal ends the sleep early.
void sleep_until(Time time) {
  blocking([time] {
    while (now() < time && !signal_is_pending()) {
      end_if_told();
      static_cast<void>(park_until(time));
    }
    end_if_told();
  });
}

Result sleep(int clock, bool absolute, const __kernel_timespec* wanted, __kernel_timespec* left) {
  const auto duration = from_timespec(*wanted);
  if (!duration) {
    return duration.error();
  }
  const auto shown = when_clock_shows(clock, *duration);
  if (!shown) {
    return shown.error();
  }
  const Time until = absolute ? *shown : after(now(), *duration);
  sleep_until(until);
  const Time ended = now();
  if (ended >= until) {
    return 0;
  }
  if (!absolute && left != nullptr) {
    *left = to_timespec(until - ended);
  }
  return Errno::kInterrupted;
}

}  // namespace

std::expected<Duration, Errno> read_clock(int clock) {
  if (counts_from_boot(clock)) {
    return now().time_since_epoch();
  }
  if (counts_from_1970(clock)) {
    return arch::wall_clock();
  }
  if (clock == CLOCK_PROCESS_CPUTIME_ID) {
    return cpu_time_of_all();
  }
  if (clock == CLOCK_THREAD_CPUTIME_ID) {
    return this_thread::statistics().cpu_time;
  }
  if (clock < 0) {
    return read_cpu_clock(clock);
  }
  return std::unexpected(Errno::kInvalid);
}

std::expected<Time, Errno> when_clock_shows(int clock, Duration reading) {
  if (counts_from_boot(clock)) {
    return Time(reading);
  }
  if (counts_from_1970(clock)) {
    return after(now(), reading - std::min(reading, arch::wall_clock()));
  }
  return std::unexpected(read_clock(clock) ? Errno::kNotSupportedHere : Errno::kInvalid);
}

Result system_clock_gettime(SystemCall& call) {
  const auto reading = read_clock(argument<int>(call, 0));
  if (!reading) {
    return reading.error();
  }
  *pointer<__kernel_timespec>(call, 1) = to_timespec(*reading);
  return 0;
}

Result system_clock_getres(SystemCall& call) {
  if (const auto reading = read_clock(argument<int>(call, 0)); !reading) {
    return reading.error();
  }
  if (auto* const resolution = pointer<__kernel_timespec>(call, 1); resolution != nullptr) {
    *resolution = to_timespec(Duration(1));
  }
  return 0;
}

Result system_clock_nanosleep(SystemCall& call) {
  return sleep(argument<int>(call, 0), (argument<int>(call, 1) & TIMER_ABSTIME) != 0,
               pointer<const __kernel_timespec>(call, 2), pointer<__kernel_timespec>(call, 3));
}

Result system_nanosleep(SystemCall& call) {
  return sleep(CLOCK_MONOTONIC, false, pointer<const __kernel_timespec>(call, 0),
               pointer<__kernel_timespec>(call, 1));
}

Result system_gettimeofday(SystemCall& call) {
  constexpr std::int64_t kNanosecondsPerMicrosecond = 1000;
  const __kernel_timespec time = to_timespec(arch::wall_clock());
  if (auto* const result = pointer<__kernel_old_timeval>(call, 0); result != nullptr) {
    *result = {.tv_sec = time.tv_sec, .tv_usec = time.tv_nsec / kNanosecondsPerMicrosecond};
  }
  return 0;
}

Result system_time(SystemCall& call) {
  const std::int64_t seconds = to_timespec(arch::wall_clock()).tv_sec;
  if (auto* const result = pointer<std::int64_t>(call, 0); result != nullptr) {
    *result = seconds;
  }
  return seconds;
}

// All that a program uses is user time: there is no other mode.
Result system_times(SystemCall& call) {
  constexpr Duration kTick = std::chrono::milliseconds(10);  // the unit that Linux promises
  if (auto* const result = pointer<tms>(call, 0); result != nullptr) {
    *result = {};
    result->tms_utime = cpu_time_of_all() / kTick;
  }
  return now().time_since_epoch() / kTick;
}

Result system_getrusage(SystemCall& call) {
  constexpr std::int64_t kNanosecondsPerMicrosecond = 1000;
  constexpr int kThisThread = 1;  // RUSAGE_THREAD
  Duration used{};
  switch (argument<int>(call, 0)) {
    case RUSAGE_SELF:
      used = cpu_time_of_all();
      break;
    case RUSAGE_CHILDREN:
      break;
    case kThisThread:
      used = this_thread::statistics().cpu_time;
      break;
    default:
      return Errno::kInvalid;
  }
  auto& usage = *pointer<rusage>(call, 1);
  usage = {};
  const __kernel_timespec time = to_timespec(used);
  usage.ru_utime = {.tv_sec = time.tv_sec, .tv_usec = time.tv_nsec / kNanosecondsPerMicrosecond};
  return 0;
}

}  // namespace tb::linux_abi
