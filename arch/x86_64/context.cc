// New threads, and what a stack must hold.
#include "arch/context.h"

#include <cstring>

#include "arch/x86_64/cpu_features.h"
#include "arch/x86_64/registers.h"
#include "arch/x86_64/vector_state.h"
#include "base/units.h"

extern "C" void start_context();

// The first instructions of every thread, after the jump from switch_context().
asm(R"(
        .section .text.start_context, "ax"
        .global start_context
start_context:
        movq    16(%rsp), %rdi                  // its context
        call    load_floating_point_control
        popq    %rax                            // entry
        popq    %rdi                            // its argument
        addq    $16, %rsp                       // the context, and a word for the alignment
        xorl    %ebp, %ebp                      // the chain of frames ends here
        call    *%rax                           // the stack is aligned as the ABI wants it
        ud2                                     // entries do not return
)");

namespace tb::arch {
namespace {

constexpr std::uint32_t kDefaultMxcsr = 0x1f80;       // all exceptions masked, round to nearest
constexpr std::uint16_t kDefaultX87Control = 0x037f;  // likewise, 64-bit precision

}  // namespace

namespace x86 {

constinit bool has_wrfsbase = false;

void write_thread_pointer_register(std::uintptr_t thread_pointer) {
  write_msr(msr::kFsBase, thread_pointer);
}

// Called by start_context.
extern "C" void load_floating_point_control(const Context* context) {
  restore_floating_point_control(*context);
}

}  // namespace x86

void make_context(Context& context, std::span<std::byte> stack, ThreadEntry entry, void* argument,
                  std::uintptr_t thread_pointer) {
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

void inherit_floating_point_control(Context& context) {
  context.mxcsr = x86::read_mxcsr();
  context.x87_control = x86::read_x87_control();
}

void set_thread_pointer(Context& running, std::uintptr_t thread_pointer) {
  // Before the register: an interrupt in between loads it, and then it is loaded twice.
  running.thread_pointer = thread_pointer;
  asm volatile("" : : : "memory");
  x86::write_thread_pointer(thread_pointer);
}

std::uintptr_t thread_pointer_of(const Context& context) { return context.thread_pointer; }

std::size_t minimum_stack_size() {
  constexpr std::size_t kRedZone = 128;
  constexpr std::size_t kInterruptFrames = 512;  // one being scheduled away, one on top of it
  constexpr std::size_t kScheduler = 3 * kKiB;   // reschedule() and what it calls
  constexpr std::size_t kFunction = 2 * kKiB;    // something for the thread itself
  return align_up(kRedZone + kInterruptFrames + x86::vector_state_size() + kScheduler + kFunction,
                  kPageSize);
}

}  // namespace tb::arch
