// Lists of all threads, while threads come and go.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <variant>

#include "runtime/control/terminate.h"
#include "runtime/control/thread_info.h"
#include "tests/scenarios/control.h"
#include "tests/scenarios/crowd.h"

namespace tb::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kStayers = 5;
constexpr std::size_t kStack = 100'000;
constexpr std::string_view kName = "a stayer with a name";

struct Found {
  std::uint32_t all = 0;
  std::uint32_t named = 0;
  std::uint32_t running = 0;
  std::uint32_t out_of_order = 0;
  std::optional<void (*)(void*)> entry;  // of those with the name
};

Found go_through_the_list(Suite& suite) {
  Found found;
  std::uint32_t least_index = 0;
  for (const ThreadInfo& thread : threads()) {
    ++found.all;
    found.out_of_order += thread.id.index < least_index ? 1 : 0;
    least_index = thread.id.index + 1;
    found.running += thread.state == ThreadState::kRunning ? 1 : 0;
    if (thread.name == kName) {
      ++found.named;
      suite.equal(thread.scheduling.nice, std::int8_t{3}, "nice");
      suite.check(thread.affinity.contains(thread.cpu), "it is where it may be");
      suite.check(thread.stack_size >= kStack && !thread.is_detached, "a stack, and a joiner");
      suite.check(thread.entry != nullptr && found.entry.value_or(thread.entry) == thread.entry,
                  "all have begun with the same");
      found.entry = thread.entry;
    }
  }
  return found;
}

}  // namespace

void thread_lists(Suite& suite) {
  constexpr int kRounds = 20;
  std::atomic<bool> ends = false;
  std::atomic<std::uint32_t> others = 0;
  Crowd crowd(suite);
  std::array<ThreadId, kStayers> ids;
  for (ThreadId& id : ids) {
    id = crowd.spawn(
        [&ends] {
          while (!ends) {
            spend(2us);
            this_thread::sleep_for(5us);
          }
        },
        {.name = kName, .stack_size = kStack, .scheduling = {.nice = 3}});
  }
  crowd.spawn([&] {
    while (!ends) {
      Crowd passers_by(suite);
      for (int i = 0; i < 3; ++i) {
        passers_by.spawn([&others] { ++others; });
      }
      this_thread::sleep_for(20us);
    }
  });
  for (int round = 0; round < kRounds; ++round) {
    const Found found = go_through_the_list(suite);
    suite.equal(found.named, kStayers, "stayers");
    suite.check(found.all >= kStayers + 2, "all are listed");
    suite.check(found.running >= 1, "the caller runs");
    suite.equal(found.out_of_order, 0U, "threads out of order");
  }
  suite.check(set_name(ids[0], "another").has_value(), "a name is given");
  suite.check(name(ids[0]) == ThreadName("another"), "it is told");
  const auto self = info(this_thread::id());
  suite.check(self && self->entry != nullptr && self->entry != info(ids[0])->entry,
              "the caller has begun with something else");
  auto alone = spawn([] { this_thread::sleep_for(1h); });
  suite.check(alone.has_value() && !info(alone->id())->is_detached, "it is not detached yet");
  const ThreadId lonely = alone->id();
  suite.check(alone->detach().has_value() && info(lonely)->is_detached, "now it is");
  suite.check(terminate(lonely).has_value(), "nobody needs it");
  while (info(lonely)) {
    this_thread::sleep_for(5us);
  }
  ends = true;
  crowd.join();
  suite.check(others > 0, "others came and went");
  const auto gone = info(ids[0]);
  suite.check(!gone && std::holds_alternative<ThreadNotFound>(gone.error()), "it is gone");
}

}  // namespace tb::test
