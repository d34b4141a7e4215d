// Staying on this CPU for a few instructions.
#pragma once

#include "arch/cpu.h"

namespace tb {

// Asks the scheduler, as an interrupt would; preemption is on.
void answer_reschedule_request();

// Undoes disable_preemption(); what interrupts have asked for meanwhile happens here.
[[gnu::always_inline]] inline void let_go_of_the_cpu() {
  if (arch::enable_preemption()) [[unlikely]] {
    answer_reschedule_request();
  }
}

// Keeps the calling thread on its CPU, and everybody else off it, for a scope. Interrupts still
// come; a reschedule they ask for happens at the end of the outermost scope. Blocking inside is an
// error.
class PreemptionGuard {
 public:
  PreemptionGuard() { arch::disable_preemption(); }
  ~PreemptionGuard() { let_go_of_the_cpu(); }
  PreemptionGuard(const PreemptionGuard&) = delete;
  PreemptionGuard& operator=(const PreemptionGuard&) = delete;
};

}  // namespace tb
