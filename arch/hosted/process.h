// What a process with a C library below it (sanitized/) does otherwise than one without
// (freestanding/).
#pragma once

#include <cstdint>

#include "base/cpu_id.h"

namespace tb::arch::hosted {

// A thread of the host that begins with begin_cpu(id); false if the host refuses.
bool start_cpu_thread(CpuId id);
void begin_cpu(CpuId id);

// Whether an interrupt can be served that comes at this instruction. From its handler.
bool may_interrupt_at(std::uintptr_t instruction);

// If not: has an interrupt come again soon. From its handler.
void interrupt_again_soon();

// For this host thread: the program's system calls, but for those from host_calls.S, are the
// runtime's to answer. Notes a host that cannot do so.
void divert_system_calls();

}  // namespace tb::arch::hosted
