// Memory by pages.
#pragma once

#include "runtime/linux/call.h"

namespace tb::linux_abi {

Result system_brk(SystemCall& call);
Result system_mmap(SystemCall& call);
Result system_munmap(SystemCall& call);
Result system_mprotect(SystemCall& call);
Result system_madvise(SystemCall& call);
Result system_mremap(SystemCall& call);
Result system_mlock(SystemCall& call);

}  // namespace tb::linux_abi
