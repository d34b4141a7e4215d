// Holding all other CPUs still, for tests that want to look at the machine or to have it alone.
#pragma once

namespace tb {

// As long as it exists the other CPUs run no thread; they answer interrupts. Preemption is off for
// the caller, who must not block. Waits for the others: each stops as its preemption is on.
class OtherCpusPaused {
 public:
  OtherCpusPaused();
  ~OtherCpusPaused();
  OtherCpusPaused(const OtherCpusPaused&) = delete;
  OtherCpusPaused& operator=(const OtherCpusPaused&) = delete;
};

// Waits here while another CPU has this one paused. On the way into the scheduler, preemption off.
void hold_if_paused();

}  // namespace tb
