// Which interrupts have to wait: those that come while the sanitizer or the C library is at work.
// What serves an interrupt calls the sanitizer, and so does the thread that runs next.
//
// Nothing in here calls it.
#include "arch/hosted/clocks.h"
#include "arch/hosted/cpu_area.h"
#include "arch/hosted/host_calls.h"
#include "arch/hosted/pending.h"
#include "arch/hosted/process.h"
#include "arch_impl/vector_state.h"

extern "C" {
extern const char interruptible_begin[];
extern const char interruptible_end[];
}

namespace tb::arch::hosted {

bool may_interrupt_at(std::uintptr_t instruction) {
  return instruction >= reinterpret_cast<std::uintptr_t>(interruptible_begin) &&
         instruction < reinterpret_cast<std::uintptr_t>(interruptible_end);
}

// By the CPU's timer: the runtime bears an interrupt too many, and arms it anew after each.
void interrupt_again_soon() {
  constexpr TimerSetting kSoon = {.interval = {}, .value = {.seconds = 0, .nanoseconds = 20'000}};
  host_call(SYS_timer_settime, static_cast<std::uint64_t>(this_cpu_state().timer), 0, word(&kSoon),
            0);
}

// Called by preemption.S on the thread's stack; interrupts are off. The sanitizer uses vector
// registers, unlike the core.
extern "C" void reschedule_preempted_thread() {
  void* const area =
      __builtin_alloca_with_align(x86::vector_state_size(), x86::kVectorStateAlignment * 8);
  x86::save_vector_state(area);
  serve_interrupts();
  x86::restore_vector_state(area);
}

}  // namespace tb::arch::hosted
