// Eight threads on two CPUs, none of which ever yields, check that an interrupt that takes the CPU
// away from them leaves no trace: registers, flags, vector registers, the red zone.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "runtime/console.h"
#include "runtime/thread.h"
#include "tests/arch/x86_64/image/survive.h"
#include "tests/image/suite.h"

namespace {

using tb::test::MachineState;
using namespace std::chrono_literals;

constexpr std::uint32_t kThreads = 8;
constexpr tb::Duration kDuration = 1500ms;
constexpr std::uint64_t kRounds = 20'000;
// Overflow, direction, sign, zero, adjust, parity, carry.
constexpr std::uint64_t kCheckedFlags = 0xcd5;

bool has_avx() {
  std::uint32_t eax = 1;
  std::uint32_t ecx = 0;
  asm volatile("cpuid" : "+a"(eax), "+c"(ecx) : : "ebx", "edx");
  return ((ecx >> 28) & 1) != 0;
}

struct Report {
  std::uint64_t general = 0;
  std::uint64_t flags = 0;
  std::uint64_t red_zone = 0;
  std::uint64_t vector = 0;
  std::uint64_t rounds = 0;
  std::uint32_t cpu = 0;
  std::uint64_t preemptions = 0;
};

// A state of which no word is like another's, nor like another thread's.
MachineState make_state(std::uint64_t seed) {
  MachineState state;
  std::uint64_t next = (seed + 1) << 32;
  for (std::uint64_t& word : state.general) {
    word = ++next;
  }
  for (std::uint64_t& word : state.red_zone) {
    word = ++next;
  }
  for (auto& words : state.vector) {
    for (std::uint64_t& word : words) {
      word = ++next;
    }
  }
  constexpr std::uint64_t kAlwaysSet = 0x2;
  constexpr std::uint64_t kInterrupts = 0x200;
  state.flags = ((seed % 2 == 0 ? 0x455 : 0x880) & kCheckedFlags) | kAlwaysSet | kInterrupts;
  return state;
}

void check_vectors(const MachineState& in, const MachineState& out, std::size_t words,
                   Report& report) {
  for (std::size_t i = 0; i < in.vector.size(); ++i) {
    for (std::size_t j = 0; j < words; ++j) {
      report.vector += in.vector[i][j] != out.vector[i][j] ? 1 : 0;
    }
  }
}

void survive_for_a_while(std::uint32_t number, bool avx, Report* report) {
  const tb::Time end = tb::now() + kDuration;
  MachineState out{};
  for (std::uint64_t seed = number; tb::now() < end; seed += kThreads) {
    const MachineState in = make_state(seed);
    (avx ? tb::test::survive_avx : tb::test::survive_sse)(&in, &out, kRounds);
    report->general += in.general != out.general ? 1 : 0;
    report->red_zone += in.red_zone != out.red_zone ? 1 : 0;
    report->flags += ((in.flags ^ out.flags) & kCheckedFlags) != 0 ? 1 : 0;
    check_vectors(in, out, avx ? 4 : 2, *report);
    ++report->rounds;
  }
  report->cpu = index_of(tb::this_thread::cpu());
  report->preemptions = tb::this_thread::statistics().preemptions;
}

Report run_all(tb::test::Suite& suite, bool avx) {
  std::array<Report, kThreads> reports{};
  std::array<tb::Thread, kThreads> threads;
  for (std::uint32_t i = 0; i < kThreads; ++i) {
    auto thread = tb::spawn(
        survive_for_a_while, i, avx, &reports[i],
        tb::SpawnOptions{.name = "survivor", .affinity = tb::CpuSet::only(tb::CpuId{i % 2})});
    suite.check(thread.has_value(), "the thread starts");
    threads[i] = std::move(*thread);
  }
  Report sum;
  for (std::uint32_t i = 0; i < kThreads; ++i) {
    suite.check(threads[i].join().has_value(), "the thread is joined");
    suite.equal(reports[i].cpu, i % 2, "the CPU it ran on");
    // A quantum of 1 ms: 1500 ms divided by four threads on a CPU, less what the host took away.
    suite.check(reports[i].preemptions >= 20, "it was preempted many times");
    sum.general += reports[i].general;
    sum.flags += reports[i].flags;
    sum.red_zone += reports[i].red_zone;
    sum.vector += reports[i].vector;
    sum.rounds += reports[i].rounds;
    sum.preemptions += reports[i].preemptions;
  }
  tb::println("{} preemptions in {} rounds", sum.preemptions, sum.rounds);
  return sum;
}

}  // namespace

int main() {
  tb::test::Suite suite;
  const bool avx = has_avx();
  Report sum;
  suite.test("threads that never yield are preempted on every CPU",
             [&](tb::test::Suite& s) { sum = run_all(s, avx); });
  suite.test("general registers survive preemption", [&](tb::test::Suite& s) {
    s.equal(sum.general, 0u, "rounds with a changed register");
  });
  suite.test("flags survive preemption",
             [&](tb::test::Suite& s) { s.equal(sum.flags, 0u, "rounds with a changed flag"); });
  suite.test("the red zone survives preemption", [&](tb::test::Suite& s) {
    s.equal(sum.red_zone, 0u, "rounds with a changed word below the stack pointer");
  });
  suite.test(avx ? "256-bit vector registers survive preemption"
                 : "128-bit vector registers survive preemption",
             [&](tb::test::Suite& s) { s.equal(sum.vector, 0u, "changed words"); });
  return suite.status();
}
