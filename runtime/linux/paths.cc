// What is done to files by their names. Most calls come in two forms: from the working directory,
// and from a directory that the first argument names.
#include "runtime/linux/paths.h"

#include <algorithm>
#include <array>

#include <asm/stat.h>
#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/fs.h>

#include "runtime/linux/file_system.h"
#include "runtime/linux/structs.h"
#include "runtime/memory/frame_allocator.h"

namespace tb::linux_abi {
namespace {

// The bits of a mode that tell what it is (S_IFMT); in the order of files::NodeKind: directory,
// file, link, device.
constexpr std::array<std::uint32_t, 4> kKindBits = {0040000, 0100000, 0120000, 0020000};
constexpr std::uint32_t kPermissions = 07777;
constexpr std::uint64_t kBlock = 512;  // in which the space that files take is counted

void put_status(files::Node& node, struct stat& result) {
  const files::Status status = files::status(node);
  const __kernel_timespec modified = to_timespec(status.modified);
  result = {};
  result.st_dev = 1;
  result.st_ino = status.number;
  result.st_nlink = status.links;
  result.st_mode = kKindBits[static_cast<std::size_t>(status.kind)] | status.mode;
  result.st_size = static_cast<__kernel_long_t>(status.size);
  result.st_blksize = kPageSize;
  result.st_blocks = static_cast<__kernel_long_t>((status.stored + kBlock - 1) / kBlock);
  for (auto [seconds, nanoseconds] : {std::pair(&result.st_mtime, &result.st_mtime_nsec),
                                      std::pair(&result.st_ctime, &result.st_ctime_nsec),
                                      std::pair(&result.st_atime, &result.st_atime_nsec)}) {
    *seconds = static_cast<std::uint64_t>(modified.tv_sec);
    *nanoseconds = static_cast<std::uint64_t>(modified.tv_nsec);
  }
}

files::LastLink last_link(bool follow) {
  return follow ? files::LastLink::kFollow : files::LastLink::kKeep;
}

// The node that a path means, or, if the path is empty and may be, that the descriptor means.
std::expected<files::NodeReference, Errno> find(FileSystem& files, int directory, const char* text,
                                                int flags) {
  if ((flags & AT_EMPTY_PATH) != 0 && (text == nullptr || *text == '\0')) {
    if (directory == AT_FDCWD) {
      return files.working_directory;
    }
    const auto file = files.descriptors.find(directory);
    if (!file) {
      return std::unexpected(file.error());
    }
    return files::NodeReference(&(*file)->node());
  }
  const auto path = path_from(files, directory, text);
  if (!path) {
    return std::unexpected(path.error());
  }
  show_thread(files, path->text);
  return files.tree.find(*path, last_link((flags & AT_SYMLINK_NOFOLLOW) == 0));
}

// Does something with the node that a call means, under the lock.
template <class Action>
Result with_node(int directory, const char* text, int flags, Action action) {
  const FileSystemGuard guard;
  const auto node = find(guard.files(), directory, text, flags);
  return node ? action(**node) : Result(node.error());
}

// Does something with the name that a call means, under the lock.
template <class Action>
Result with_path(int directory, const char* text, Action action) {
  const FileSystemGuard guard;
  const auto path = path_from(guard.files(), directory, text);
  return path ? action(guard.files(), *path) : Result(path.error());
}

Result status(int directory, const char* text, int flags, struct stat* result) {
  return with_node(directory, text, flags, [result](files::Node& node) {
    put_status(node, *result);
    return Result(0);
  });
}

// Nothing but writing to what is protected is ever forbidden.
Result access(int directory, const char* text, int mode) {
  constexpr int kWrite = 2;
  return with_node(directory, text, 0, [mode](files::Node& node) {
    return (mode & kWrite) != 0 && files::is_protected(node) ? Result(Errno::kReadOnly) : Result(0);
  });
}

Result read_link(int directory, const char* text, std::span<char> room) {
  if (room.empty()) {
    return Errno::kInvalid;
  }
  return with_node(directory, text, AT_SYMLINK_NOFOLLOW, [room](files::Node& node) {
    const auto target = files::link_target(node);
    if (!target) {
      return Result(target.error());
    }
    const std::size_t length = std::min(target->size(), room.size());
    std::copy_n(target->begin(), length, room.begin());
    return Result(length);
  });
}

Result make_link(const char* target, int directory, const char* text) {
  return with_path(directory, text, [target](FileSystem& files, files::Path path) {
    const auto made = files.tree.make_symbolic_link(path, target, wall_clock());
    return made ? Result(0) : Result(made.error());
  });
}

Result make_directory(int directory, const char* text, std::uint32_t mode) {
  return with_path(directory, text, [mode](FileSystem& files, files::Path path) {
    const auto made =
        files.tree.make_directory(path, mode & ~files.creation_mask & kPermissions, wall_clock());
    return made ? Result(0) : Result(made.error());
  });
}

Result remove(int directory, const char* text, bool folder) {
  return with_path(directory, text, [folder](FileSystem& files, files::Path path) {
    return result_of(folder ? files.tree.remove_directory(path, wall_clock())
                            : files.tree.unlink(path, wall_clock()));
  });
}

Result rename(int from_directory, const char* from, int to_directory, const char* to,
              unsigned flags) {
  if ((flags & ~RENAME_NOREPLACE) != 0) {
    return Errno::kInvalid;
  }
  return with_path(from_directory, from, [&](FileSystem& files, files::Path old_path) {
    const auto new_path = path_from(files, to_directory, to);
    if (!new_path) {
      return Result(new_path.error());
    }
    return result_of(files.tree.rename(old_path, *new_path,
                                       flags == 0 ? files::Replace::kYes : files::Replace::kNo,
                                       wall_clock()));
  });
}

Result add_name(int from_directory, const char* from, int to_directory, const char* to,
                bool follow) {
  return with_path(from_directory, from, [&](FileSystem& files, files::Path existing) {
    const auto path = path_from(files, to_directory, to);
    if (!path) {
      return Result(path.error());
    }
    return result_of(files.tree.make_hard_link(existing, last_link(follow), *path, wall_clock()));
  });
}

Result change_mode(int directory, const char* text, std::uint32_t mode, int flags) {
  return with_node(directory, text, flags, [mode](files::Node& node) {
    if (files::is_protected(node)) {
      return Result(Errno::kReadOnly);
    }
    node.traits.mode = mode & kPermissions;
    return Result(0);
  });
}

Result change_directory(int directory, const char* text, int flags) {
  const FileSystemGuard guard;
  auto node = find(guard.files(), directory, text, flags);
  if (!node) {
    return node.error();
  }
  if (!(*node)->is_directory()) {
    return Errno::kNotDirectory;
  }
  guard.files().working_directory = std::move(*node);
  return 0;
}

}  // namespace

Result system_stat(SystemCall& call) {
  return status(AT_FDCWD, pointer<const char>(call, 0), 0, pointer<struct stat>(call, 1));
}

Result system_lstat(SystemCall& call) {
  return status(AT_FDCWD, pointer<const char>(call, 0), AT_SYMLINK_NOFOLLOW,
                pointer<struct stat>(call, 1));
}

Result system_fstat(SystemCall& call) {
  return status(argument<int>(call, 0), nullptr, AT_EMPTY_PATH, pointer<struct stat>(call, 1));
}

Result system_newfstatat(SystemCall& call) {
  return status(argument<int>(call, 0), pointer<const char>(call, 1), argument<int>(call, 3),
                pointer<struct stat>(call, 2));
}

Result system_statfs(SystemCall& call) {
  constexpr std::uint64_t kInMemory = 0x01021994;  // TMPFS_MAGIC
  return with_node(AT_FDCWD, pointer<const char>(call, 0), 0, [&](files::Node&) {
    auto& result = *pointer<struct statfs>(call, 1);
    result = {};
    result.f_type = kInMemory;
    result.f_bsize = kPageSize;
    result.f_frsize = kPageSize;
    result.f_blocks = static_cast<__statfs_word>(frames().total_frames());
    result.f_bfree = static_cast<__statfs_word>(frames().free_frames());
    result.f_bavail = result.f_bfree;
    result.f_namelen = files::kLongestName;
    return Result(0);
  });
}

Result system_access(SystemCall& call) {
  return access(AT_FDCWD, pointer<const char>(call, 0), argument<int>(call, 1));
}

Result system_faccessat(SystemCall& call) {
  return access(argument<int>(call, 0), pointer<const char>(call, 1), argument<int>(call, 2));
}

Result system_readlink(SystemCall& call) {
  return read_link(AT_FDCWD, pointer<const char>(call, 0),
                   {pointer<char>(call, 1), argument<std::size_t>(call, 2)});
}

Result system_readlinkat(SystemCall& call) {
  return read_link(argument<int>(call, 0), pointer<const char>(call, 1),
                   {pointer<char>(call, 2), argument<std::size_t>(call, 3)});
}

Result system_symlink(SystemCall& call) {
  return make_link(pointer<const char>(call, 0), AT_FDCWD, pointer<const char>(call, 1));
}

Result system_symlinkat(SystemCall& call) {
  return make_link(pointer<const char>(call, 0), argument<int>(call, 1),
                   pointer<const char>(call, 2));
}

Result system_link(SystemCall& call) {
  return add_name(AT_FDCWD, pointer<const char>(call, 0), AT_FDCWD, pointer<const char>(call, 1),
                  false);
}

Result system_linkat(SystemCall& call) {
  return add_name(argument<int>(call, 0), pointer<const char>(call, 1), argument<int>(call, 2),
                  pointer<const char>(call, 3), (argument<int>(call, 4) & AT_SYMLINK_FOLLOW) != 0);
}

Result system_unlink(SystemCall& call) {
  return remove(AT_FDCWD, pointer<const char>(call, 0), false);
}

Result system_unlinkat(SystemCall& call) {
  return remove(argument<int>(call, 0), pointer<const char>(call, 1),
                (argument<int>(call, 2) & AT_REMOVEDIR) != 0);
}

Result system_rename(SystemCall& call) {
  return rename(AT_FDCWD, pointer<const char>(call, 0), AT_FDCWD, pointer<const char>(call, 1), 0);
}

Result system_renameat(SystemCall& call) {
  return rename(argument<int>(call, 0), pointer<const char>(call, 1), argument<int>(call, 2),
                pointer<const char>(call, 3), 0);
}

Result system_renameat2(SystemCall& call) {
  return rename(argument<int>(call, 0), pointer<const char>(call, 1), argument<int>(call, 2),
                pointer<const char>(call, 3), argument<unsigned>(call, 4));
}

Result system_mkdir(SystemCall& call) {
  return make_directory(AT_FDCWD, pointer<const char>(call, 0), argument<std::uint32_t>(call, 1));
}

Result system_mkdirat(SystemCall& call) {
  return make_directory(argument<int>(call, 0), pointer<const char>(call, 1),
                        argument<std::uint32_t>(call, 2));
}

Result system_rmdir(SystemCall& call) {
  return remove(AT_FDCWD, pointer<const char>(call, 0), true);
}

Result system_truncate(SystemCall& call) {
  if (argument<std::int64_t>(call, 1) < 0) {
    return Errno::kInvalid;
  }
  return with_node(AT_FDCWD, pointer<const char>(call, 0), 0, [&](files::Node& node) {
    return result_of(files::resize(node, argument<std::uint64_t>(call, 1), wall_clock()));
  });
}

Result system_chmod(SystemCall& call) {
  return change_mode(AT_FDCWD, pointer<const char>(call, 0), argument<std::uint32_t>(call, 1), 0);
}

Result system_fchmod(SystemCall& call) {
  return change_mode(argument<int>(call, 0), nullptr, argument<std::uint32_t>(call, 1),
                     AT_EMPTY_PATH);
}

Result system_fchmodat(SystemCall& call) {
  return change_mode(argument<int>(call, 0), pointer<const char>(call, 1),
                     argument<std::uint32_t>(call, 2), 0);
}

// Of the two times the second is kept, when the contents changed.
Result system_utimensat(SystemCall& call) {
  constexpr std::int64_t kNow = (1 << 30) - 1;   // UTIME_NOW
  constexpr std::int64_t kKeep = (1 << 30) - 2;  // UTIME_OMIT
  const auto* const times = pointer<const __kernel_timespec>(call, 2);
  const int flags = argument<int>(call, 3) | (call.arguments[1] == 0 ? AT_EMPTY_PATH : 0);
  return with_node(argument<int>(call, 0), pointer<const char>(call, 1), flags,
                   [times](files::Node& node) {
                     if (times == nullptr || times[1].tv_nsec == kNow) {
                       node.traits.modified = wall_clock();
                       return Result(0);
                     }
                     if (times[1].tv_nsec == kKeep) {
                       return Result(0);
                     }
                     const auto time = from_timespec(times[1]);
                     if (time) {
                       node.traits.modified = *time;
                     }
                     return time ? Result(0) : Result(time.error());
                   });
}

Result system_umask(SystemCall& call) {
  const FileSystemGuard guard;
  return std::exchange(guard.files().creation_mask, argument<std::uint32_t>(call, 0) & 0777);
}

Result system_getcwd(SystemCall& call) {
  const std::span room(pointer<char>(call, 0), argument<std::size_t>(call, 1));
  if (room.empty()) {
    return Errno::kInvalid;
  }
  const FileSystemGuard guard;
  const auto path = files::path_of(*guard.files().working_directory, room.first(room.size() - 1));
  if (!path) {
    return path.error();
  }
  std::copy(path->begin(), path->end(), room.begin());
  room[path->size()] = '\0';
  return path->size() + 1;
}

Result system_chdir(SystemCall& call) {
  return change_directory(AT_FDCWD, pointer<const char>(call, 0), 0);
}

Result system_fchdir(SystemCall& call) {
  return change_directory(argument<int>(call, 0), nullptr, AT_EMPTY_PATH);
}

}  // namespace tb::linux_abi
