// A thread that neither blocks nor asks for the time for seconds: the clock goes on all the same.
#include <chrono>
#include <cstdint>

#include "runtime/thread.h"
#include "runtime/ticks.h"
#include "tests/image/suite.h"

namespace {

using namespace std::chrono_literals;
using tb::test::Suite;

void spend(std::uint64_t ticks) {
  const std::uint64_t begin = tb::ticks();
  while (tb::ticks() - begin < ticks) {
  }
}

void stay_busy(Suite& suite) {
  const tb::Time begin = tb::now();
  const std::uint64_t first_tick = tb::ticks();
  while (tb::now() - begin < 100ms) {
  }
  const std::uint64_t ticks = tb::ticks() - first_tick;
  const tb::Time before = tb::now();
  spend(60 * ticks);
  const tb::Duration passed = tb::now() - before;
  tb::println("busy for about 6 s; the clock says {}", passed);
  suite.check(passed > 5s && passed < 8s, "the clock went on by about 6 s");
}

}  // namespace

int main() {
  Suite suite;
  suite.test("time goes on while the only thread is busy", stay_busy);
  return suite.status();
}
