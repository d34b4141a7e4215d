// Open files: reading, writing, and what descriptors mean.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/files/descriptor_table.h"
#include "runtime/linux/call.h"

namespace tb::linux_abi {

inline constexpr std::size_t kMostOpenFiles = files::DescriptorTable::kMost;

// Errors: kBadDescriptor; kAccess if the file is not open for reading; kNoDevice if it has no
// bytes.
std::expected<void, Errno> can_be_mapped(int descriptor);

// Reads from the file behind the descriptor into memory, as much as there is.
Result read_file_at(int descriptor, std::span<std::byte> bytes, std::uint64_t offset);

Result system_open(SystemCall& call);
Result system_openat(SystemCall& call);
Result system_creat(SystemCall& call);
Result system_close(SystemCall& call);
Result system_read(SystemCall& call);
Result system_readv(SystemCall& call);
Result system_pread64(SystemCall& call);
Result system_write(SystemCall& call);
Result system_writev(SystemCall& call);
Result system_pwrite64(SystemCall& call);
Result system_lseek(SystemCall& call);
Result system_sendfile(SystemCall& call);
Result system_ftruncate(SystemCall& call);
Result system_fsync(SystemCall& call);
Result system_dup(SystemCall& call);
Result system_dup2(SystemCall& call);
Result system_dup3(SystemCall& call);
Result system_fcntl(SystemCall& call);
Result system_ioctl(SystemCall& call);
Result system_getdents64(SystemCall& call);

}  // namespace tb::linux_abi
