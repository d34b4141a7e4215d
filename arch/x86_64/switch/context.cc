// New threads, and what a stack must hold.
#include "arch/context.h"

#include "arch_impl/new_context.h"
#include "arch_impl/thread_switch.h"
#include "arch_impl/vector_state.h"
#include "base/units.h"

namespace tb::arch {

void make_context(Context& context, std::span<std::byte> stack, ThreadEntry entry, void* argument,
                  std::uintptr_t thread_pointer) {
  x86::prepare_context(context, stack, entry, argument, thread_pointer);
  x86::watch_context(context.watched, stack);
}

void inherit_floating_point_control(Context& context) { x86::copy_floating_point_control(context); }

void set_thread_pointer(Context& running, std::uintptr_t thread_pointer) {
  // Before the register: an interrupt in between loads it, and then it is loaded twice.
  running.thread_pointer = thread_pointer;
  if (x86::write_thread_pointer_slowly == nullptr) {
    asm volatile("wrfsbase %0" : : "r"(thread_pointer) : "memory");
  } else {
    asm volatile("" : : : "memory");
    x86::write_thread_pointer_slowly(thread_pointer);
  }
}

std::size_t minimum_stack_size() {
  constexpr std::size_t kRedZone = 128;
  constexpr std::size_t kInterruptFrames = 512;  // one being scheduled away, one on top of it
  constexpr std::size_t kScheduler = 3 * kKiB;   // reschedule() and what it calls
  constexpr std::size_t kFunction = 2 * kKiB;    // something for the thread itself
  return align_up(kRedZone + kInterruptFrames + x86::vector_state_size() + kScheduler + kFunction,
                  kPageSize);
}

}  // namespace tb::arch
