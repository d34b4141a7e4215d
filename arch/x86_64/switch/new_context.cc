// New threads: what start_context finds on their stacks.
#include "arch_impl/new_context.h"

#include "base/units.h"

extern "C" void start_context();

// The first instructions of every thread, after the jump from switch_stacks().
asm(R"(
        .section .text.start_context, "ax"
        .global start_context
start_context:
        .cfi_startproc
        .cfi_undefined %rip                     // for debuggers, too
        popq    %rax                            // entry
        popq    %rdi                            // its argument
        xorl    %ebp, %ebp                      // the chain of frames ends here
        leaq    1f(%rip), %rcx                  // as a call leaves the stack, but without one:
        pushq   %rcx                            // the processor guesses returns by calls, and
        jmp     *%rax                           // entries do not return
1:      ud2
        .cfi_endproc
        .text
)");

namespace tb::arch::x86 {
namespace {

constexpr std::uint32_t kDefaultMxcsr = 0x1f80;       // all exceptions masked, round to nearest
constexpr std::uint16_t kDefaultX87Control = 0x037f;  // likewise, 64-bit precision

}  // namespace

constinit WriteThreadPointer write_thread_pointer_slowly = nullptr;

void prepare_context(Context& context, std::span<std::byte> stack, void (*entry)(void* argument),
                     void* argument) {
  const auto top = align_down(reinterpret_cast<std::uintptr_t>(stack.data() + stack.size()), 16);
  auto* const words = reinterpret_cast<void**>(top) - 2;
  words[0] = reinterpret_cast<void*>(entry);
  words[1] = argument;
  context = {.stack_pointer = words,
             .resume_at = start_context,
             .thread_pointer = 0,
             .mxcsr = kDefaultMxcsr,
             .x87_control = kDefaultX87Control,
             .watched = {}};
}

void copy_floating_point_control(Context& context) { read_floating_point_control(context); }

}  // namespace tb::arch::x86
