// What a CPU does without work: it offers itself, polls for a while, then sleeps until somebody
// needs it.
#include <chrono>

#include "arch/clock.h"
#include "arch/interrupts.h"
#include "runtime/dispatch.h"
#include "runtime/pause.h"

namespace tb {
namespace {

bool must_go_on(const Cpu& cpu) { return cpu.scheduler.has_work() || arch::reschedule_requested(); }

void poll(const Cpu& cpu, Time until) {
  while (!must_go_on(cpu) && arch::now() < until) {
    arch::relax();
  }
}

// Whoever pushes on the inbox after the last look here sends an interrupt, which ends the sleep
// even if it comes before; or stores to the word that is watched.
void sleep(Cpu& cpu) {
  cpu.now = arch::now();
  arm_timer(cpu, cpu.scheduler.must_look_again_at(cpu.now));
  arm_timer(cpu, cpu.scheduler.timer_at(cpu.now));
  complete_switch();
  const bool watches = arch::watches_stores();
  if (!watches) {
    cpu.scheduler.stop_watching();
  }
  static_cast<void>(arch::disable_interrupts());
  if (must_go_on(cpu)) {
    arch::restore_interrupts(arch::InterruptState::kEnabled);
  } else if (watches) {
    arch::wait_for_interrupt_or_store(cpu.scheduler.arrivals_word());
  } else {
    arch::wait_for_interrupt();
  }
}

// A few at a time, for each of them is interrupted; false if there was nobody left to ask.
bool ask_for_work(Cpu& cpu) {
  constexpr int kAtOnce = 4;
  int asked = 0;
  while (asked < kAtOnce) {
    const auto loaded = cpu.scheduler.next_to_ask();
    if (!loaded) {
      break;
    }
    interrupt(*loaded);
    ++asked;
  }
  return asked > 0;
}

// Whoever answers at once, and whoever is just about to take what lies in his inbox, needs neither
// to find this CPU among the idle ones nor to be asked. There is no pause between the looks, which
// would be a good part of the time that an answer takes.
bool comes_at_once(const Cpu& cpu, Time begin) {
  constexpr Duration kAtOnce = std::chrono::microseconds(1);
  constexpr int kLooksPerReading = 16;
  do {
    for (int look = 0; look < kLooksPerReading; ++look) {
      if (must_go_on(cpu)) {
        return true;
      }
    }
  } while (arch::polling_pays() && arch::now() < after(begin, kAtOnce));
  return false;
}

void offer_oneself(Cpu& cpu, Time begin) {
  // About as long as an interrupt takes, and to hand a thread over.
  constexpr Duration kTimeToAnswer = std::chrono::microseconds(5);
  cpu.scheduler.begin_idle();
  while (!must_go_on(cpu) && ask_for_work(cpu)) {
    poll(cpu, after(arch::now(), kTimeToAnswer));
  }
  const Time due = cpu.scheduler.timer_at(begin);
  if (arch::polling_pays()) {
    poll(cpu, after(begin, cpu.poll_length.next(due - begin)));
  }
  if (!must_go_on(cpu) && arch::now() < due) {
    sleep(cpu);
  }
}

void wait_for_work(Cpu& cpu) {
  const Time begin = arch::now();
  if (!comes_at_once(cpu, begin)) {
    offer_oneself(cpu, begin);
    cpu.poll_length.note(arch::now() - begin);
  }
}

}  // namespace

void idle_loop() {
  for (;;) {
    hold_if_paused();
    Cpu& cpu = this_cpu();
    advance_time(cpu);
    leave(sched::Leave::kYielded);
    if (!must_go_on(cpu)) {
      wait_for_work(cpu);
    }
  }
}

}  // namespace tb
