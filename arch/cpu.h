// Contract: the CPU that executes the caller. With preemption on, an answer about "this CPU" may be
// old by the time it is used; current() stays true, for a thread takes it along.
#pragma once

#include <cstdint>

#include "base/cpu_id.h"

namespace tb::arch {

CpuId current_cpu();

// What the runtime keeps for each CPU.
void* cpu_local();
void set_cpu_local(void* local);

// What the runtime keeps for the running thread; read in one step, so preemption may be on.
void* current();
void set_current(void* thread);

// Preemption is off while the count of raises is above zero. Interrupts still come; the outermost
// enable_preemption() tells whether one of them asked for a reschedule meanwhile.
void disable_preemption();
[[nodiscard]] bool enable_preemption();
bool preemption_enabled();
void request_reschedule();
void clear_reschedule_request();
bool reschedule_requested();

// Whether the caller is an interrupt handler.
bool in_interrupt();

// A pause inside a loop that polls.
void relax();

// Called with interrupts disabled: enables them and sleeps in one step, so that an interrupt that
// came before still ends the sleep.
void wait_for_interrupt();

// Whether a CPU that looks again and again takes nothing from the others: each has a processor of
// its own. Constant after start.
bool polling_pays();

// Whether wait_for_interrupt_or_store() does better than wait_for_interrupt(); constant after
// start.
bool watches_stores();

// Called with interrupts disabled, and where watches_stores(): enables them and sleeps in one step.
// Returns on an interrupt, or when the pointer-sized word at `word`, aligned to its size, is not
// zero (at once if it is so by now), or for no reason: the caller looks again.
void wait_for_interrupt_or_store(const void* word);

// Stops this CPU for good.
[[noreturn]] void halt();

}  // namespace tb::arch

#include "arch_impl/cpu.h"
