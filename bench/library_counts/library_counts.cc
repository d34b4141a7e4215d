// Ticks for what the C and C++ libraries offer, each the average of many on one CPU. Under -icount
// a tick is an instruction.
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <iostream>
#include <mutex>
#include <semaphore>
#include <stdexcept>
#include <thread>

#include "runtime/ticks.h"

namespace {

constexpr std::uint64_t kRounds = 2'000;

// The average of an operation over many rounds, the loop around it left out.
template <class Operation>
void count(const char* name, Operation operation) {
  const auto ticks_of = [](auto round) {
    round();
    const std::uint64_t begin = tb::ticks();
    for (std::uint64_t i = 0; i < kRounds; ++i) {
      round();
      asm volatile("" : : : "memory");
    }
    return tb::ticks() - begin;
  };
  const std::uint64_t loop = ticks_of([] {});
  std::cout << name << ": " << (ticks_of(operation) - loop) / kRounds << " ticks" << std::endl;
}

// The trap alone; its answer is zero.
void null_system_call() {
  long result = SYS_getuid;
  asm volatile("syscall" : "+a"(result) : : "rcx", "r11", "memory");
}

void allocate_and_free() {
  void* block = std::malloc(100);
  asm volatile("" : "+r"(block) : : "memory");
  std::free(block);
}

void throw_and_catch() {
  try {
    throw std::runtime_error("thrown");
  } catch (const std::runtime_error&) {
    asm volatile("" : : : "memory");
  }
}

// There and back again, each thread asleep until the other has been.
void count_semaphores() {
  std::binary_semaphore there(0);
  std::binary_semaphore back(0);
  std::jthread other([&](std::stop_token stop) {
    for (;;) {
      there.acquire();
      back.release();
      if (stop.stop_requested()) {
        return;
      }
    }
  });
  count("std::binary_semaphore, round trip", [&] {
    there.release();
    back.acquire();
  });
  other.request_stop();
  there.release();
}

}  // namespace

int main() {
  count("null system call", null_system_call);
  count("clock_gettime", [] {
    timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
  });
  count("malloc and free, 100 bytes", allocate_and_free);
  std::mutex mutex;
  count("std::mutex, lock and unlock", [&mutex] { const std::lock_guard guard(mutex); });
  count("throw and catch", throw_and_catch);
  count("std::thread, create and join", [] { std::thread([] {}).join(); });
  count_semaphores();
  return 0;
}
