// From one stack to another, inlined where it is used, so that the compiler saves what is live
// there and no more.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tb::arch {

struct Context {
  void* stack_pointer;
  void (*resume_at)();  // where to go on; left by a jump, which is predicted, not a return
  std::uintptr_t thread_pointer;  // FS base
  std::uint32_t mxcsr;            // SSE control; the vector registers themselves are not kept
  std::uint16_t x87_control;
};

static_assert(offsetof(Context, stack_pointer) == 0);
static_assert(offsetof(Context, resume_at) == 8);

namespace x86 {

#ifdef TB_ARCH_INTERPRETED
// Where a hypervisor interprets the machine's code instruction by instruction, it may know neither
// stmxcsr nor ldmxcsr; an image built for there does without, and its threads share one MXCSR.
inline std::uint32_t read_mxcsr() { return 0; }
inline void write_mxcsr(std::uint32_t) {}
#else
inline std::uint32_t read_mxcsr() {
  std::uint32_t mxcsr;
  asm volatile("stmxcsr %0" : "=m"(mxcsr));
  return mxcsr;
}
inline void write_mxcsr(std::uint32_t mxcsr) { asm volatile("ldmxcsr %0" : : "m"(mxcsr)); }
#endif

inline std::uint16_t read_x87_control() {
  std::uint16_t control;
  asm volatile("fnstcw %0" : "=m"(control));
  return control;
}

// The calling convention makes rounding modes and exception masks survive a call. Loading them
// costs more than comparing; the sticky exception flags may differ.
inline void restore_floating_point_control(const Context& context) {
  constexpr std::uint32_t kStickyFlags = 0x3f;
  if (((read_mxcsr() ^ context.mxcsr) & ~kStickyFlags) != 0) [[unlikely]] {
    write_mxcsr(context.mxcsr);
  }
  if (read_x87_control() != context.x87_control) [[unlikely]] {
    asm volatile("fldcw %0" : : "m"(context.x87_control));
  }
}

// Leaves the caller suspended in `from` and goes on in `to`; the thread pointer is the caller's
// business. The vector registers' contents are lost.
[[gnu::always_inline]] inline void switch_stacks(Context& from, Context& to) {
  from.mxcsr = read_mxcsr();
  from.x87_control = read_x87_control();
  Context* self = &from;
  Context* next = &to;
  asm volatile(
      "pushq %%rbp\n\t"            // the frame pointer cannot stand in a clobber list
      "leaq 1f(%%rip), %%rax\n\t"  // where this thread goes on,
      "movq %%rax, 8(%0)\n\t"      // into its resume_at
      "movq %%rsp, 0(%0)\n\t"      // and its stack pointer
      "movq 0(%1), %%rsp\n\t"      // onto the other stack
      "jmpq *8(%1)\n"              // and to its resume_at
      "1:\n\t"
      "popq %%rbp"
      : "+D"(self), "+S"(next)
      :
      : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory",
        "cc");
  // `self` was another thread's register all the while; `from` is kept on this stack.
  restore_floating_point_control(from);
}

}  // namespace x86

}  // namespace tb::arch
