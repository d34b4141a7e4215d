// The services of the host that a hosted machine is made of, as its kernel answers them: no C
// library has a part in this.
#pragma once

#include <sys/syscall.h>

#include <cstddef>
#include <cstdint>

// The kernel's answer: a result, or an error's number below zero.
extern "C" std::int64_t host_call(std::int64_t number, std::uint64_t first = 0,
                                  std::uint64_t second = 0, std::uint64_t third = 0,
                                  std::uint64_t fourth = 0, std::uint64_t fifth = 0,
                                  std::uint64_t sixth = 0);

// A thread of the host that begins with entry(argument) on that stack; its id.
extern "C" std::int64_t start_host_thread(std::uint64_t flags, std::byte* stack_top,
                                          void (*entry)(void*), void* argument);

namespace tb::arch::hosted {

inline std::uint64_t word(const volatile void* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

inline constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;

struct HostTime {
  std::int64_t seconds;
  std::int64_t nanoseconds;
};

// Since an arbitrary moment, or since 1970: the host's clocks.
std::uint64_t host_clock_ns(int clock);

// Memory at exactly these addresses, where nothing may be yet; false if the host refuses.
bool map_host_memory(std::uintptr_t begin, std::size_t size, int protection);

// All of the text, whatever it takes; gives up when there is nobody to read it.
void write_all(int file, const char* text, std::size_t size);

[[noreturn]] void exit_process(int status);

// Waits until the word is not `seen`, or for no reason; wakes who waits for it.
void wait_on(const volatile void* word, std::uint32_t seen);
void wake_on(const volatile void* word);

}  // namespace tb::arch::hosted
