// Masking, counted for each CPU.
#include "runtime/interrupt_guard.h"

#include "arch/interrupts.h"
#include "base/assert.h"
#include "runtime/cpu.h"
#include "runtime/preemption.h"

namespace tb::detail {

void mask_interrupts() {
  arch::disable_preemption();
  const arch::InterruptState before = arch::disable_interrupts();
  InterruptMasking& masking = this_cpu().masking;
  if (masking.depth == 0) {
    masking.before = before;
  }
  ++masking.depth;
}

void unmask_interrupts() {
  InterruptMasking& masking = this_cpu().masking;
  expects(masking.depth > 0, "interrupts are let in after they were masked");
  --masking.depth;
  if (masking.depth == 0) {
    arch::restore_interrupts(masking.before);
  }
  // A handler is followed by a look at that anyway.
  if (arch::enable_preemption() && !arch::in_interrupt()) [[unlikely]] {
    answer_reschedule_request();
  }
}

}  // namespace tb::detail
