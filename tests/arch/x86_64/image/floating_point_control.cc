// What the calling convention says of MXCSR and the x87 control word: a thread's rounding modes and
// precision are its own, whoever has the CPU while it waits, yields or is preempted.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "arch/cpu.h"
#include "runtime/thread.h"
#include "tests/image/suite.h"

namespace {

using tb::test::Suite;
using namespace std::chrono_literals;

constexpr std::uint32_t kStickyFlags = 0x3f;
constexpr int kRounds = 300;

struct Control {
  std::uint32_t mxcsr;
  std::uint16_t x87;
  friend bool operator==(const Control&, const Control&) = default;
};

// To nearest; up; down, with 53 bits; towards zero, with what is too small taken for zero.
constexpr std::array<Control, 4> kControls = {
    {{0x1f80, 0x037f}, {0x5f80, 0x0b7f}, {0x3f80, 0x067f}, {0xffc0, 0x0f7f}}};

void set_control(const Control& control) {
  asm volatile("ldmxcsr %0\n\tfldcw %1" : : "m"(control.mxcsr), "m"(control.x87));
}

Control control_now() {
  Control control{};
  asm volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(control.mxcsr), "=m"(control.x87));
  control.mxcsr &= ~kStickyFlags;
  return control;
}

// An inexact result sets a sticky flag.
void compute() {
  volatile double one = 1;
  volatile double third = one / 3;
  static_cast<void>(third);
}

// Threads on one CPU, each with a control of its own; `wait` lets others run. How many rounds had
// the wrong one.
template <class Wait>
int wrong_rounds(Wait wait) {
  std::atomic<int> wrong = 0;
  std::array<tb::Thread, 2 * kControls.size()> threads;
  for (std::size_t i = 0; i < threads.size(); ++i) {
    const Control control = kControls[i % kControls.size()];
    threads[i] = *tb::spawn(
        [&wrong, control, wait] {
          set_control(control);
          for (int round = 0; round < kRounds; ++round) {
            compute();
            wait(round);
            wrong += control_now() == control ? 0 : 1;
          }
        },
        tb::SpawnOptions{.affinity = tb::CpuSet::only(tb::CpuId{0})});
  }
  for (tb::Thread& thread : threads) {
    static_cast<void>(thread.join());
  }
  return wrong;
}

void keeps_it(Suite& suite) {
  suite.equal(wrong_rounds([](int) { tb::this_thread::yield(); }), 0, "wrong after a yield");
  suite.equal(wrong_rounds([](int round) {
                if (round % 30 == 0) {
                  tb::this_thread::sleep_for(100us);
                }
              }),
              0, "wrong after a sleep");
  suite.equal(wrong_rounds([](int round) {
                // Longer than a slice now and then.
                const auto until = tb::now() + (round % 30 == 0 ? 8ms : 0ms);
                while (tb::now() < until) {
                  compute();
                }
              }),
              0, "wrong after having computed for long");
}

void begins_with_the_usual_one(Suite& suite) {
  const Control before = control_now();
  set_control(kControls[1]);
  Control found{};
  static_cast<void>(tb::spawn([&found] { found = control_now(); })->join());
  suite.check(control_now() == kControls[1], "the spawner's own stays");
  set_control(before);
  suite.check(found == kControls[0], "a thread begins with the machine's default");
}

}  // namespace

int main() {
  Suite suite;
  suite.test("a thread keeps its rounding modes over yields, sleeps and preemption", keeps_it);
  suite.test("a new thread has the default ones", begins_with_the_usual_one);
  return suite.status();
}
