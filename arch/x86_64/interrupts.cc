// Interrupts after their first instructions: whom they are for, and whether the thread goes on.
#include <cstddef>
#include <cstdint>

#include "arch/cpu.h"
#include "arch/interrupts.h"
#include "arch/upcalls.h"
#include "arch/x86_64/cpu_area.h"
#include "arch/x86_64/descriptors.h"
#include "arch/x86_64/flush.h"
#include "arch/x86_64/local_apic.h"
#include "arch/x86_64/machine_clock.h"
#include "arch_impl/vector_state.h"

namespace tb::arch::x86 {
namespace {

void deliver(Vector vector) {
  switch (vector) {
    case Vector::kTimer:
      keep_clock_running();
      on_timer();
      break;
    case Vector::kReschedule:
      on_reschedule();
      break;
    case Vector::kFlush:
      answer_flush();
      break;
    case Vector::kSpurious:
      break;
  }
}

// What interrupt_entry.S has put on the interrupted stack.
struct InterruptFrame {
  std::uint64_t rbp, r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax;
  std::uint64_t vector;
  std::uint64_t instruction, code_segment, flags, stack_pointer, stack_segment;
};
static_assert(offsetof(InterruptFrame, vector) == 80, "as interrupt_entry.S reads it");

// The interrupted thread may lose the CPU in here and come back much later, on another one even.
// A function of its own, so that only a switch pays for the room on the stack.
[[gnu::noinline]] void reschedule_interrupted_thread(const InterruptFrame& frame) {
  void* const area = __builtin_alloca_with_align(vector_state_size(), kVectorStateAlignment * 8);
  save_vector_state(area);
  asm volatile("sti" : : : "memory");
  const Interrupted found{frame.instruction, frame.stack_pointer, frame.rbp};
  on_preempt(&found);
  asm volatile("cli" : : : "memory");
  restore_vector_state(area);
}

}  // namespace

// Called by interrupt_entry.S on the interrupted thread's stack, interrupts off.
extern "C" void handle_interrupt(const InterruptFrame& frame) {
  CpuBlock& block = this_cpu_state().block;
  ++block.interrupt_depth;
  deliver(static_cast<Vector>(frame.vector));
  local_apic().end_of_interrupt();
  --block.interrupt_depth;
  while (preemption_enabled() && reschedule_requested()) {
    disable_preemption();
    reschedule_interrupted_thread(frame);
    // A request that came meanwhile is seen by the loop.
    static_cast<void>(enable_preemption());
  }
}

}  // namespace tb::arch::x86
