// The end of a machine that cannot go on.
#pragma once

#include <string_view>

#include "arch/fault.h"

namespace tb {

// The exit status of a machine that panicked; what a shell shows for a program that aborted.
inline constexpr int kPanicStatus = 134;

// Stops all CPUs, prints the reason with the thread, the CPU and who called whom, and ends the
// machine. From any context.
[[noreturn]] void panic(std::string_view reason);

// The same for an instruction that faulted, with the registers.
[[noreturn]] void panic(const arch::Fault& fault, std::string_view reason);

}  // namespace tb
