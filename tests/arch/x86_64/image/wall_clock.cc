// The wall clock beside the time that QEMU's real-time clock was started with: the first argument,
// in seconds since 1970.
#include <charconv>
#include <chrono>
#include <string_view>

#include "arch/clock.h"
#include "runtime/thread.h"
#include "tests/image/suite.h"

namespace {

using namespace std::chrono_literals;
using tb::test::Suite;

// What loading and booting may take beside other tests.
constexpr tb::Duration kLongestStart = 10min;

std::chrono::seconds read_seconds(std::string_view text) {
  std::chrono::seconds::rep seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return std::chrono::seconds(seconds);
}

void follow_the_time(Suite& suite) {
  const tb::Duration begin = tb::arch::wall_clock();
  const tb::Time before = tb::now();
  tb::this_thread::sleep_for(50ms);
  const tb::Time after = tb::now();
  const tb::Duration passed = tb::arch::wall_clock() - begin;
  suite.check(passed >= after - before, "the wall clock went on as the time did");
  suite.check(passed < after - before + 10s, "and not much faster");
}

}  // namespace

int main(int argc, char** argv) {
  Suite suite;
  const tb::Duration wanted = read_seconds(argc == 2 ? argv[1] : "");
  const tb::Duration shown = tb::arch::wall_clock();
  tb::println("{} s after 1970", shown / 1s);
  suite.test("the wall clock shows what the machine's clock was set to", [&](Suite& s) {
    s.check(shown >= wanted, "it is not earlier");
    s.check(shown < wanted + kLongestStart, "nor much later");
  });
  suite.test("the wall clock goes on", follow_the_time);
  return suite.status();
}
