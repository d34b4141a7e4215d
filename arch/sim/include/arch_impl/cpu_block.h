// What the contract's inline functions see of the simulated CPU that runs.
#pragma once

#include <cstdint>

#include "arch_impl/point.h"
#include "base/cpu_id.h"

namespace tb::arch::sim {

struct CpuBlock {
  void* current = nullptr;  // the runtime's running thread
  void* local = nullptr;    // the runtime's block of this CPU
  void* leaving = nullptr;  // the thread before, until its stack is left
  // As on x86_64: a count of raises; the top bit is clear when one must reschedule.
  std::uint32_t preemption = 0;
  std::uint32_t interrupt_depth = 0;  // above zero inside handlers
  CpuId id{};
  bool interrupts = false;            // enabled
  std::int64_t next_due = INT64_MAX;  // the earliest interrupt that is under way
};

inline constexpr std::uint32_t kNoRescheduleRequest = 0x80000000;

// Changes at points only.
extern CpuBlock* this_block;

inline void allow_interrupts() {
  this_block->interrupts = true;
  if (this_block->next_due < progress.horizon) {
    progress.horizon = this_block->next_due;
  }
}

// Another thread is about to run on this CPU.
void note_current(void* thread);

void sleep(const void* watched);
bool watches();
[[noreturn]] void stop();

}  // namespace tb::arch::sim
