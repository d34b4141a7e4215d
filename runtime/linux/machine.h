// What a program may want to know about the machine and about itself.
#pragma once

#include "runtime/linux/call.h"

namespace tb::linux_abi {

Result system_uname(SystemCall& call);
Result system_sysinfo(SystemCall& call);
Result system_prlimit64(SystemCall& call);
Result system_getrlimit(SystemCall& call);
Result system_getrandom(SystemCall& call);
Result system_super_user(SystemCall& call);
Result system_parent(SystemCall& call);

}  // namespace tb::linux_abi
