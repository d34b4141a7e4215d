// What is done to files by their names.
#pragma once

#include "runtime/linux/call.h"

namespace tb::linux_abi {

Result system_stat(SystemCall& call);
Result system_lstat(SystemCall& call);
Result system_fstat(SystemCall& call);
Result system_newfstatat(SystemCall& call);
Result system_statfs(SystemCall& call);
Result system_access(SystemCall& call);
Result system_faccessat(SystemCall& call);
Result system_readlink(SystemCall& call);
Result system_readlinkat(SystemCall& call);
Result system_symlink(SystemCall& call);
Result system_symlinkat(SystemCall& call);
Result system_link(SystemCall& call);
Result system_linkat(SystemCall& call);
Result system_unlink(SystemCall& call);
Result system_unlinkat(SystemCall& call);
Result system_rename(SystemCall& call);
Result system_renameat(SystemCall& call);
Result system_renameat2(SystemCall& call);
Result system_mkdir(SystemCall& call);
Result system_mkdirat(SystemCall& call);
Result system_rmdir(SystemCall& call);
Result system_truncate(SystemCall& call);
Result system_chmod(SystemCall& call);
Result system_fchmod(SystemCall& call);
Result system_fchmodat(SystemCall& call);
Result system_utimensat(SystemCall& call);
Result system_umask(SystemCall& call);
Result system_getcwd(SystemCall& call);
Result system_chdir(SystemCall& call);
Result system_fchdir(SystemCall& call);

}  // namespace tb::linux_abi
