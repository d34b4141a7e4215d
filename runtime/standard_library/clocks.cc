// Reading a clock is a function call: these take the place of the C library's own, which would make
// system calls.
#include <sys/time.h>
#include <cerrno>
#include <ctime>

#include "arch/cpu.h"
#include "runtime/linux/clocks.h"

namespace {

constexpr long kNanosecondsPerSecond = 1'000'000'000;
constexpr long kNanosecondsPerMicrosecond = 1000;

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* result) noexcept {
  const auto reading = tb::linux_abi::read_clock(clock);
  if (!reading) {
    errno = static_cast<int>(reading.error());
    return -1;
  }
  *result = {.tv_sec = reading->count() / kNanosecondsPerSecond,
             .tv_nsec = reading->count() % kNanosecondsPerSecond};
  return 0;
}

int gettimeofday(timeval* result, void*) noexcept {
  timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  *result = {.tv_sec = time.tv_sec, .tv_usec = time.tv_nsec / kNanosecondsPerMicrosecond};
  return 0;
}

time_t time(time_t* result) noexcept {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (result != nullptr) {
    *result = now.tv_sec;
  }
  return now.tv_sec;
}

int sched_getcpu() noexcept { return static_cast<int>(index_of(tb::arch::current_cpu())); }
}
