// Clocks and sleeping.
#pragma once

#include "runtime/linux/call.h"

namespace tb::linux_abi {

Result system_clock_gettime(SystemCall& call);
Result system_clock_getres(SystemCall& call);
Result system_clock_nanosleep(SystemCall& call);
Result system_nanosleep(SystemCall& call);
Result system_gettimeofday(SystemCall& call);
Result system_time(SystemCall& call);
Result system_times(SystemCall& call);
Result system_getrusage(SystemCall& call);

}  // namespace tb::linux_abi
