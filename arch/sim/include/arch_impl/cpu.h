// The contract's inline functions on the block of the simulated CPU that runs. A point comes before
// what other CPUs or interrupts could see or change, never between reading "which CPU" and its
// value.
#pragma once

#include "arch_impl/cpu_block.h"

namespace tb::arch {

inline CpuId current_cpu() { return sim::this_block->id; }

inline void* cpu_local() { return sim::this_block->local; }
inline void set_cpu_local(void* local) { sim::this_block->local = local; }

inline void* current() { return sim::this_block->current; }
inline void set_current(void* thread) {
  sim::point();
  sim::note_current(thread);
}

inline void disable_preemption() {
  sim::point();
  ++sim::this_block->preemption;
}

// Zero after the decrement means both: the outermost, and the request's bit clear.
inline bool enable_preemption() {
  sim::point();
  return --sim::this_block->preemption == 0;
}

inline bool preemption_enabled() {
  return (sim::this_block->preemption & ~sim::kNoRescheduleRequest) == 0;
}

inline bool reschedule_requested() {
  return (sim::this_block->preemption & sim::kNoRescheduleRequest) == 0;
}

inline void request_reschedule() {
  sim::point();
  sim::this_block->preemption &= ~sim::kNoRescheduleRequest;
}

inline void clear_reschedule_request() {
  sim::point();
  sim::this_block->preemption |= sim::kNoRescheduleRequest;
}

inline bool in_interrupt() { return sim::this_block->interrupt_depth != 0; }

inline void relax() { sim::point(); }

inline void wait_for_interrupt() { sim::sleep(nullptr); }

inline bool polling_pays() { return true; }

inline bool watches_stores() { return sim::watches(); }

inline void wait_for_interrupt_or_store(const void* word) { sim::sleep(word); }

[[noreturn]] inline void halt() { sim::stop(); }

}  // namespace tb::arch
