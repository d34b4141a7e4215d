// The clock of the hosted machine, for the other files of this folder.
#pragma once

#include <cstdint>

#include "arch/hosted/host_calls.h"

namespace tb::arch::hosted {

// As the kernel has it; uapi/linux/time.h.
struct TimerSetting {
  HostTime interval;
  HostTime value;
};

// Once, before anybody asks for the time.
void start_clock();

// "TSC", or the host's own clock where that does not go evenly; ticks a second.
const char* clock_name();
std::uint64_t clock_hz();

// For this CPU.
void make_timer();

}  // namespace tb::arch::hosted
