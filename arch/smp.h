// Contract: the CPUs of the machine. They are numbered from 0 without gaps; 0 is the one that
// boots.
#pragma once

#include <cstdint>

#include "base/cpu_id.h"

namespace tb::arch {

// CPUs that execute, or will: those that did not come up are not counted.
std::uint32_t cpu_count();

// Starts the others, until there are `most` with the boot CPU; returns when every one is up, and
// held, or has been given up and reported. From then on cpu_count() is final. Called once, on the
// boot CPU; 0 < most.
void start_other_cpus(std::uint32_t most);

// Lets the held ones go on to on_cpu_started(). Called once, after start_other_cpus().
void release_other_cpus();

// Has on_reschedule() called on that CPU soon, the caller's own included. From any context.
void send_reschedule(CpuId cpu);

// Halts all the others at once, wherever they are; for the last words of a panic.
void stop_other_cpus();

}  // namespace tb::arch
