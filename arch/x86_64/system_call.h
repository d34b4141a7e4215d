// Turning the syscall instruction on.
#pragma once

namespace tb::arch::x86 {

// On every CPU, once.
void enable_system_calls();

}  // namespace tb::arch::x86
