// Sleeping until a store: with the argument "mwait" CPU 1 sleeps in wait_for_interrupt_or_store and
// is woken by stores of CPU 0 alone; with "hlt" nobody may call it, and watches_stores() says so.
// The emulator's MWAIT only pauses, but on a machine with one CPU it sleeps until an interrupt.
#include <atomic>
#include <cstdint>
#include <string_view>

#include "arch/cpu.h"
#include "arch/interrupts.h"
#include "arch/smp.h"
#include "runtime/cpu.h"
#include "runtime/preemption.h"
#include "runtime/thread.h"
#include "tests/image/suite.h"

namespace {

using tb::test::Suite;

constexpr std::uint32_t kRounds = 200;

// Of the CPU that executes the caller.
std::uint64_t interrupts() {
  const tb::Cpu& cpu = tb::this_cpu();
  return cpu.timer_interrupts + cpu.reschedule_interrupts;
}

struct Watch {
  std::atomic<std::uintptr_t> word = 0;         // CPU 0 stores the round, CPU 1 zero
  std::atomic<std::uint32_t> about_to_sleep{};  // the round that CPU 1 has come to; it stores
  std::uint32_t quiet_rounds = 0;               // that ended without any interrupt; CPU 1's
};

void sleep_on(Watch* watch) {
  const tb::PreemptionGuard guard;
  for (std::uint32_t round = 1; round <= kRounds; ++round) {
    const std::uint64_t before = interrupts();
    static_cast<void>(tb::arch::disable_interrupts());
    watch->about_to_sleep = round;
    while (watch->word.load() == 0) {
      tb::arch::wait_for_interrupt_or_store(&watch->word);
      static_cast<void>(tb::arch::disable_interrupts());
    }
    tb::arch::restore_interrupts(tb::arch::InterruptState::kEnabled);
    watch->quiet_rounds += interrupts() == before ? 1 : 0;
    watch->word = 0;
  }
}

// The store comes at various distances from the moment when CPU 1 falls asleep.
void wake_by_store(Suite& suite) {
  Watch watch;
  auto sleeper = tb::spawn(sleep_on, &watch, tb::SpawnOptions{.cpu = tb::CpuId{1}});
  for (std::uint32_t round = 1; round <= kRounds; ++round) {
    while (watch.about_to_sleep.load() != round) {
      tb::arch::relax();
    }
    for (std::uint32_t pause = 0; pause < (round - 1) * 100; ++pause) {
      tb::arch::relax();
    }
    watch.word = round;
  }
  suite.check(sleeper->join().has_value(), "the sleeper woke up every time");
  suite.check(watch.quiet_rounds > kRounds / 2, "no interrupt was needed");
}

void return_at_once(Suite& suite) {
  const std::uintptr_t word = std::uintptr_t{1} << 63;
  const tb::PreemptionGuard guard;
  std::uint32_t quiet_rounds = 0;
  for (std::uint32_t round = 0; round < kRounds; ++round) {
    const std::uint64_t before = interrupts();
    static_cast<void>(tb::arch::disable_interrupts());
    tb::arch::wait_for_interrupt_or_store(&word);
    suite.check(tb::arch::interrupts_enabled(), "interrupts are enabled");
    quiet_rounds += interrupts() == before ? 1 : 0;
  }
  suite.check(quiet_rounds > kRounds / 2, "no interrupt was needed");
}

void wake_by_interrupt(Suite& suite) {
  const std::uintptr_t word = 0;
  const tb::PreemptionGuard guard;
  for (std::uint32_t round = 0; round < kRounds; ++round) {
    const std::uint64_t before = interrupts();
    static_cast<void>(tb::arch::disable_interrupts());
    tb::arch::send_reschedule(tb::arch::current_cpu());
    while (interrupts() == before) {
      tb::arch::wait_for_interrupt_or_store(&word);
      suite.check(tb::arch::interrupts_enabled(), "interrupts are enabled");
      static_cast<void>(tb::arch::disable_interrupts());
    }
    tb::arch::restore_interrupts(tb::arch::InterruptState::kEnabled);
  }
}

}  // namespace

int main(int argc, char** argv) {
  Suite suite;
  if (argc == 2 && std::string_view(argv[1]) == "hlt") {
    suite.test("a store ends no sleep here, and the machine says so",
               [](Suite& s) { s.check(!tb::arch::watches_stores(), "stores are not watched"); });
    return suite.status();
  }
  suite.test("the machine says that a store ends a sleep",
             [](Suite& s) { s.check(tb::arch::watches_stores(), "stores are watched"); });
  if (tb::cpu_count() > 1) {
    suite.test("a store from another CPU ends the sleep without an interrupt", wake_by_store);
  }
  suite.test("a word that is not zero by now lets nobody sleep", return_at_once);
  suite.test("an interrupt that came before still ends the sleep", wake_by_interrupt);
  return suite.status();
}
