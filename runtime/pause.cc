// Each paused CPU waits in hold_if_paused(), which it passes on its way into the scheduler. Whoever
// waits for his turn to pause the others is held like them.
#include "runtime/pause.h"

#include <atomic>
#include <chrono>

#include "arch/clock.h"
#include "arch/cpu.h"
#include "arch/interrupts.h"
#include "arch/smp.h"
#include "base/atomic.h"
#include "base/cpu_id.h"
#include "base/time.h"
#include "runtime/preemption.h"

namespace tb {
namespace {

constinit Atomic<bool> taken{false};      // shared: somebody holds the others, or is about to
constinit Atomic<bool> hold{false};       // shared: everybody but him stands still
constinit Atomic<std::uint32_t> held{0};  // shared: CPUs that do

}  // namespace

void hold_if_paused() {
  if (!hold.load()) [[likely]] {
    return;
  }
  held.fetch_add(1);
  while (hold.load()) {
    // Whoever ends the hold interrupts all after that, so the sleep ends.
    static_cast<void>(arch::disable_interrupts());
    if (hold.load()) {
      arch::wait_for_interrupt();
    } else {
      arch::restore_interrupts(arch::InterruptState::kEnabled);
    }
  }
  held.fetch_sub(1);
}

namespace {

void interrupt_others() {
  const CpuId self = arch::current_cpu();
  for (std::uint32_t i = 0; i < arch::cpu_count(); ++i) {
    if (CpuId{i} != self) {
      arch::send_reschedule(CpuId{i});
    }
  }
}

}  // namespace

OtherCpusPaused::OtherCpusPaused() {
  arch::disable_preemption();
  while (taken.exchange(true)) {
    hold_if_paused();
    arch::relax();
  }
  hold.store(true);
  while (held.load() != arch::cpu_count() - 1) {
    // Again and again: whoever was on his way past hold_if_paused() has to come there anew.
    interrupt_others();
    const Time patience = after(arch::now(), std::chrono::microseconds(100));
    while (held.load() != arch::cpu_count() - 1 && arch::now() < patience) {
      arch::relax();
    }
  }
}

OtherCpusPaused::~OtherCpusPaused() {
  hold.store(false);
  interrupt_others();
  // Before anybody else's turn, or who has not seen it yet would count for that.
  while (held.load() != 0) {
    arch::relax();
  }
  taken.store(false);
  if (arch::enable_preemption()) {
    answer_reschedule_request();
  }
}

}  // namespace tb
