// A caller of the trap keeps values in its vector registers; they are the same afterwards, whatever
// happened in between.
#include <linux/futex.h>
#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <ctime>
#include <thread>
#include <vector>

#include "runtime/thread.h"
#include "tests/image/suite.h"
#include "tests/standard_library_runtime/raw_call.h"

namespace {

using tb::test::Suite;

struct Call {
  const char* name;
  long number;
  std::array<std::uint64_t, 4> arguments;
};

// Fills all of them with `seed`, makes the call, and returns the bits that have changed.
std::uint64_t bits_changed_by(const Call& call, std::uint64_t seed) {
  register std::uint64_t fourth asm("r10") = call.arguments[3];
  std::uint64_t changed = 0;
  long result = call.number;
  asm volatile(
      ".irp number, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
      "movq %[seed], %%xmm\\number\n"
      ".endr\n"
      "syscall\n"
      ".irp number, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
      "movq %%xmm\\number, %%rcx\n"
      "xorq %[seed], %%rcx\n"
      "orq %%rcx, %[changed]\n"
      ".endr\n"
      : "+a"(result), [changed] "+r"(changed)
      : "D"(call.arguments[0]), "S"(call.arguments[1]), "d"(call.arguments[2]),
        "r"(fourth), [seed] "r"(seed)
      : "rcx", "r11", "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6",
        "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
  return changed;
}

// On every CPU two threads that make the call over and over, each with a pattern of its own.
void keep_registers(Suite& suite, const Call& call) {
  constexpr std::int64_t kLength = tb::test::kSecond / 2;
  std::atomic<std::uint64_t> spoiled = 0;
  std::atomic<std::uint64_t> made = 0;
  const std::int64_t end = tb::test::shown_by(CLOCK_MONOTONIC) + kLength;
  std::vector<std::jthread> threads;
  for (std::uint64_t i = 1; i <= 2 * tb::cpu_count(); ++i) {
    threads.emplace_back([&, i] {
      std::uint64_t mine = 0;
      std::uint64_t calls = 0;
      while (tb::test::shown_by(CLOCK_MONOTONIC) < end) {
        mine += bits_changed_by(call, i * 0x0101'0101'0101'0101) != 0 ? 1 : 0;
        ++calls;
      }
      spoiled += mine;
      made += calls;
    });
  }
  threads.clear();
  suite.equal(spoiled.load(), 0, call.name);
  suite.check(made > 100, "there were calls enough");
}

}  // namespace

int main() {
  static std::uint32_t word = 1;
  static timespec instant{.tv_sec = 0, .tv_nsec = 20'000};
  static timespec read{};
  void* const page = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const auto address = [](const void* pointer) { return reinterpret_cast<std::uint64_t>(pointer); };
  const std::array<Call, 7> calls = {{
      {"a wake of nobody", SYS_futex, {address(&word), FUTEX_WAKE, 1, 0}},
      {"a wait that times out", SYS_futex, {address(&word), FUTEX_WAIT, 1, address(&instant)}},
      {"reading the thread's CPU time",
       SYS_clock_gettime,
       {CLOCK_THREAD_CPUTIME_ID, address(&read), 0, 0}},
      {"sleeping", SYS_nanosleep, {address(&instant), 0, 0, 0}},
      {"yielding", SYS_sched_yield, {}},
      {"changing what a page allows",
       SYS_mprotect,
       {address(page), 4096, PROT_READ | PROT_WRITE, 0}},
      {"asking for a descriptor's flags", SYS_fcntl, {1, 3, 0, 0}},
  }};
  Suite suite;
  for (const Call& call : calls) {
    suite.test(call.name, [&call](Suite& s) { keep_registers(s, call); });
  }
  return suite.status();
}
