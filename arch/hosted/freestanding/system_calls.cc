// System calls of the standard library: the host turns each of them into a signal, whose handler
// does what the instruction does on a machine and leaves the rest to system_call_entry.
#include <sys/prctl.h>

#include "arch/hosted/host_calls.h"
#include "arch/hosted/process.h"
#include "arch/hosted/signals.h"
#include "arch/upcalls.h"

extern "C" {
extern const char system_call_entry[];
extern const char host_calls_begin[];
extern const char host_calls_end[];
// Thread-local variables, which whoever has a C library has: errno is one.
extern const char __thread_local_begin[];
extern const char __thread_local_end[];
}

namespace tb::arch::hosted {
namespace {

// linux/prctl.h of 5.11; Debian's own is older than the host may be.
constexpr std::uint64_t kSetSystemCallDispatch = 59;
constexpr std::uint64_t kDispatchOn = 1;

// Read by the kernel at every system call: those from outside the range become signals.
constinit const char selector = 1;

// The kernel has undone the call but for rip: rax is its number again.
void handle_system_call(int, siginfo_t*, void* context) {
  constexpr std::int64_t kTrapAndDirectionFlags = (1 << 8) | (1 << 10);
  greg_t* const registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  registers[REG_RCX] = registers[REG_RIP];
  registers[REG_R11] = registers[REG_EFL];
  registers[REG_EFL] &= ~kTrapAndDirectionFlags;
  registers[REG_RIP] = static_cast<greg_t>(word(system_call_entry));
}

}  // namespace

void divert_system_calls() {
  install_handler(SIGSYS, handle_system_call, 0, kInterruptSignals);
  const std::int64_t result =
      host_call(SYS_prctl, kSetSystemCallDispatch, kDispatchOn, word(host_calls_begin),
                word(host_calls_end) - word(host_calls_begin), word(&selector));
  if (result != 0 && word(__thread_local_begin) != word(__thread_local_end)) {
    on_panic(
        "this host does not hand over system calls of a program's own; a hosted program with the "
        "standard library needs Linux 5.11 or later");
  }
}

}  // namespace tb::arch::hosted
