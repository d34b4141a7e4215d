// A call_once whose function throws: the next one calls it, and nobody waits for ever.
#include <array>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "runtime/sync/once.h"
#include "runtime/thread.h"
#include "tests/image/suite.h"

namespace {

using tb::test::Suite;

// More threads than are let go at a time; the first calls throw, while the others wait.
void throw_some_times(Suite& suite) {
  constexpr int kThrows = 3;
  tb::OnceFlag flag;
  std::atomic<int> calls = 0;
  std::atomic<int> caught = 0;
  std::atomic<int> done = 0;
  {
    std::array<std::jthread, 40> threads;
    for (std::jthread& thread : threads) {
      thread = std::jthread([&] {
        try {
          tb::call_once(flag, [&] {
            tb::this_thread::sleep_for(std::chrono::milliseconds(1));
            if (++calls <= kThrows) {
              throw std::runtime_error("not yet");
            }
          });
          ++done;
        } catch (const std::runtime_error&) {
          ++caught;
        }
      });
    }
  }
  suite.equal(calls.load(), kThrows + 1, "calls");
  suite.equal(caught.load(), kThrows, "threads that saw an exception");
  suite.equal(done.load(), 40 - kThrows, "threads for which it was done");
}

}  // namespace

int main() {
  Suite suite;
  suite.test("the next one calls what has thrown", throw_some_times);
  return suite.status();
}
