// The CPUs of the hosted machine, for the other files of this folder.
#pragma once

#include <cstdint>

#include "arch/hosted/cpu_area.h"
#include "base/cpu_id.h"

namespace tb::arch::hosted {

// Processors of the host that this process may use. Once, on the first host thread.
void find_processors();
std::uint32_t processor_count();

// How many CPUs there shall be; once.
void set_cpu_count(std::uint32_t count);

// Makes the calling host thread that CPU: on a processor of its own, if there are enough, with GS,
// signals and a timer. Interrupts off, preemption disabled once.
void become_cpu(CpuId id);

// Whether somebody has called stop_other_cpus().
bool stop_requested();

// GS leads to the block from here on. On a processor without the instruction, by a system call.
void load_block(CpuState& state);

}  // namespace tb::arch::hosted
