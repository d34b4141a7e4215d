// Where and how threads run.
#pragma once

#include "runtime/linux/call.h"

namespace tb::linux_abi {

Result system_sched_yield(SystemCall& call);
Result system_getcpu(SystemCall& call);
Result system_sched_getaffinity(SystemCall& call);
Result system_sched_setaffinity(SystemCall& call);
Result system_sched_getscheduler(SystemCall& call);
Result system_sched_setscheduler(SystemCall& call);
Result system_sched_getparam(SystemCall& call);
Result system_sched_setparam(SystemCall& call);
Result system_sched_setattr(SystemCall& call);
Result system_sched_getattr(SystemCall& call);
Result system_sched_get_priority_max(SystemCall& call);
Result system_sched_get_priority_min(SystemCall& call);
Result system_sched_rr_get_interval(SystemCall& call);
Result system_getpriority(SystemCall& call);
Result system_setpriority(SystemCall& call);

}  // namespace tb::linux_abi
