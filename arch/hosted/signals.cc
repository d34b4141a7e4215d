// What the host is told about signals.
#include "arch/hosted/signals.h"

#include "arch/hosted/cpu_area.h"
#include "arch/hosted/host_calls.h"

extern "C" void return_from_signal();

namespace tb::arch::hosted {
namespace {

// As the kernel has it.
struct SignalAction {
  SignalHandler handler;
  std::uint64_t flags;
  void (*restorer)();
  std::uint64_t mask;
};

constexpr std::uint64_t kMaskSize = sizeof(std::uint64_t);
constexpr std::uint64_t kRestorer = 0x04000000;

}  // namespace

void install_handler(int signal, SignalHandler handler, std::uint64_t flags, std::uint64_t mask) {
  const SignalAction action = {.handler = handler,
                               .flags = flags | kRestorer | SA_SIGINFO | SA_ONSTACK | SA_RESTART,
                               .restorer = return_from_signal,
                               .mask = mask};
  host_call(SYS_rt_sigaction, static_cast<std::uint64_t>(signal), word(&action), 0, kMaskSize);
}

void install_signal_handlers() {
  install_handler(kTimerSignal, handle_interrupt, 0, kInterruptSignals);
  install_handler(kRescheduleSignal, handle_interrupt, 0, kInterruptSignals);
  install_handler(kStopSignal, handle_stop, 0, kInterruptSignals);
  // A fault in the handler of a fault comes, too, and is reported.
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP}) {
    install_handler(signal, handle_fault, SA_NODEFER, kInterruptSignals);
  }
}

void use_signal_stack() {
  CpuArea& area = cpu_area(current_cpu());
  stack_t stack{};
  stack.ss_sp = area.signal.bytes;
  stack.ss_size = sizeof area.signal.bytes;
  host_call(SYS_sigaltstack, word(&stack), 0);
}

}  // namespace tb::arch::hosted
