// Signals: those that a thread sends to itself, as raise() and abort() do, and those to another
// thread, which notices at its next system call or while it blocks in one. There are no others.
#pragma once

#include "runtime/linux/call.h"

namespace tb::linux_abi {

// Whether the calling thread has been sent a signal that it has neither blocked nor ignores.
bool signal_is_pending();

// Whether a call that they interrupt goes on afterwards, if it can wait for ever.
bool signals_restart_calls();

// Acts on the signals that are pending for the calling thread. From threads, at the end of a system
// call; a handler that it calls may not come back.
void deliver_signals();

Result system_rt_sigaction(SystemCall& call);
Result system_rt_sigprocmask(SystemCall& call);
Result system_rt_sigpending(SystemCall& call);
Result system_sigaltstack(SystemCall& call);
Result system_kill(SystemCall& call);
Result system_tkill(SystemCall& call);
Result system_tgkill(SystemCall& call);

}  // namespace tb::linux_abi
