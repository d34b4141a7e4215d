// Signals: which of them are interrupts and faults, and who handles them.
#pragma once

#include <signal.h>
#include <sys/ucontext.h>

#include <cstdint>

namespace tb::arch::hosted {

// Ordinary signals, which do not queue up, and at which debuggers do not stop.
inline constexpr int kTimerSignal = SIGALRM;
inline constexpr int kRescheduleSignal = SIGURG;
inline constexpr int kStopSignal = SIGIO;

constexpr std::uint64_t signal_bit(int signal) { return std::uint64_t{1} << (signal - 1); }

// What no handler may be interrupted by.
inline constexpr std::uint64_t kInterruptSignals =
    signal_bit(kTimerSignal) | signal_bit(kRescheduleSignal);

using SignalHandler = void (*)(int signal, siginfo_t* information, void* context);

// For the whole process: handlers of all signals but SIGSYS. Once.
void install_signal_handlers();

// While it runs, the signals of `mask` wait.
void install_handler(int signal, SignalHandler handler, std::uint64_t flags, std::uint64_t mask);

// For this host thread: its stack for handlers.
void use_signal_stack();

// The handlers, on that stack; interrupt_entry.cc, faults.cc and cpus.cc have them.
void handle_interrupt(int signal, siginfo_t* information, void* context);
void handle_fault(int signal, siginfo_t* information, void* context);
void handle_stop(int signal, siginfo_t* information, void* context);

}  // namespace tb::arch::hosted
