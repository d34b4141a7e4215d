// As many processes as the machine has records for, and one more.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "runtime/process/process.h"
#include "runtime/process/process_info.h"
#include "tests/image/suite.h"

namespace {

using tb::test::Suite;

constexpr std::uint32_t kMost = 4096;  // the first one included

// Ends at once, and is kept until somebody has waited for it.
bool begin_one(std::atomic<std::uint32_t>& ran) {
  auto process = tb::spawn_process([&ran] { ++ran; });
  if (!process) {
    return false;
  }
  // Its handle would wait for it.
  alignas(tb::Process) std::byte never_destroyed[sizeof(tb::Process)];
  new (never_destroyed) tb::Process(std::move(*process));
  return true;
}

bool is_refused() {
  const auto process = tb::spawn_process([] {});
  return !process && process.error() == tb::Error(tb::ProcessLimitReached{kMost});
}

// Nobody has more than the others: a child of another process is refused as well.
void fill_the_machine(Suite& suite) {
  std::atomic<std::uint32_t> ran = 0;
  std::uint32_t begun = 0;
  while (begun <= kMost && begin_one(ran)) {
    ++begun;
  }
  suite.equal(begun, kMost - 1, "processes besides the first one");
  suite.check(is_refused() && is_refused(), "then there is no more");
  std::uint32_t waited_for = 0;
  suite.check(tb::wait_any().has_value(), "one has ended");
  ++waited_for;
  auto child = tb::spawn_process([] { return is_refused() ? 1 : 0; });
  suite.check(child && child->wait().value_or(tb::EndedProcess()).value == 1,
              "its place is the next one's, whose child has none");
  while (tb::wait_any()) {
    ++waited_for;
  }
  suite.equal(waited_for, begun, "processes that have ended");
  suite.equal(ran.load(), begun, "processes that have run");
  std::uint32_t left = 0;
  for (const tb::ProcessInfo& process : tb::processes()) {
    left += process.state != tb::ProcessState::kTerminated ? 1 : 0;
  }
  suite.equal(left, 1U, "processes that are left");
  suite.check(begin_one(ran) && tb::wait_any().has_value(), "there is room again");
}

}  // namespace

int main() {
  Suite suite;
  suite.test("a machine has so many processes, and no more", fill_the_machine);
  suite.test("as many once more", fill_the_machine);
  return suite.status();
}
