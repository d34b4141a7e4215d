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

// From tools/symbol_table.py; absent in programs that are no images.
extern "C" [[gnu::weak]] const std::uint32_t tb_floating_point_control_is_fixed;

namespace tb::arch::x86 {

constinit WriteThreadPointer write_thread_pointer_slowly = nullptr;
constinit ControlSwitch control_switch = ControlSwitch::kCompare;

[[gnu::cold]] void choose_control_switch() {
  const bool is_fixed =
      &tb_floating_point_control_is_fixed != nullptr && tb_floating_point_control_is_fixed != 0;
  control_switch =
      control_switch_for(is_fixed ? ControlUse::kIsFixed : ControlUse::kMayChange, vendor());
}

void prepare_context(Context& context, std::span<std::byte> stack, void (*entry)(void* argument),
                     void* argument, std::uintptr_t thread_pointer) {
  const auto top = align_down(reinterpret_cast<std::uintptr_t>(stack.data() + stack.size()), 16);
  auto* const words = reinterpret_cast<void**>(top) - 2;
  words[0] = reinterpret_cast<void*>(entry);
  words[1] = argument;
  context = {.stack_pointer = words,
             .resume_at = start_context,
             .thread_pointer = thread_pointer,
             .control = kDefaultControl,
             .watched = {}};
}

void copy_floating_point_control(Context& context) { read_control(context.control); }

}  // namespace tb::arch::x86
