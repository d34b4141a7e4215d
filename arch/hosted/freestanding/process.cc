// A process that begins with its own first instruction, and whose threads are the kernel's alone.
#include <elf.h>
#include <sched.h>
#include <sys/auxv.h>

#include "arch/hosted/cpu_area.h"
#include "arch/hosted/host_calls.h"
#include "arch/hosted/pending.h"
#include "arch/hosted/process.h"
#include "arch/hosted/start.h"

extern "C" [[noreturn]] void continue_on_stack(std::byte* top, void (*function)());

namespace tb::arch::hosted {
namespace {

// The facts that the kernel has put behind the arguments and the environment.
std::uint64_t fact(const std::uint64_t* facts, std::uint64_t kind) {
  for (; facts[0] != AT_NULL; facts += 2) {
    if (facts[0] == kind) {
      return facts[1];
    }
  }
  return 0;
}

}  // namespace

// Called by start.S on the host's stack.
extern "C" [[noreturn]] void start_process(const std::uint64_t* words) {
  const std::size_t count = words[0];
  const auto* const arguments = reinterpret_cast<const char* const*>(words + 1);
  const std::uint64_t* facts = words + 1 + count + 1;
  while (*facts != 0) {
    ++facts;
  }
  prepare_machine({arguments + 1, count > 0 ? count - 1 : 0}, fact(facts + 1, AT_HWCAP2));
  continue_on_stack(cpu_area(CpuId{0}).main.top(), run_first_cpu);
}

bool start_cpu_thread(CpuId id) {
  constexpr std::uint64_t kFlags =
      CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
  const auto begin = [](void* number) {
    begin_cpu(CpuId{static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(number))});
  };
  return start_host_thread(kFlags, cpu_area(id).main.top(), begin,
                           reinterpret_cast<void*>(std::uintptr_t{index_of(id)})) >= 0;
}

bool may_interrupt_at(std::uintptr_t) { return true; }

void interrupt_again_soon() {}

namespace {

// What preemption.S has put on the thread's stack.
struct PreemptionFrame {
  std::uint64_t r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax;
  std::uint64_t instruction, code_segment, flags, stack_pointer, stack_segment;
};

}  // namespace

// Called by preemption.S on the thread's stack; interrupts are off.
extern "C" void reschedule_preempted_thread(const PreemptionFrame& frame,
                                            std::uintptr_t frame_pointer) {
  const Interrupted found{frame.instruction, frame.stack_pointer, frame_pointer};
  serve_interrupts(&found);
}

}  // namespace tb::arch::hosted
