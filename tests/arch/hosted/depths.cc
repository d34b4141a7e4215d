// A thread's stack is filled page by page, by faults; whatever the runtime does must bear one at
// any depth of the stack.
#include <cstddef>
#include <utility>
#include <vector>

#include "base/units.h"
#include "runtime/thread.h"
#include "tests/image/suite.h"

namespace {

// From so deep in its stack the caller spawns a thread. There is no stack for that yet, as nobody
// gives one back.
[[gnu::noinline]] void spawn_below(std::size_t bytes, tb::Thread& child) {
  // Reserved, and not touched.
  void* const place = __builtin_alloca(bytes);
  asm volatile("" : : "r"(place));
  if (auto spawned = tb::spawn([] { tb::this_thread::park(); })) {
    child = std::move(*spawned);
  }
}

void end(tb::test::Suite& suite, tb::Thread& thread) {
  suite.check(tb::wake(thread.id()).has_value(), "the thread is there");
  suite.check(thread.join().has_value(), "the thread ended");
}

void spawn_at_every_depth(tb::test::Suite& suite) {
  constexpr std::size_t kStep = 16;  // as stacks are aligned
  constexpr std::size_t kDepths = 2 * tb::kPageSize / kStep;
  std::vector<tb::Thread> children(kDepths);
  std::vector<tb::Thread> parents;
  for (std::size_t i = 0; i < kDepths; ++i) {
    auto parent = tb::spawn([&child = children[i], depth = i * kStep] {
      spawn_below(depth, child);
      tb::this_thread::park();
    });
    suite.check(parent.has_value(), "the parent began");
    parents.push_back(std::move(*parent));
  }
  for (std::size_t i = 0; i < kDepths; ++i) {
    end(suite, parents[i]);
    suite.check(children[i].joinable(), "the child began");
    end(suite, children[i]);
  }
}

}  // namespace

int main() {
  tb::test::Suite suite;
  suite.test("a thread spawns another one at any depth of its stack", spawn_at_every_depth);
  return suite.status();
}
