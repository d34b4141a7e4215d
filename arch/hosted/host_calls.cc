// The host's services that more than one file needs.
#include "arch/hosted/host_calls.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <time.h>

#include "base/units.h"

namespace tb::arch::hosted {

std::uint64_t host_clock_ns(int clock) {
  HostTime time{};
  host_call(SYS_clock_gettime, static_cast<std::uint64_t>(clock), word(&time));
  return static_cast<std::uint64_t>(time.seconds) * kNanosecondsPerSecond +
         static_cast<std::uint64_t>(time.nanoseconds);
}

bool map_host_memory(std::uintptr_t begin, std::size_t size, int protection) {
  constexpr std::uint64_t kFlags =
      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;
  const std::int64_t place = host_call(
      SYS_mmap, begin, size, static_cast<std::uint64_t>(protection), kFlags, ~std::uint64_t{0}, 0);
  return place == static_cast<std::int64_t>(begin);
}

void write_all(int file, const char* text, std::size_t size) {
  while (size > 0) {
    const std::int64_t written =
        host_call(SYS_write, static_cast<std::uint64_t>(file), word(text), size);
    if (written > 0) {
      text += written;
      size -= static_cast<std::size_t>(written);
    } else if (written == -EFAULT) {
      // The kernel does not fill pages as a fault of our own does.
      for (std::size_t at = 0; at < size; at += kPageSize) {
        static_cast<void>(static_cast<const volatile char*>(text)[at]);
      }
      static_cast<void>(static_cast<const volatile char*>(text)[size - 1]);
    } else if (written == -EAGAIN) {
      host_call(SYS_sched_yield);
    } else if (written != -EINTR) {
      return;
    }
  }
}

void exit_process(int status) {
  for (;;) {
    host_call(SYS_exit_group, static_cast<std::uint64_t>(status));
  }
}

void wait_on(const volatile void* futex, std::uint32_t seen) {
  host_call(SYS_futex, word(futex), FUTEX_WAIT_PRIVATE, seen, 0);
}

void wake_on(const volatile void* futex) {
  constexpr std::uint64_t kEverybody = 0x7fffffff;
  host_call(SYS_futex, word(futex), FUTEX_WAKE_PRIVATE, kEverybody);
}

}  // namespace tb::arch::hosted
