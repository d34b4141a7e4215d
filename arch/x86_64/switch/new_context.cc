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
        movq    16(%rsp), %rdi                  // its context
        call    load_floating_point_control
        popq    %rax                            // entry
        popq    %rdi                            // its argument
        addq    $16, %rsp                       // the context, and a word for the alignment
        xorl    %ebp, %ebp                      // the chain of frames ends here
        call    *%rax                           // the stack is aligned as the ABI wants it
        ud2                                     // entries do not return
        .cfi_endproc
        .text
)");

namespace tb::arch::x86 {
namespace {

constexpr std::uint32_t kDefaultMxcsr = 0x1f80;       // all exceptions masked, round to nearest
constexpr std::uint16_t kDefaultX87Control = 0x037f;  // likewise, 64-bit precision

}  // namespace

// Called by start_context.
extern "C" void load_floating_point_control(const Context* context) {
  restore_floating_point_control(*context);
}

void prepare_context(Context& context, std::span<std::byte> stack, void (*entry)(void* argument),
                     void* argument, std::uintptr_t thread_pointer) {
  const auto top = align_down(reinterpret_cast<std::uintptr_t>(stack.data() + stack.size()), 16);
  auto* const words = reinterpret_cast<void**>(top) - 4;
  words[0] = reinterpret_cast<void*>(entry);
  words[1] = argument;
  words[2] = &context;
  context = {.stack_pointer = words,
             .resume_at = start_context,
             .thread_pointer = thread_pointer,
             .mxcsr = kDefaultMxcsr,
             .x87_control = kDefaultX87Control};
}

void copy_floating_point_control(Context& context) {
  context.mxcsr = read_mxcsr();
  context.x87_control = read_x87_control();
}

}  // namespace tb::arch::x86
