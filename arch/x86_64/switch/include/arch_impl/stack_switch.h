// From one stack to another, inlined where it is used, so that the compiler saves what is live
// there and no more.
#pragma once

#include <cstddef>
#include <cstdint>

#include "arch_impl/annotations.h"
#include "arch_impl/floating_point_control.h"

namespace tb::arch {

struct Context {
  void* stack_pointer;
  void (*resume_at)();  // where to go on; left by a jump, which is predicted, not a return
  std::uintptr_t thread_pointer;
  x86::FloatingPointControl control;  // the vector registers themselves are not kept
  [[no_unique_address]] x86::Watched watched;
};

static_assert(offsetof(Context, stack_pointer) == 0);
static_assert(offsetof(Context, resume_at) == 8);
static_assert(offsetof(Context, thread_pointer) == 16);

namespace x86 {

// Puts the thread pointer into its register where no instruction does; null where wrfsbase can be
// used, which is far faster. Constant after start; the implementation sets it.
using WriteThreadPointer = void (*)(std::uintptr_t thread_pointer) [[clang::preserve_most]];
[[gnu::visibility("hidden")]] extern WriteThreadPointer write_thread_pointer_slowly;

}  // namespace x86

inline void end_context(Context& context) { x86::watch_end(context.watched); }

[[gnu::always_inline]] inline std::uintptr_t thread_pointer_of(const Context& context) {
  return context.thread_pointer;
}

// Leaves the caller suspended in `from` and goes on in `to`. The vector registers' contents are
// lost. One statement with the thread pointer, so that the compiler can put nothing of the caller's
// between.
[[gnu::always_inline]] inline void switch_stacks(Context& from, Context& to) {
  x86::watch_switch(from.watched, to.watched);
  Context* self = &from;
  Context* next = &to;
  asm volatile(
      "movq 16(%1), %%rax\n\t"  // the other one's thread pointer:
      "cmpq 16(%0), %%rax\n\t"  // to load it costs more than to compare
      "jne 3f\n"
      "2:\n\t"
      "pushq %%rbp\n\t"            // the frame pointer cannot stand in a clobber list
      "leaq 1f(%%rip), %%rax\n\t"  // where this thread goes on,
      "movq %%rax, 8(%0)\n\t"      // into its resume_at
      "movq %%rsp, 0(%0)\n\t"      // and its stack pointer
      "movq 0(%1), %%rsp\n\t"      // onto the other stack
      "jmpq *8(%1)\n"              // and to its resume_at
      "1:\n\t"
      "popq %%rbp\n\t"
      ".subsection 1\n"  // seldom: behind the function, so that nothing is jumped over
      "3:\n\t"
      "cmpq $0, %2\n\t"  // is there a faster way
      "jne 4f\n\t"
      "wrfsbase %%rax\n\t"
      "jmp 2b\n"
      "4:\n\t"
      "pushq %%rdi\n\t"        // as all that it calls, it keeps the registers
      "movq %%rax, %%rdi\n\t"  // but for its argument and rax
      "callq *%2\n\t"
      "popq %%rdi\n\t"
      "jmp 2b\n\t"
      ".previous"
      : "+D"(self), "+S"(next)
      : "m"(x86::write_thread_pointer_slowly)
      : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory",
        "cc");
}

}  // namespace tb::arch
