// A hundred thousand threads alive at once, each of which has touched its stack.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <vector>

#include "runtime/console.h"
#include "runtime/thread.h"
#include "tests/image/suite.h"

namespace {

constexpr std::uint32_t kThreads = 100'000;

std::atomic<std::uint32_t> alive = 0;
std::atomic<bool> may_end = false;
std::atomic<std::uint32_t> wrong = 0;

void live(std::uint32_t number) {
  volatile std::uint32_t own = number;
  alive.fetch_add(1);
  while (!may_end) {
    tb::this_thread::park();
  }
  wrong.fetch_add(own != number ? 1 : 0);
}

void all_at_once(tb::test::Suite& suite) {
  std::vector<tb::Thread> threads;
  for (std::uint32_t i = 0; i < kThreads; ++i) {
    auto thread = tb::spawn(live, i);
    suite.check(thread.has_value(), "the thread starts");
    if (!thread) {
      break;
    }
    threads.push_back(std::move(*thread));
  }
  while (alive != threads.size()) {
    tb::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  may_end = true;
  for (const tb::Thread& thread : threads) {
    suite.check(tb::wake(thread.id()).has_value(), "it is still there");
  }
  for (tb::Thread& thread : threads) {
    suite.check(thread.join().has_value(), "it is joined");
  }
  suite.equal(alive.load(), kThreads, "threads that lived");
  suite.equal(wrong.load(), 0u, "stacks that were somebody else's");
}

}  // namespace

int main() {
  tb::test::Suite suite;
  suite.test("a hundred thousand threads live at once", all_at_once);
  return suite.status();
}
